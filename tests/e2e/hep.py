"""What the tests of the Hep door share: accounts that send, carriers whose log is read, webhooks."""
import contextlib
import http.server
import json
import socket
import sqlite3
import threading
import time
import urllib.parse

from godwit import Simulator, wait_for

FORM = "application/x-www-form-urlencoded"
JSON = "application/json; charset=utf-8"  # of every answer
NUMBER = "+447700900123"
SENDER = "+2899682626"
FINAL = ("delivered", "failed", "rejected", "expired", "timeout", "cancelled")

# Contract names of the texts that customers see.
NO_KEY = {"error": "Unauthorized: No API Key Provided"}
WRONG_KEY = {"error": "Unauthorized: Incorrect Token"}
KEY_DISABLED = {"error": "This API key is disabled"}
NOT_ENABLED = {"error": "Your account is not enabled to use this API. "
                        "Join https://hep.gg/support for more information."}
NO_CONTENT = {"error": "Please provide content to send along with this request."}
BAD_RECIPIENT = {"error": "Invalid Recipient Phone Number Or None Provided."}
TOO_LONG = {"error": "Content too long, please keep it under 800 characters. "
                     "You can send multiple messages!"}
TOO_SHORT = {"error": "Content too short, please send 1 character or more."}
NO_SUCH_KEY = {"error": "Invalid authentication token"}
SWITCHED_OFF = {"error": "Your account is not enabled for SMS sending"}
NO_CREDIT = {"error": "You don't have enough credits to complete this request."}
INTERNAL = {"error": "Internal Server Error"}
EMPTY_LIST = {"response": "No received messages with your short code or previous short codes."}


def form(**fields):
    return urllib.parse.urlencode(fields).encode()


class Account:
    """An account with credit and a key; `settings` are options of `account add`."""

    def __init__(self, server, credit=10, name="U1", **settings):
        self.server = server
        options = [f"--{option}={value}" for option, value in settings.items()]
        self.id = server.cli("account", "add", name, *options)["id"]
        self.key = self.new_key()
        if credit:
            self.grant(credit)

    def new_key(self, *options):
        return self.server.cli("key", "add", self.id, *options)["key"]

    def grant(self, amount, asset="CREDIT"):
        return self.server.cli("credit", "grant", self.id, amount, "--asset", asset)["available"]

    def post(self, body, headers=None):
        """POST /api/messages: bytes are a form, anything else is sent as JSON."""
        fields = {"Authorization": self.key}
        if isinstance(body, bytes):
            fields["Content-Type"] = FORM
        fields.update(headers or {})
        return self.server.http("POST", "/api/messages", fields, body)

    def send(self, content="hi", recipient=NUMBER, **more):
        return self.post(form(recipient=recipient, content=content, **more))

    def accepted(self, content="hi", recipient=NUMBER):
        """Sends, and returns the id of what must have been accepted."""
        answer = self.send(content, recipient)
        assert answer.status == 200, answer
        return answer.json()["ID"]

    def sums(self, asset="CREDIT"):
        """The asset's row of `credit show`; the invariant is checked for every asset."""
        rows = {row.pop("asset"): row for row in self.server.cli("credit", "show", self.id)["balances"]}
        for row in rows.values():
            assert row["granted"] == (row["available"] + row["held"] + row["spent"] - row["refunded"]
                                      + row["expired"]), rows
        return rows[asset]

    def balance(self, asset="CREDIT"):
        return self.sums(asset)["available"]

    def ledger(self, asset="CREDIT"):
        """(kind, amount, balance after) of each of the asset's entries, newest first."""
        rows = self.server.cli("credit", "show", self.id)["ledger"]
        return [(row["kind"], row["amount"], row["balance"]) for row in rows if row["asset"] == asset]

    def messages(self):
        return self.server.cli("message", "list", self.id, "--limit", 10000)["messages"]

    def inbox(self, headers=None):
        """GET /api/messages"""
        return self.server.http("GET", "/api/messages", {"Authorization": self.key, **(headers or {})})

    def arrived(self, count=1, pushed=False):
        """The inbox once it holds so many, and each has its webhook's status if `pushed`."""
        def rows():
            answer = self.inbox()
            rows = answer.json() if answer.status == 200 else []
            done = len(rows) >= count and not (pushed and any(row["webhook_status"] is None for row in rows))
            return rows if done else None
        return wait_for(rows, what=f"{count} inbound messages")


