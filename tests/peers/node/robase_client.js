// A customer of the Robase API, written from its contract with nothing but what node brings. Input:
// {url, live, test, check}, the keys and the file of a module that checks signatures. Each thing
// that went as it should is a line of output.
const assert = require("node:assert/strict");
const http = require("node:http");

const { url, live, test, check } = JSON.parse(process.argv[2]);
const isGenuine = require(check);
const NUMBER = "+2348031112222";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function call(method, path, { body, key = live, once } = {}) {
    const headers = { Authorization: `Bearer ${key}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (once) headers["Idempotency-Key"] = once;
    const answer = await fetch(`${url}/v1${path}`, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: text && JSON.parse(text) };
}

async function expect(status, ...request) {
    const answer = await call(...request);
    assert.equal(answer.status, status, answer.text);
    return answer.json;
}

// A web server that keeps what it is posted; `wait` resolves with the first request that fits.
function listen() {
    const requests = [];
    let wake = () => {};
    const server = http.createServer(async (request, response) => {
        const parts = [];
        for await (const part of request) parts.push(part);
        requests.push({ headers: request.headers, body: Buffer.concat(parts) });
        response.writeHead(204).end();
        wake();
    });
    async function wait(fits) {
        for (;;) {
            const found = requests.find(fits);
            if (found) return found;
            await new Promise((resolve) => { wake = resolve; });
        }
    }
    return new Promise((resolve) => {
        server.listen(0, "127.0.0.1", () => {
            resolve({ server, wait, url: `http://127.0.0.1:${server.address().port}/robase` });
        });
    });
}

const steps = {
    async "sends a message and reads it"() {
        const sms = await expect(202, "POST", "/sms", {
            body: { to: NUMBER, from: "ACME", body: "Pay €5 {now}" } });
        assert.match(sms.id, UUID);
        assert.deepEqual([sms.status, sms.segments, sms.encoding, sms.country],
            ["queued", 1, "GSM7", "NG"]);
        assert.deepEqual([sms.cost.amount_kobo, sms.cost.currency], [400, "NGN"]);
        assert.equal(sms.test_mode, false);
        const read = await expect(200, "GET", `/sms/${sms.id}`);
        assert.equal(read.sms.body, "Pay €5 {now}");
        assert.equal(read.events[0].type, "sms.queued");
    },

    async "repeats a request and gets the stored answer"() {
        const request = ["POST", "/sms", {
            body: { to: NUMBER, from: "ACME", body: "once" }, once: "order-17" }];
        const [first, again] = [await call(...request), await call(...request)];
        assert.equal(first.status, 202);
        assert.equal(first.headers.get("idempotent-replay"), null);
        assert.equal(again.headers.get("idempotent-replay"), "true");
        assert.deepEqual([again.status, again.text], [first.status, first.text]);
    },

    async "sends a batch with a bad row"() {
        const answer = await expect(200, "POST", "/sms/batch", { body: {
            from: "ACME", template: "ride-arriving", messages: [
                { to: NUMBER, variables: { name: "Ada", eta: 3 } },
                { to: "08031112222", variables: { name: "Bob", eta: 4 } },
                { to: NUMBER, variables: { name: "Cyd", eta: 5 }, idempotency_key: "row-3" },
            ] } });
        assert.deepEqual([answer.accepted, answer.failed, answer.success], [2, 1, false]);
        assert.deepEqual(answer.data.map((row) => row.index), [0, 1, 2]);
        assert.equal(answer.data[0].sms.body, "Hi Ada, 3 min");
        const { type, field } = answer.data[1].error;
        assert.deepEqual([type, field], ["phone_invalid", "to"]);
    },

    async "follows the pages of a list"() {
        const wanted = [];
        for (let i = 0; i < 5; i++) {
            const sms = await expect(202, "POST", "/sms", {
                body: { to: NUMBER, from: "ACME", body: `page ${i}` }, key: test });
            wanted.unshift(sms.id);
        }
        const seen = [];
        let cursor;
        do {
            const query = new URLSearchParams({ limit: 2, ...(cursor && { cursor }) });
            const page = await expect(200, "GET", `/sms?${query}`, { key: test });
            assert.ok(page.data.length <= 2);
            seen.push(...page.data.map((sms) => sms.id));
            cursor = page.next_cursor;
        } while (cursor);
        assert.deepEqual(seen, wanted);
    },

    async "schedules a message and cancels it"() {
        const sendAt = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, "Z");
        const sms = await expect(202, "POST", "/sms", {
            body: { to: NUMBER, from: "ACME", body: "later", send_at: sendAt } });
        assert.equal(sms.status, "scheduled");
        assert.equal(sms.send_at, sendAt);
        assert.equal((await expect(200, "POST", `/sms/${sms.id}/cancel`)).status, "cancelled");
        const again = await expect(409, "POST", `/sms/${sms.id}/cancel`);
        assert.equal(again.error.type, "conflict");
    },

    async "makes a template and renders it"() {
        const template = await expect(201, "POST", "/sms-templates", {
            body: { name: "Your code", body: "{{.user.name}}: {{printf \"%04d\" .code}}" } });
        assert.equal(template.slug, "your-code");
        const shown = await expect(200, "POST", `/sms-templates/${template.id}/render`, {
            body: { variables: { user: { name: "Zoë" }, code: 42 } } });
        assert.deepEqual([shown.body, shown.segments], ["Zoë: 0042", 1]);
        assert.equal((await call("DELETE", `/sms-templates/${template.id}`)).status, 204);
    },

    async "receives a webhook and verifies it"() {
        const receiver = await listen();
        try {
            const hook = await expect(201, "POST", "/webhooks", {
                body: { url: receiver.url, events: ["sms.delivered"] } });
            assert.match(hook.secret, /^whsec_[0-9a-f]{48}$/);
            const sms = await expect(202, "POST", "/sms", {
                body: { to: NUMBER, from: "ACME", body: "told – über all" } });
            const { headers, body } = await receiver.wait(
                (request) => JSON.parse(request.body).data.sms_id === sms.id);
            const event = JSON.parse(body);
            assert.equal(event.type, "sms.delivered");
            assert.equal(headers["robase-event"], event.type);
            assert.equal(event.data.status, "delivered");
            const signature = headers["robase-signature"];
            const sentAt = Number(/t=(\d+)/.exec(signature)[1]);
            const now = Date.now() / 1000;
            assert.equal(isGenuine(signature, body, hook.secret, now), true);
            assert.equal(isGenuine(signature, body, hook.secret, sentAt + 300), true);
            assert.equal(isGenuine(signature, body, hook.secret, sentAt + 301), false);
            assert.equal(isGenuine(signature, body, "whsec_other", now), false);
            const changed = Buffer.from(body);
            changed[changed.length - 3] ^= 1;
            assert.equal(isGenuine(signature, changed, hook.secret, now), false);
            assert.equal(isGenuine(`t=${sentAt}`, body, hook.secret, now), false);
        } finally {
            receiver.server.close();
            receiver.server.closeAllConnections();
        }
    },
};

(async () => {
    for (const [name, step] of Object.entries(steps)) {
        await step();
        console.log(name);
    }
})();
