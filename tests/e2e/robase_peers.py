"""Who the Robase door talks to besides its customers: receivers of webhooks, and providers that are
reached over HTTP. Both are web servers in this process."""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess

from godwit import ROOT, wait_for
from hep import Webhook

SECRET = "s3cret"  # of delivery reports
TAKEN = 200
DOWN = 502
VERIFIER = ROOT / "tests/peers/node/verify_webhook.js"

BODY = ('{"to":"{{.to}}","from":"{{.from}}",'
        '"text":{{printf "%q" .text}},"reference":"{{.reference}}"}')
PROFILE = """\
[request]
url = {url}
method = POST
content_type = application/json
body = {body}
timeout = {timeout}
[header]
X-Api-Key = abc
[response]
id = message_id
error_code = error.code
error_message = error.message
[errors]
phone_invalid = phone_invalid
on_dnd_list = dnd_blocked
sender_refused = sender_id_invalid
slow_down = throttle
[dlr]
secret = {secret}
"""


def sign(secret, stamp, body):
    """The signature of webhooks and of delivery reports alike."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


class Receiver(Webhook):
    """A customer's receiver of webhooks. `secret` is set when it is registered."""

    secret = None

    def events(self, *kinds):
        """The events that came, of these types only if any are given; each one's signature is right."""
        events = []
        for request in list(self.requests):
            event = self.checked(request)
            if not kinds or event["type"] in kinds:
                events.append(event)
        return events

    def checked(self, request):
        """The request's event, after a look at all that the contract says of the request."""
        headers, body = request["headers"], request["body"]
        event = json.loads(body)
        stamp, signature = signed(request)
        assert signature == sign(self.secret, stamp, body)
        assert request["method"] == "POST"
        assert headers["content-type"].split(";")[0] == "application/json"
        assert headers["robase-event"] == event["type"]
        return event

    def types(self):
        return [event["type"] for event in self.events()]

    def wait(self, kind, count=1):
        """The events of this type, once there are so many."""
        def enough():
            events = self.events(kind)
            return events if len(events) >= count else None
        return wait_for(enough, 20, f"{count} of {kind}")


def signed(request):
    """The two parts of the header Robase-Signature: when, as text, and the signature."""
    stamp, signature = request["headers"]["robase-signature"].split(",")
    assert stamp.startswith("t=") and signature.startswith("v1="), request
    return stamp[2:], signature[3:]


def verify(*cases):
    """What a library of other hands says of each (request, secret, arrival in seconds since 1970)."""
    lines = [json.dumps({"body": base64.b64encode(request["body"]).decode(), "secret": secret,
                         "header": request["headers"]["robase-signature"], "at": at})
             for request, secret, at in cases]
    done = subprocess.run(["node", VERIFIER], input="\n".join([*lines, ""]), capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, f"tools/deps test installs what this needs\n{done.stderr}"
    return done.stdout.splitlines()


class Upstream(Webhook):
    """A provider over HTTP that takes every message, or answers with `status` as a receiver does. What
    is no success says `word`."""

    def __init__(self, name="beem", status=TAKEN, word="odd", **options):
        super().__init__(status, **options)
        self.name = name
        self.word = word

    def answer(self, request, count):
        status, _ = super().answer(request, count)
        document = {"message_id": f"{self.name}-{count}"} if status == TAKEN else {
            "error": {"code": self.word, "message": f"{self.name} says {self.word}"}}
        return status, json.dumps(document).encode()

    def connect(self, server, timeout=10):
        """Makes it a provider of the server; a route is the test's business."""
        profile = pathlib.Path(server.folder) / f"{self.name}.ini"
        profile.write_text(PROFILE.format(url=self.url, body=BODY, secret=SECRET,
                                          timeout=timeout))
        server.cli("provider", "add", self.name, "--http", profile)
        return self

    def report(self, project, status="delivered", secret=SECRET, age=0, body=None, **fields):
        """Posts a delivery report of the first message, made so many seconds ago."""
        report = {"message_id": f"{self.name}-1", "status": status, **fields}
        sent = json.dumps(report).encode()
        stamp = str(int(project.now() - age))
        mark = f"X-{self.name.capitalize()}"
        return project.server.http("POST", f"/{self.name}/dlr", {
            "Content-Type": "application/json", f"{mark}-Timestamp": stamp,
            f"{mark}-Signature": sign(secret, stamp, sent)}, body or sent)
