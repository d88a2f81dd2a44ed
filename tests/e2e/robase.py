"""What the tests of the Robase door share: a project with everything that the contract's checks take
for granted, and how errors look."""
import datetime
import time
import urllib.parse

from godwit import wait_for
from hep import Account

NG = "+2348031112222"
GH = "+233241112222"
KE = "+254712345678"
CI = "+2250712345678"
GB = "+447700900123"
NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"  # an id that nothing has
RATE = 400  # kobo a segment on the plan Pro, to Nigeria
WALLET = 10_000
DAY = 86_400

# The status of each type of error.
ERRORS = {
    "validation_error": 400, "phone_invalid": 400, "sender_id_invalid": 400, "dnd_blocked": 400,
    "authentication_error": 401, "sms_quota_exceeded": 402, "permission_error": 403,
    "not_found": 404, "conflict": 409, "rate_limit_exceeded": 429,
}
EVENTS = ("sms.queued", "sms.sent", "sms.delivered", "sms.failed", "sms.rejected")
REGISTRATION = {  # of a sender id
    "sender_id": "SHOP", "countries": ["NG"], "registered_entity": "Shop Ltd",
    "registration_doc_url": "https://shop.example/cac.pdf", "use_case": "receipts",
    "sample_message": "Your order has left.",
}


def assert_error(answer, kind, field=None, note=None):
    """The answer is this error: its status, its shape, and the field at fault if there is one."""
    error = answered(answer, ERRORS[kind], note)
    assert list(error) == ["error"], (note, error)
    error = error["error"]
    assert (error["type"], error.get("field")) == (kind, field), (note, error)
    assert isinstance(error["message"], str) and error["message"], (note, error)
    assert set(error) <= {"type", "message", "field"}, (note, error)
    return error


def answered(answer, status, note=None):
    """The JSON of an answer that must have this status."""
    assert answer.status == status, (note, answer)
    assert answer.headers["content-type"].split(";")[0] == "application/json", (note, answer)
    return answer.json()


