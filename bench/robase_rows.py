"""The rows of the Robase door: sends, batches, webhooks, and messages that wait for their time."""
import concurrent.futures
import contextlib
import datetime
import http.client
import json
import time

import machine
from rows import DRAIN_S, RELEASE, Broken, Process, Server, against, check, costs, load, wait_for

BATCH = 1000  # rows, the most that one may have
BATCHES_IN_FLIGHT = 4
EVENTS = ("sms.queued", "sms.sent", "sms.delivered")  # of a test message
TOLD = 10000  # messages whose events are delivered
HOUR = 3600
SCHEDULE_GOALS = {"late_max_ms": 2000, "memory_mb": 60, "restart_s": 2}

SMS = {"from": "ACME", "to": "+23480{n:8}",
       "body": "Your code is {n}. It is valid for ten minutes."}


def posted(path, key, body, *headers):
    """A request for http_load; the body is its text, or its last word the name of a file."""
    words = ["--path", path, "--header", f"Authorization: Bearer {key}",
             "--header", "Content-Type: application/json"]
    for header in headers:
        words += "--header", header
    return [*words, *body]


def batch_body(number="{n:6}", **shared):
    """Every row has a number and a text of its own in the request, and in every request."""
    rows = [{"to": f"+2348{row:03}{number}", "body": f"Your code is {number}-{row:03}. It is valid "
             "for ten minutes."} for row in range(BATCH)]
    return json.dumps({"from": "ACME", **shared, "messages": rows}, separators=(",", ":"))


class Shop(Server):
    """A server with a project on the plan Pro that may send from ACME as fast as it can."""

    def __init__(self, stack, folder, sockets, bound, clock="off"):
        super().__init__(stack, folder, sockets, bound, clock, robase={"rate": 0, "burst": 0})
        cli = self.godwit.cli
        self.project = cli("account", "add", "Shop", "--plan", "Pro")["id"]
        cli("credit", "grant", self.project, 10**12, "--asset", "NGN")
        cli("sender", "add", self.project, "ACME", "--countries", "NG")
        cli("sender", "approve", self.project, "ACME")
        self.live = cli("key", "add", self.project)["key"]

    @property
    def host(self):
        return "{}:{}".format(*self.godwit.address)

    def check_sent(self, sent):
        check("messages in the store", sent, self.store("SELECT count(*) FROM message")[0][0])
        check("kobo spent", 400 * sent,
              self.store("SELECT sum(ngn_spent + ngn_held) FROM book")[0][0])


def run_sends(folder, sockets, keyed):
    with contextlib.ExitStack() as stack:
        shop = Shop(stack, folder, sockets, bound=False)
        headers = ["Idempotency-Key: order-{n}"] if keyed else []
        request = posted("/v1/sms", shop.live, ["--body", json.dumps(SMS)], *headers)
        meter = machine.Meter(shop.pid)
        figures = load(shop.host, 64, request=request)
        row = {**figures, **costs(meter.end(), figures, figures["2xx"])}
        shop.godwit.stop()
        shop.check_sent(figures["2xx"])
        return row


def run_batches(folder, sockets):
    with contextlib.ExitStack() as stack:
        shop = Shop(stack, folder, sockets, bound=False)
        body = folder / "batch.json"
        body.write_text(batch_body())
        request = posted("/v1/sms/batch", shop.live, ["--body-file", body])
        meter = machine.Meter(shop.pid)
        figures = load(shop.host, BATCHES_IN_FLIGHT, request=request)
        sent = figures["2xx"] * BATCH
        row = {**figures, **costs(meter.end(), figures, sent), "rate": figures["rate"] * BATCH}
        shop.godwit.stop()
        shop.check_sent(sent)
        return row


def run_webhooks(folder, sockets):
    """Test messages, so that nothing but their events happens; the rate is what the receiver saw."""
    with contextlib.ExitStack() as stack:
        shop = Shop(stack, folder, sockets, bound=False)
        wanted = TOLD * len(EVENTS)
        sink = Process([RELEASE / "bench/hook_sink", str(wanted)], folder, "sink")
        stack.callback(sink.kill)
        url = sink.announced(r"listening (http://[\d.]+:\d+)")[1]
        shop.godwit.cli("webhook", "add", shop.project, url, "--events", ",".join(EVENTS))
        key = shop.godwit.cli("key", "add", shop.project, "--test")["key"]
        meter = machine.Meter(shop.pid, sink.popen.pid)
        figures = load(shop.host, 64, bound=("--count", str(TOLD)),
                       request=posted("/v1/sms", key, ["--body", json.dumps(SMS)]))
        cost = None
        while sink.popen.poll() is None:
            cost = meter.end()
            if cost.seconds > DRAIN_S:
                raise Broken(f"{wanted} events were not all delivered {DRAIN_S} s after the first")
            time.sleep(0.02)
        seen = json.loads(sink.out.read_text().splitlines()[-1])
        check("signed webhooks", wanted, seen["signed"])
        return {**figures, **costs(cost, figures, wanted), "rate": seen["rate"],
                "connections": seen["connections"]}


