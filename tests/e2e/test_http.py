"""Bad input on the wire: what each kind is answered with, and that nothing has changed after it.

One server serves the whole file: surviving all of it is part of the test."""
import json
import select
import time
import types

import pytest

import hep
from godwit import Godwit, wait_for
from hep import NUMBER, Account, Carrier, form, message

DEADLINE_S = 1  # of headers, bodies and idle connections


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server with short deadlines, a carrier that takes all it is sent, and an account."""
    folder = tmp_path_factory.mktemp("http")
    carrier = Carrier(folder, "carrier", receipt_ms=5)
    server = Godwit(folder, server={"header_timeout": DEADLINE_S, "body_timeout": DEADLINE_S,
                                    "idle_timeout": DEADLINE_S}).start()
    carrier.serve(server)
    yield types.SimpleNamespace(server=server, carrier=carrier, account=Account(server))
    server.stop()
    carrier.stop()


@pytest.fixture
def unchanged(world):
    """Nothing that a customer has, and nothing at the carrier, is other than it was before."""
    def state():
        return world.account.ledger(), world.account.messages(), world.carrier.submits()
    before = state()
    yield
    assert state() == before


def request(method="POST", path="/api/messages", *lines, key=None, body=b"", length=True):
    """The bytes of a request; `lines` are further header lines."""
    head = [f"{method} {path} HTTP/1.1", "Host: x"]
    if key:
        head.append(f"Authorization: {key}")
    if body and length:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, *lines, "", ""]).encode("latin-1") + body


def exchange(world, data):
    """Sends it, and returns the answer and whether the server closed the connection after it."""
    with world.server.connect() as connection:
        connection.send(data)
        answer = connection.response()
        closes = answer.headers.get("connection") == "close"
        if closes:
            assert connection.closed()
        return answer, closes


def assert_error(answer, status, text):
    assert (answer.status, answer.body) == (status, json.dumps(
        {"error": text}, separators=(",", ":")).encode())
    assert answer.headers["content-type"] == hep.JSON
    assert answer.headers["x-request-id"]


# ---- The Hep error table, to the byte -----------------------------------------------------------

def disabled(world):
    key = world.account.new_key()
    world.server.cli("key", "disable", key)
    return key


GOOD = form(recipient=NUMBER, content="hi")
HEP_ERRORS = {  # the key, the body, the answer
    "1_A1": (lambda world: None, GOOD, 401, hep.NO_KEY),
    "1_A2": (lambda world: "nope", GOOD, 401, hep.WRONG_KEY),
    "1_A3": (disabled, GOOD, 403, hep.KEY_DISABLED),
    "1_A4": (lambda world: Account(world.server, sms="off").key, GOOD, 403, hep.NOT_ENABLED),
    "2": (lambda world: world.account.key, b"recipient=x", 400, hep.NO_CONTENT),
    "3": (lambda world: world.account.key, b"content=hi", 400, hep.BAD_RECIPIENT),
    "4": (lambda world: world.account.key, form(recipient=NUMBER, content="a" * 800), 400,
          hep.TOO_LONG),
    "5": (lambda world: world.account.key, form(recipient=NUMBER, content=" "), 400, hep.TOO_SHORT),
    # Rows 6 to 8 need a race: test_hep_checks.py, check 18.
    "9": (lambda world: Account(world.server, credit=0).key, GOOD, 400, hep.NO_CREDIT),
}


@pytest.mark.parametrize("row", HEP_ERRORS)
def test_hep_error_row(row, world, unchanged):
    key_of, body, status, text = HEP_ERRORS[row]
    answer, closes = exchange(world, request(key=key_of(world), body=body))
    assert_error(answer, status, text["error"])
    assert answer.headers["content-length"] == str(len(answer.body))
    assert not closes


def test_hep_error_row_10(world):
    world.server.cli("route", "remove", "*")
    balance = world.account.balance()
    answer, _ = exchange(world, request(key=world.account.key, body=GOOD))
    world.server.cli("route", "set", "*", "carrier")
    assert_error(answer, 500, "Internal Server Error")
    assert world.account.balance() == balance


# ---- What is no request at all ------------------------------------------------------------------

def chunked(*chunks):
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])


def with_key(build):
    """A row whose bytes need the account's key."""
    return lambda world: build(world.account.key)