def iso(seconds):
    """Seconds since 1970 as the API writes times."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def present(fields):
    """Without those that are None, so that a test can leave a field out."""
    return {name: value for name, value in fields.items() if value is not None}


def cost(sms):
    return sms["cost"]["amount_kobo"], sms["cost"]["currency"]


class Project(Account):
    """Section 16's setup. `key` is L of the contract, `sending` is LS and `test` is TK."""

    def __init__(self, server, name="P1", wallet=WALLET, quota=0, plan="Pro", **settings):
        super().__init__(server, credit=0, name=name, plan=plan, **settings)
        self.sending = self.new_key("--scope", "sending")
        self.test = self.new_key("--test")
        for asset, amount in (("NGN", wallet), ("QUOTA", quota)):
            if amount:
                self.grant(amount, asset)
        for sender in ("ACME", "NEWCO", "BADCO"):
            self.sender("add", sender, "--countries", "NG,GH")
        self.sender("approve", "ACME")
        self.sender("reject", "BADCO", "--reason", "impersonates a bank")
        server.cli("template", "add", self.id, "--name", "Ride arriving",
                   "--body", "Hi {{.name}}, {{.eta}} min")
        self.ahead = 0

    def sender(self, verb, name, *options):
        return self.server.cli("sender", verb, self.id, name, *options)

    # ---- Time -----------------------------------------------------------------------------------

    def now(self):
        """The server's time, in seconds since 1970."""
        return time.time() + self.ahead

    def advance(self, seconds):
        self.server.cli("clock", "advance", int(seconds))
        self.ahead += int(seconds)

    def until_next_month(self):
        """Seconds until the first of the next month, in UTC."""
        moment = datetime.datetime.fromtimestamp(self.now(), datetime.timezone.utc)
        year, month = divmod(moment.year * 12 + moment.month, 12)
        first = datetime.datetime(year, month + 1, 1, tzinfo=datetime.timezone.utc)
        return (first - moment).total_seconds()

    def begin_month(self):
        """To the second of the next month, so that the rest of it is long."""
        self.advance(self.until_next_month() + DAY)

    # ---- The API --------------------------------------------------------------------------------

    def call(self, method, path, body=b"", key=None, once=None, headers=None):
        """A request under /v1; `once` is its Idempotency-Key."""
        fields = present({"Authorization": f"Bearer {key or self.key}", "Idempotency-Key": once})
        return self.server.http(method, "/v1" + path, {**fields, **(headers or {})}, body)

    def post(self, path, body=b"", **how):
        return self.call("POST", path, body, **how)

    def send(self, to=NG, body="hi", sender="ACME", key=None, once=None, **more):
        """POST /v1/sms with the fields that are not None."""
        return self.post("/sms", present({"to": to, "from": sender, "body": body, **more}),
                         key=key, once=once)

    def accepted(self, *args, **more):
        """Sends, and returns the message that must have been accepted."""
        return answered(self.send(*args, **more), 202)

    def scheduled(self, seconds=3600, **more):
        """A message that is due so much later."""
        sms = self.accepted(send_at=iso(self.now() + seconds), **more)
        assert sms["status"] == "scheduled", sms
        return sms

    def batch(self, *rows, sender="ACME", key=None, once=None, **shared):
        return self.post("/sms/batch", present({"from": sender, "messages": rows, **shared}),
                         key=key, once=once)

    def batched(self, *rows, **more):
        """The answer to a batch whose envelope is in order."""
        answer = answered(self.batch(*rows, **more), 200)
        assert [row["index"] for row in answer["data"]] == list(range(len(rows)))
        failed = sum("error" in row for row in answer["data"])
        assert (answer["accepted"], answer["failed"]) == (len(rows) - failed, failed)
        assert answer["success"] is (failed == 0)
        return answer

    def cancel(self, ident, **how):
        return self.post(f"/sms/{ident}/cancel", **how)

    def get(self, path, key=None, **query):
        path += "?" + urllib.parse.urlencode(query) if query else ""
        return self.call("GET", path, key=key)

    def listed(self, path="/sms", key=None, **query):
        """The rows of one page."""
        return answered(self.get(path, key, **query), 200)["data"]

    def message(self, ident, key=None):
        """GET /v1/sms/:id"""
        answer = answered(self.get(f"/sms/{ident}", key), 200)
        assert set(answer) == {"sms", "events"}
        assert answer["sms"]["id"] == ident
        return answer

    def sms(self, ident, *statuses, key=None):
        """The message once it has one of the statuses (without any: now)."""
        def shown():
            sms = self.message(ident, key)["sms"]
            return sms if not statuses or sms["status"] in statuses else None
        return wait_for(shown, 20, f"message {ident} to be {' or '.join(statuses)}")

    def events(self, ident):
        return [event["type"] for event in self.message(ident)["events"]]

    def template(self):
        """The template of the setup."""
        template, = self.listed("/sms-templates")
        return template

    def subscribe(self, receiver, *events):
        """Registers a webhook for these events, by default for all; the receiver knows its secret."""
        hook = answered(self.post("/webhooks", {"url": receiver.url, "events": events or EVENTS}), 201)
        receiver.secret = hook["secret"]
        return hook

    # ---- Money ----------------------------------------------------------------------------------

    def wallet(self):
        return self.balance("NGN")

    def quota(self):
        return self.balance("QUOTA")

    def assert_spent(self, wallet, quota=0):
        """What the project has paid for good, after what came back, and nothing is held."""
        for asset, amount in (("NGN", wallet), ("QUOTA", quota)):
            sums = self.sums(asset)
            assert (asset, sums["held"], sums["spent"] - sums["refunded"]) == (asset, 0, amount), sums

    def assert_untouched(self, wallet=WALLET):
        """Nothing was bought, and no message exists."""
        assert self.ledger("NGN") == [("grant", wallet, wallet)]
        assert self.ledger("QUOTA") == []
        assert self.messages() == []
        assert self.listed() == self.listed(key=self.test) == []