# ---- Messages that wait for their time -----------------------------------------------------------

def iso(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post_batches(shop, batches):
    """Sends (number, time) after each other on one connection."""
    connection = http.client.HTTPConnection(*shop.godwit.address, timeout=DRAIN_S)
    headers = {"Authorization": f"Bearer {shop.live}", "Content-Type": "application/json"}
    with contextlib.closing(connection):
        for number, at in batches:
            connection.request("POST", "/v1/sms/batch",
                               batch_body(f"{number:06}", send_at=iso(at)), headers)
            answer = connection.getresponse()
            text = answer.read()
            head = text[:60].replace(b" ", b"")
            if answer.status != 200 or not head.startswith(b'{"accepted":%d,' % BATCH):
                raise Broken(f"a batch was not accepted: {answer.status} {text[:200]!r}")


def schedule(shop, batches):
    shares = [batches[first::BATCHES_IN_FLIGHT] for first in range(BATCHES_IN_FLIGHT)]
    with concurrent.futures.ThreadPoolExecutor(BATCHES_IN_FLIGHT) as pool:
        for done in [pool.submit(post_batches, shop, share) for share in shares]:
            done.result()


def restarted_s(shop):
    shop.godwit.stop()
    begin = time.monotonic()
    shop.godwit.start()
    taken_s = time.monotonic() - begin
    shop.pid = shop.godwit.process.popen.pid
    wait_for(lambda: shop.ask("provider.show", name="carrier")["sessions"] > 0,
             what="the carrier's link")
    return taken_s


def run_schedule(folder, sockets, count, rate):
    """So many messages, due in batches at so many a second: what they cost while they wait, and how
    late they leave. The time before the first is jumped over."""
    with contextlib.ExitStack() as stack:
        shop = Shop(stack, folder, sockets, bound=True, clock="on")
        idle_mb = machine.memory_mb(shop.pid)["rss_mb"]
        begin, first = time.monotonic(), time.time() + HOUR
        schedule(shop, [(number, first + number * BATCH / rate) for number in range(count // BATCH)])
        row = {"count": count, "due_rate": rate, "scheduled_s": time.monotonic() - begin,
               "memory_mb": machine.memory_mb(shop.pid)["rss_mb"] - idle_mb,
               "restart_s": restarted_s(shop)}
        shop.ask("clock.advance", seconds=str(int(first - time.time()) - 2))
        meter = machine.Meter(shop.pid, shop.carrier.popen.pid)
        deadline = time.monotonic() + count / rate + DRAIN_S
        while (receipts := shop.ask("provider.show", name="carrier")["receipts"]) < count:
            if time.monotonic() > deadline:
                raise Broken(f"only {receipts} of {count} scheduled messages were delivered in time")
            time.sleep(0.1)
        row["cpu"] = meter.end().cpu_s * 1000 / count
        row["released_mb"] = machine.memory_mb(shop.pid)["rss_mb"] - idle_mb
        shop.godwit.stop()
        shop.check_sent(count)
        return {**row, **lateness(shop, count)}


def lateness(shop, count):
    late_ms = [late for late, in shop.store(
        "SELECT t.intent_at_ms - m.send_at_ms FROM attempt t JOIN recipient r ON r.id = t.id >> 8"
        " JOIN message m ON m.id = r.message")]
    check("scheduled messages submitted", count, len(late_ms))
    check("messages that left early", 0, sum(late < 0 for late in late_ms))
    return {"late_p50_ms": machine.percentile(late_ms, 0.5),
            "late_p99_ms": machine.percentile(late_ms, 0.99), "late_max_ms": max(late_ms)}


def print_schedule(row):
    said = {name: against(row[name], goal, True) for name, goal in SCHEDULE_GOALS.items()}
    print(f"{row['count']:,} scheduled messages, {row['count'] / row['scheduled_s']:,.0f} accepted "
          f"a second, {row['due_rate']:,} due a second\n"
          f"  late, ms: p50 {row['late_p50_ms']}, p99 {row['late_p99_ms']}, at most "
          f"{row['late_max_ms']} ({said['late_max_ms']})\n"
          f"  memory above idle, MB: {row['memory_mb']:.1f} ({said['memory_mb']}), after the last "
          f"{row['released_mb']:.1f}\n"
          f"  listening after a start with them, s: {row['restart_s']:.3f} ({said['restart_s']}); "
          f"CPU-s for 1,000 released and delivered: {row['cpu']:.4f}\n")
