"""What end-to-end tests drive Godwit with: the real binary, its command line and raw sockets.

`Godwit` is one server in a folder of its own; `wait_for` is the only way to wait for anything.
The binary is the one that the environment variable GODWIT names, build/dev/godwit without it.
"""
import dataclasses
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("GODWIT", ROOT / "build/dev/godwit"))
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def wait_for(condition, timeout=10, what=None):
    """Asks `condition` again and again until it answers with something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, \
            f"waited {timeout} s in vain for {what or condition}; the last answer was {answer!r}"
        time.sleep(0.01)


class Refused(AssertionError):
    """A command ended with another exit status than it should have."""

    def __init__(self, command, done):
        self.status = done.returncode
        self.stderr = done.stderr
        super().__init__(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr}")


class Process:
    """A program that announces itself by its first line of output and ends on SIGTERM.

    Its output lies in files, so it can never block on a test that does not read."""

    def __init__(self, command, folder, name):
        self.out = folder / f"{name}.out"
        self.err = folder / f"{name}.err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        self.ended = False  # by us: one that ends by itself is a failure when it is stopped

    def announced(self, pattern):
        """The match of the first line, or a failure that shows what the program said instead."""
        def first_line():
            text = self.out.read_text()
            return "\n" in text and text.split("\n", 1)[0] or self.popen.poll() is not None
        line = wait_for(first_line, START_TIMEOUT_S, f"the first line of {self.out.name}")
        match = re.fullmatch(pattern, line) if isinstance(line, str) else None
        if not match:
            self.kill()
        assert match, f"expected {pattern}, got {line!r}\n{self.err.read_text()}"
        return match

    def kill(self):
        """SIGKILL: what a power cut looks like to the program."""
        self.ended = True
        self.popen.kill()
        self.popen.wait()

    def stop(self):
        """SIGTERM; it must drain, end with 0 and leave no sanitizer's report."""
        if self.ended:
            return
        early = self.popen.poll()
        self.popen.send_signal(signal.SIGTERM)
        self.end()
        assert early is None, f"it ended by itself\n{self.err.read_text(errors='replace')}"

    def end(self):
        """The end of a program that was told to end."""
        self.ended = True
        try:
            status = self.popen.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            status = "none, it had to be killed"
        said = self.err.read_text(errors="replace")
        assert status == 0, f"exit status {status}\n{said}"
        assert not SANITIZER.search(said), said


@dataclasses.dataclass
class Response:
    status: int
    headers: dict  # names in lower case; of a repeated name the last
    body: bytes

    def json(self):
        return json.loads(self.body)


class Connection:
    """A raw HTTP/1.1 connection: sends the bytes that it is given, reads responses one by one."""

    def __init__(self, address, timeout=10):
        self.socket = socket.create_connection(address, timeout)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def response(self, head=False):
        """The next response; `head`: it answers a HEAD request and so has no body."""
        line = self.file.readline()
        assert line, "the server closed the connection without an answer"
        version, status = line.decode("latin-1").split(" ", 2)[:2]
        assert version == "HTTP/1.1", line
        headers = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, value = line.decode("latin-1").split(":", 1)
            headers[name.lower()] = value.strip()
        status = int(status)
        if head or status < 200 or status in (204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join(self._chunks())
        elif "content-length" in headers:
            body = self._exactly(int(headers["content-length"]))
        else:
            body = self.file.read()
        return Response(status, headers, body)

    def _exactly(self, size):
        data = self.file.read(size)
        assert len(data) == size, f"the body ended after {len(data)} of {size} bytes"
        return data

    def _chunks(self):
        while size := int(self.file.readline().split(b";")[0], 16):
            yield self._exactly(size)
            assert self.file.readline() == b"\r\n"
        while self.file.readline() not in (b"\r\n", b""):
            pass

    def closed(self):
        """True when the server has closed its side and nothing is left to read."""
        return self.file.read(1) == b""


class Godwit:
    """One server with its own folder, configuration and store. start() and stop() may alternate."""

    def __init__(self, folder, **sections):
        """`sections` add to the configuration or replace its values: hep={"server": "x"}."""
        self.folder = folder
        self.config = folder / "godwit.ini"
        values = {
            "server": {"listen": "127.0.0.1:0", "control": folder / "control.sock",
                       "test_clock": "on"},
            "store": {"url": f"sqlite:{folder}/godwit.db"},
            "webhook": {"allow_private": "on"},
        }
        for section, more in sections.items():
            values.setdefault(section, {}).update(more)
        self.config.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in pairs.items())
            for section, pairs in values.items()))
        self.process = None
        self.address = None

    def start(self):
        self.process = Process([BINARY, "-c", self.config, "serve"], self.folder, "serve")
        match = self.process.announced(r"listening http://([\d.]+):(\d+)")
        self.address = (match[1], int(match[2]))
        return self

    def stop(self):
        if self.process:
            self.process.stop()

    def kill(self):
        self.process.kill()

    def command(self, *args, status=0):
        """Runs `godwit -c FILE ARGS...`; the result has .stdout and .stderr as text."""
        command = [BINARY, "-c", self.config, *map(str, args)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode != status or SANITIZER.search(done.stderr):
            raise Refused(command, done)
        return done

    def cli(self, *args):
        """A command with --json; returns what it printed, parsed."""
        return json.loads(self.command(*args, "--json").stdout)

    def connect(self, timeout=10):
        return Connection(self.address, timeout)

    def half_sent(self, path, headers, body):
        """A POST whose headers have been read and of whose body the last byte is missing: the
        connection, and that byte."""
        connection = self.connect()
        fields = {"Host": "x", "Content-Length": len(body), "Expect": "100-continue", **headers}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        connection.send("\r\n".join([*lines, "", ""]).encode())
        assert connection.response().status == 100
        connection.send(body[:-1])
        return connection, body[-1:]

    def http(self, method, path, headers=None, body=b""):
        """One request on a connection of its own. A body that is no bytes is sent as JSON."""
        fields = {"Host": f"{self.address[0]}:{self.address[1]}", "Connection": "close"}
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            fields["Content-Type"] = "application/json"
        if body or method in ("POST", "PUT", "PATCH"):
            fields["Content-Length"] = str(len(body))
        fields.update(headers or {})
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        with self.connect() as connection:
            connection.send("\r\n".join([*lines, "", ""]).encode() + body)
            return connection.response(head=method == "HEAD")


class Simulator(Process):
    """`godwit simulate`: a carrier that takes what it is sent. Options are those of the command line:
    Simulator(folder, "carrier", receipt_delay=2, trx=True) gives --receipt-delay 2 --trx."""

    def __init__(self, folder, name="simulate", **options):
        command = [BINARY, "simulate", "--port", "0"]
        for option, value in options.items():
            command.append("--" + option.replace("_", "-"))
            if value is not True:
                command.append(str(value))
        super().__init__(command, folder, name)
        match = self.announced(r"listening smpp://([\d.]+):(\d+)")
        self.address = f"{match[1]}:{match[2]}"