BAD_REQUEST = {  # bytes, status, reason; the connection closes behind each
    "noise": (b"GARBAGE\r\n\r\n", 400, "Bad Request"),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "Bad Request"),
    "http_0_9": (b"GET /api/messages\r\n\r\n", 400, "Bad Request"),
    "http_2_0": (b"GET /api/messages HTTP/2.0\r\nHost: x\r\n\r\n", 505, "HTTP Version Not Supported"),
    "bare_line_feeds": (b"GET /api/messages HTTP/1.1\nHost: x\n\n", 400, "Bad Request"),
    "no_host": (b"GET /api/messages HTTP/1.1\r\n\r\n", 400, "Bad Request"),
    "two_hosts": (request("GET", "/api/messages", "Host: y"), 400, "Bad Request"),
    "blank_before_the_colon": (request("GET", "/api/messages", "Accept : x"), 400, "Bad Request"),
    "folded_line": (request("GET", "/api/messages", "Accept: x", " y"), 400, "Bad Request"),
    "line_without_colon": (request("GET", "/api/messages", "Accept"), 400, "Bad Request"),
    "nul_in_a_header": (request("GET", "/api/messages", "Accept: a\0b"), 400, "Bad Request"),
    "control_in_the_path": (request("GET", "/api\x01/messages"), 400, "Bad Request"),
    "connect": (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501, "Not Implemented"),
    "unknown_method": (request("BREW", "/api/messages"), 501, "Not Implemented"),
    "header_of_100_kb": (request("GET", "/api/messages", "X: " + "a" * 102400), 431,
                         "Request Header Fields Too Large"),
    "path_of_100_kb": (request("GET", "/" + "a" * 102400), 431, "Request Header Fields Too Large"),
    "a_thousand_headers": (request("GET", "/api/messages", *["X: 1"] * 1000), 431,
                           "Request Header Fields Too Large"),
    "two_equal_lengths": (with_key(lambda key: request(
        "POST", "/api/messages", f"Content-Length: {len(GOOD)}", key=key, body=GOOD)), 400,
        "Bad Request"),
    "two_lengths": (with_key(lambda key: request(
        "POST", "/api/messages", "Content-Length: 1", key=key, body=GOOD)), 400, "Bad Request"),
    "list_of_lengths": (with_key(lambda key: request(
        "POST", "/api/messages", f"Content-Length: {len(GOOD)}, {len(GOOD)}", key=key, body=GOOD,
        length=False)), 400, "Bad Request"),
    "length_with_a_sign": (with_key(lambda key: request(
        "POST", "/api/messages", f"Content-Length: +{len(GOOD)}", key=key, body=GOOD,
        length=False)), 400, "Bad Request"),
    "negative_length": (with_key(lambda key: request(
        "POST", "/api/messages", "Content-Length: -1", key=key, body=GOOD, length=False)), 400,
        "Bad Request"),
    "length_beyond_64_bits": (with_key(lambda key: request(
        "POST", "/api/messages", "Content-Length: 18446744073709551617", key=key)), 400,
        "Bad Request"),
    "length_with_chunks": (with_key(lambda key: request(
        "POST", "/api/messages", "Transfer-Encoding: chunked", key=key, body=chunked(GOOD))), 400,
        "Bad Request"),
    "unknown_coding": (with_key(lambda key: request(
        "POST", "/api/messages", "Transfer-Encoding: gzip", key=key, body=GOOD, length=False)), 501,
        "Not Implemented"),
    "chunk_size_that_is_none": (with_key(lambda key: request(
        "POST", "/api/messages", "Transfer-Encoding: chunked", key=key, body=b"xyz\r\n" + GOOD,
        length=False)), 400, "Bad Request"),
    "chunk_longer_than_said": (with_key(lambda key: request(
        "POST", "/api/messages", "Transfer-Encoding: chunked", key=key,
        body=b"5\r\n" + GOOD + b"\r\n0\r\n\r\n", length=False)), 400, "Bad Request"),
    "body_of_100_kb": (with_key(lambda key: request(key=key, body=b"content=" + b"a" * 102400)), 413,
                       "Content Too Large"),
    "body_announced_as_1_tb": (with_key(lambda key: request(
        "POST", "/api/messages", "Content-Length: 1099511627776", key=key)), 413,
        "Content Too Large"),
    "chunks_of_100_kb": (with_key(lambda key: request(
        "POST", "/api/messages", "Transfer-Encoding: chunked", key=key,
        body=chunked(*[b"a" * 1024] * 100), length=False)), 413, "Content Too Large"),
}