def message(server, ident, *states):
    """What `message show` says, once the message is in one of `states` (without any: now)."""
    def shown():
        answer = server.cli("message", "show", ident)
        return answer if not states or answer["state"] in states else None
    return wait_for(shown, 20, f"message {ident} to be {' or '.join(states)}")


def stored(server, query):
    """Rows of the server's store, for what no command shows."""
    address = f"file:{server.folder}/godwit.db?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as store:
        return store.execute(query).fetchall()


@contextlib.contextmanager
def held(server):
    """Nobody else can write the server's store inside: it can commit nothing."""
    with contextlib.closing(sqlite3.connect(server.folder / "godwit.db", timeout=10,
                                            isolation_level=None)) as store:
        store.execute("BEGIN IMMEDIATE")
        yield
        store.execute("ROLLBACK")


class Carrier(Simulator):
    """A simulated carrier that logs what it is sent."""

    def __init__(self, folder, name, **options):
        self.log = folder / f"{name}.log"
        super().__init__(folder, name, log=self.log, **options)

    def submits(self, *decisions):
        """A line of the log for each submit, oldest first, of these decisions only if any are given.
        What the log says of the user data becomes `text`."""
        whole = self.log.read_text().rpartition("\n")[0]
        lines = [json.loads(line) for line in whole.splitlines()]
        for line in lines:
            line["text"] = decode(line)
        return [line for line in lines if not decisions or line["decision"] in decisions]

    def texts(self, *decisions):
        return [line["text"] for line in self.submits(*decisions)]

    def connect(self, server, name="carrier", *options, bound=True):
        """Makes it a provider of the server; with `bound` waits until submits may flow."""
        server.cli("provider", "add", name, "--smpp", self.address, "--system-id", "godwit",
                   "--password", "secret", *options)
        if bound:
            wait_for(lambda: provider(server, name)["sessions"] > 0, what=f"{name} to be bound")

    def serve(self, server, *options):
        """Connects it and routes everything to it."""
        self.connect(server, "carrier", *options)
        server.cli("route", "set", "*", "carrier")
        return self


def provider(server, name="carrier"):
    return server.cli("provider", "show", name)


def decode(line):
    """The text of one submit: GSM 7 bit (its ASCII part) or UTF-16, without the segment's header."""
    data = bytes.fromhex(line["user_data"])
    if line["esm_class"] & 0x40:
        data = data[1 + data[0]:]
    return data.decode("utf-16-be" if line["data_coding"] == 8 else "latin-1")


class Webhook:
    """A customer's web server in this process: keeps every request and answers with `status`, or with each
    of a list in turn, the last one for ever; with `hold` only when `release` was called."""

    def __init__(self, status=204, hold=False):
        self.statuses = status if isinstance(status, list) else [status]
        self.requests = requests = []
        self.released = released = threading.Event()
        if not hold:
            self.release()
        lock = threading.Lock()
        web_server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                request = {"method": self.command, "path": self.path, "at": time.monotonic(),
                           "headers": {name.lower(): value for name, value in self.headers.items()},
                           "body": self.rfile.read(int(self.headers.get("Content-Length", 0)))}
                with lock:
                    requests.append(request)
                    status, body = web_server.answer(request, len(requests))
                released.wait()
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def answer(self, _request, count):
        """The status and the body that the count-th request is answered with."""
        return self.statuses[min(count, len(self.statuses)) - 1], b""

    def release(self):
        self.released.set()

    def bodies(self):
        return [json.loads(request["body"]) for request in self.requests]

    def stop(self):
        self.release()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class ClosedPort:
    """A port that nobody listens on, and that nobody else gets meanwhile."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def stop(self):
        self.socket.close()
