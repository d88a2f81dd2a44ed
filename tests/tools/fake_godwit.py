#!/usr/bin/python3
"""Stands in for the binary in the test of the end-to-end harness.

Prints and answers what the FAKE_ variables say: FAKE_FIRST its first line, FAKE_ANSWER what it sends
to whoever connects (as soon as a request came), FAKE_ERR what it says on stderr, FAKE_STATUS its
exit status. A command prints its arguments as JSON.
"""
import json
import os
import signal
import socket
import sys

status = int(os.environ.get("FAKE_STATUS", "0"))
sys.stderr.write(os.environ.get("FAKE_ERR", ""))
if "serve" not in sys.argv and "simulate" not in sys.argv:
    print(json.dumps(sys.argv[1:]))
    sys.exit(status)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(status))
listener = socket.create_server(("127.0.0.1", 0))
scheme = "http" if "serve" in sys.argv else "smpp"
first = os.environ.get("FAKE_FIRST", f"listening {scheme}://127.0.0.1:{{port}}\n")
sys.stdout.write(first.format(port=listener.getsockname()[1]))
sys.stdout.flush()
if not first:
    sys.exit(status)
while True:
    peer = listener.accept()[0]
    peer.recv(65536)
    peer.sendall(os.environ.get("FAKE_ANSWER", "").encode("latin-1"))
    peer.close()