@pytest.mark.parametrize("case", BAD_REQUEST)
def test_bad_request(case, world, unchanged):
    data, status, reason = BAD_REQUEST[case]
    answer, closes = exchange(world, data(world) if callable(data) else data)
    assert_error(answer, status, reason)
    assert closes


def test_an_oversize_body_is_refused_before_it_is_sent(world, unchanged):
    with world.server.connect() as connection:
        connection.send(request("POST", "/api/messages", "Content-Length: 102400",
                                "Expect: 100-continue", key=world.account.key))
        assert_error(connection.response(), 413, "Content Too Large")
        assert connection.closed()


# ---- Requests that go nowhere -------------------------------------------------------------------

PATHS = ["/nope", "/api", "/api/messages/", "/api/messages/1", "/api/messagesx", "//",
         "/API/messages", "/nope?/api/messages"]


@pytest.mark.parametrize("path", PATHS)
def test_unknown_path(path, world, unchanged):
    for method in ("GET", "POST"):
        answer, closes = exchange(world, request(method, path, key=world.account.key, body=GOOD))
        assert_error(answer, 404, "Not Found")
        assert not closes


METHODS = {"PUT": GOOD, "PATCH": GOOD, "DELETE": b"", "OPTIONS": b""}


@pytest.mark.parametrize("method", METHODS)
def test_other_method(method, world, unchanged):
    for path, allowed in (("/api/messages", {"GET", "POST"}), ("/", {"GET"})):
        answer, closes = exchange(world, request(method, path, key=world.account.key,
                                                 body=METHODS[method]))
        assert_error(answer, 405, "Method Not Allowed")
        assert set(answer.headers["allow"].split(", ")) == allowed
        assert not closes


def test_a_post_to_the_root_is_no_send(world, unchanged):
    answer, _ = exchange(world, request("POST", "/", key=world.account.key, body=GOOD))
    assert_error(answer, 405, "Method Not Allowed")


def test_head_answers_as_get_would_without_the_body(world, unchanged):
    for path, key in (("/", None), ("/api/messages", world.account.key), ("/api/messages", None),
                      ("/nope", None)):
        with world.server.connect() as connection:
            connection.send(request("GET", path, key=key) + request("HEAD", path, key=key)
                            + request("GET", path, key=key))
            first, head, last = (connection.response(), connection.response(head=True),
                                 connection.response())
        assert (head.status, head.body) == (first.status, b"")
        for name in ("content-length", "content-type"):
            assert head.headers[name] == first.headers[name]
        assert (last.status, last.body) == (first.status, first.body)


def test_a_query_is_ignored(world, unchanged):
    answer, _ = exchange(world, request("GET", "/api/messages?limit=5", key=world.account.key))
    assert (answer.status, answer.json()) == (404, hep.EMPTY_LIST)


# ---- Silence ------------------------------------------------------------------------------------

def wait_for_end(connection, what):
    """All the server says until it closes, which must be within its deadline and some slack."""
    began = time.monotonic()
    connection.socket.settimeout(DEADLINE_S + 5)
    said = b""
    while piece := connection.socket.recv(65536):
        said += piece
    assert time.monotonic() - began >= DEADLINE_S / 2, what
    return said


SILENCES = {  # what is sent before the silence; is it answered
    "after_half_a_request_line": (lambda key: b"POST /api/mess", True),
    "after_half_the_headers": (lambda key: request(key=key)[:-10], True),
    "before_the_body": (lambda key: request("POST", "/api/messages", "Content-Length: 30", key=key),
                        True),
    "in_the_body": (lambda key: request("POST", "/api/messages", "Content-Length: 50", key=key,
                                        body=GOOD, length=False), True),
    "in_a_chunk": (lambda key: request("POST", "/api/messages", "Transfer-Encoding: chunked",
                                       key=key, body=b"ff\r\n" + GOOD, length=False), True),
    "from_the_beginning": (lambda key: b"", False),
}


