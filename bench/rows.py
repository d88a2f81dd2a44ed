"""One row of a benchmark: a server with a fresh store on disk, a load, and what both cost."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = ROOT / "build/release"
os.environ["GODWIT"] = str(RELEASE / "godwit")
sys.path.insert(0, str(ROOT / "tests/e2e"))

import machine  # noqa: E402 (the path comes first)
from godwit import Godwit, Process, Simulator, wait_for  # noqa: E402

DRAIN_S = 20
LOAD_S = 2
WINDOW = 1000
RECEIPT_MS = 100

# One segment, one credit; every message has its own number and text.
BODY = "recipient=%2B447911{n:6}&content=Your+code+is+{n}.+It+is+valid+for+ten+minutes."
HEP = ("--path", "/api/messages", "--header", "Content-Type: application/x-www-form-urlencoded",
       "--body", BODY)


class Broken(Exception):
    """A figure that cannot be trusted, because something went wrong below it."""


def load(address, in_flight, *words, request=HEP, bound=("--seconds", str(LOAD_S))):
    command = [RELEASE / "bench/http_load", address, "--json", *request,
               "--connections", str(in_flight), *bound, *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LOAD_S + 30, check=False)
    if done.returncode:
        raise Broken(f"http_load: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    figures = json.loads(done.stdout)
    if figures["answered"] != figures["2xx"]:
        raise Broken(f"http_load: answers other than 2xx: {done.stdout}")
    return figures


def costs(cost, figures, messages):
    """What a row tells of the time that its processes used, for 1,000 messages."""
    ours_s = cost.cpu_s + cost.carrier_cpu_s + figures["cpu_s"]
    return {
        "cpu": cost.cpu_s * 1000 / messages,
        "threads": {name: used * 1000 / messages for name, used in cost.threads.items()},
        "load_cpu": figures["cpu_s"] * 1000 / messages,
        "carrier_cpu": cost.carrier_cpu_s * 1000 / messages,
        "others": max(0, cost.busy - ours_s / cost.seconds / os.cpu_count()),
    }


def run_floor(folder, in_flight):
    with contextlib.ExitStack() as stack:
        server = Process([RELEASE / "bench/floor_http", folder / "floor"], folder, "floor")
        stack.callback(server.stop)
        address = server.announced(r"listening http://([\d.]+:\d+)")[1]
        meter = machine.Meter(server.popen.pid)
        figures = load(address, in_flight)
        return {**figures, **costs(meter.end(), figures, figures["2xx"])}


class Server:
    """A server with an account that has credit, and a carrier that is bound or only named."""

    def __init__(self, stack, folder, sockets, bound, clock="off", **settings):
        self.folder = folder
        self.control = sockets / "control"
        self.carrier = Simulator(folder, port=0, receipt_ms=RECEIPT_MS, receipt_window=WINDOW)
        stack.callback(self.carrier.stop)
        own = {"control": self.control, "test_clock": clock}
        self.godwit = Godwit(folder, server=own, **settings).start()
        stack.callback(self.godwit.stop)
        self.pid = self.godwit.process.popen.pid
        account = self.godwit.cli("account", "add", "Bench")["id"]
        self.godwit.cli("credit", "grant", account, 10**9)
        self.key = self.godwit.cli("key", "add", account)["key"]
        self.godwit.cli("provider", "add", "carrier", "--smpp", self.carrier.address,
                        "--system-id", "bench", "--password", "secret", "--window", WINDOW)
        self.godwit.cli("route", "set", "*", "carrier")
        if not bound:
            self.godwit.cli("provider", "set", "carrier", "--enabled", "off")
        wait_for(lambda: (self.ask("provider.show", name="carrier")["sessions"] > 0) == bound,
                 what="the carrier's link")

    def ask(self, verb, **words):
        """One question over the control socket: much cheaper than a run of the command."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(10)
            asking.connect(str(self.control))
            asking.sendall(json.dumps({"do": verb, **words}).encode() + b"\n")
            answer = json.loads(asking.makefile("rb").readline())
        if "error" in answer:
            raise Broken(f"{verb}: {answer}")
        return answer

    def store(self, sql):
        path = self.folder / "godwit.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            return store.execute(sql).fetchall()


def check(what, wanted, found):
    if wanted != found:
        raise Broken(f"{what}: {found} instead of {wanted}")


def run_server(folder, sockets, in_flight, bound):
    with contextlib.ExitStack() as stack:
        server = Server(stack, folder, sockets, bound)
        idle = machine.memory_mb(server.pid)
        meter = machine.Meter(server.pid, server.carrier.popen.pid)
        figures = load("{}:{}".format(*server.godwit.address), in_flight,
                       "--header", f"Authorization: {server.key}")
        sent = figures["2xx"]
        if bound:
            deadline = time.monotonic() + DRAIN_S
            while server.ask("provider.show", name="carrier")["receipts"] < sent:
                if time.monotonic() > deadline:
                    raise Broken(f"{sent} sends were not all delivered {DRAIN_S} s after the last")
                time.sleep(0.05)
        row = {**figures, **costs(meter.end(), figures, sent)}
        row["memory"] = {"idle_mb": idle["rss_mb"], **machine.memory_mb(server.pid)}
        server.godwit.stop()
        check("messages in the store", sent, server.store("SELECT count(*) FROM message")[0][0])
        check("credit spent", sent, server.store("SELECT credit_spent FROM book")[0][0])
        row["accept_rate"] = row["rate"]
        return {**row, **(delivery(server, sent) if bound else {})}


def delivery(server, sent):
    """The way of every message as the store tells it: a key's upper bits are its milliseconds."""
    rows = server.store("SELECT r.message >> 20, t.receipt_at_ms FROM recipient r"
                        " JOIN attempt t ON t.id >> 8 = r.id WHERE r.state = 3")
    check("messages delivered", sent, len(rows))
    taken_ms = [at - since for since, at in rows]
    whole_ms = max(at for _, at in rows) - min(since for since, _ in rows)
    return {"rate": sent * 1000 / whole_ms,
            "way_p50_ms": machine.percentile(taken_ms, 0.5),
            "way_p99_ms": machine.percentile(taken_ms, 0.99)}


# ---- What every program of benchmarks does -------------------------------------------------------

def against(value, goal, most):
    met = value <= goal if most else value >= goal
    return f"goal {goal:g}, {'met' if met else 'missed'}"


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def build():
    subprocess.run(["ninja", "--quiet", "-C", RELEASE, "godwit", "benches"], check=True,
                   stdin=subprocess.DEVNULL)


def folders(stack):
    """One for stores, on the disk of the build, and one for sockets: these have short names only,
    and the first may lie deep."""
    made = tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"), tempfile.mkdtemp(prefix="godwit-")
    for folder in made:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return map(pathlib.Path, made)


class OutOfTime(Exception):
    pass


def on_alarm(*_):
    raise OutOfTime


def on_terminate(*_):
    raise KeyboardInterrupt


def bounded(name, seconds, measure):
    """measure(stack), stopped after so many seconds whatever it is doing; what it began ends."""
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_terminate)
    signal.alarm(seconds)
    try:
        with contextlib.ExitStack() as stack:
            measure(stack)
    except Broken as broken:
        sys.exit(f"{name}: {broken}")
    except OutOfTime:
        sys.exit(f"{name}: not done after {seconds} s")
    except KeyboardInterrupt:
        sys.exit(130)