@pytest.mark.parametrize("case", SILENCES)
def test_silence(case, world, unchanged):
    sent, answered = SILENCES[case]
    with world.server.connect() as connection:
        connection.send(sent(world.account.key))
        said = wait_for_end(connection, case)
    head, _, body = said.partition(b"\r\n\r\n")
    if answered:
        assert head.startswith(b"HTTP/1.1 408 ")
        assert body == b'{"error":"Request Timeout"}'
    else:
        assert said == b""


def test_silence_between_requests_closes_without_a_word(world, unchanged):
    with world.server.connect() as connection:
        connection.send(request("GET", "/"))
        assert connection.response().status == 200
        assert wait_for_end(connection, "idle") == b""


def test_headers_that_trickle_in_are_cut_off_all_the_same(world, unchanged):
    with world.server.connect() as connection:
        connection.send(request(key=world.account.key)[:-4])
        began = time.monotonic()
        # One more byte whenever a tenth of the deadline went by without an answer.
        while not select.select([connection.socket], [], [], DEADLINE_S / 10)[0]:
            connection.send(b"x")
            assert time.monotonic() - began < DEADLINE_S + 5
        assert connection.response().status == 408


# ---- What is unusual and right ------------------------------------------------------------------

def test_half_a_request_and_the_end_changes_nothing(world, unchanged):
    whole = request(key=world.account.key, body=GOOD)
    for size in (1, 20, whole.index(b"\r\n\r\n") + 2, len(whole) - len(GOOD), len(whole) - 1):
        with world.server.connect() as connection:
            connection.send(whole[:size])
    assert exchange(world, request("GET", "/"))[0].status == 200


def test_a_customer_who_hangs_up_has_sent_all_the_same(world):
    world.account.grant(20)
    contents = [f"left behind {i}" for i in range(20)]
    for content in contents:
        with world.server.connect() as connection:
            connection.send(request(key=world.account.key,
                                    body=form(recipient=NUMBER, content=content)))
    wait_for(lambda: set(contents) <= set(world.carrier.texts()), what="all that was sent")
    assert sorted(row["text"] for row in world.account.messages() if row["text"] in contents) == sorted(
        contents)


def test_http_1_0_is_answered_and_closed(world, unchanged):
    answer, closes = exchange(world, b"GET / HTTP/1.0\r\n\r\n")
    assert (answer.status, closes) == (200, True)


def test_the_health_of_the_server(world, unchanged):
    answer, closes = exchange(world, request("GET", "/healthz"))
    assert (answer.status, answer.body, closes) == (200, b"ok\n", False)


def assert_sent(world, answer, content):
    assert (answer.status, answer.json()["content"]) == (200, content)
    message(world.server, answer.json()["ID"], "delivered")
    assert world.carrier.texts()[-1] == content


def test_a_chunked_body_is_read(world):
    world.account.grant(1)
    body = form(recipient=NUMBER, content="in chunks")
    answer, _ = exchange(world, request(
        "POST", "/api/messages", "Transfer-Encoding: chunked", key=world.account.key,
        body=chunked(body[:1], body[1:20], body[20:]), length=False))
    assert_sent(world, answer, "in chunks")


def test_a_request_that_comes_byte_by_byte_is_read(world):
    world.account.grant(1)
    whole = request(key=world.account.key, body=form(recipient=NUMBER, content="by bytes"))
    with world.server.connect() as connection:
        for byte in whole:
            connection.send(bytes([byte]))
        assert_sent(world, connection.response(), "by bytes")


def test_pipelined_requests_are_answered_in_their_order(world):
    world.account.grant(20)
    key = world.account.key
    contents = [f"number {i}" for i in range(20)]
    sends = b"".join(request(key=key, body=form(recipient=NUMBER, content=content))
                     + request("GET", "/") for content in contents)
    with world.server.connect() as connection:
        connection.send(sends + request("GET", "/nope") + request("GET", "/", "Connection: close"))
        ids = []
        for content in contents:
            answer = connection.response()
            assert (answer.status, answer.json()["content"]) == (200, content)
            ids.append(answer.json()["ID"])
            assert connection.response().json()["data"] == "SMS API Online"
        assert connection.response().status == 404
        assert connection.response().headers["connection"] == "close"
        assert connection.closed()
    for ident in ids:
        message(world.server, ident, "delivered")
    assert [text for text in world.carrier.texts() if text in contents] == contents
    assert len(set(ids)) == 20
