"""The life of `serve`: signals, draining, a restart, the test clock."""
import datetime
import signal
import subprocess

import pytest

from godwit import BINARY, STOP_TIMEOUT_S, Refused, wait_for
from hep import NUMBER, Account, form, message, provider


def time_of(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def send_signal(server, which):
    server.process.popen.send_signal(which)


def change(server, before, after):
    text = server.config.read_text()
    assert before in text
    server.config.write_text(text.replace(before, after))


def begin_send(account, content):
    """A send whose headers are read and whose body is still to come: (connection, its last byte)."""
    return account.server.half_sent("/api/messages", {"Authorization": account.key},
                                    form(recipient=NUMBER, content=content))


def wait_until_draining(server):
    wait_for(lambda: "draining" in server.process.err.read_text(), what="the server to drain")


# ---- SIGHUP -------------------------------------------------------------------------------------

def test_sighup_reads_the_hep_settings_and_keeps_the_binds(new_server, new_carrier):
    server = new_server(hep={"server": "Before", "sender": "+2890001"})
    carrier = new_carrier().serve(server)
    account = Account(server)
    message(server, account.accepted(), "delivered")
    change(server, "Before", "After")
    change(server, "+2890001", "+2890002")
    with server.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().json()["server"] == "Before"
        send_signal(server, signal.SIGHUP)
        wait_for(lambda: server.http("GET", "/").json()["server"] == "After", what="the new name")
        # The connection from before is still there, and so is the carrier's.
        connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().json()["server"] == "After"
    message(server, account.accepted(), "delivered")
    assert [line["source"]["address"] for line in carrier.submits()] == ["2890001", "2890002"]
    assert len({line["session"] for line in carrier.submits()}) == 1
    assert provider(server)["sessions"] == 1


BAD_RELOADS = {
    "a_setting_that_is_none": ("[hep]", "[hep]\nnonsense = 1\n", "the configuration stays as it was"),
    "a_setting_for_the_next_start": ("test_clock = on", "test_clock = off", "next start"),
}


@pytest.mark.parametrize("case", BAD_RELOADS)
def test_sighup_says_what_it_does_not_take_over(case, new_server):
    before, after, said = BAD_RELOADS[case]
    server = new_server(hep={"server": "Before"})
    change(server, before, after)
    send_signal(server, signal.SIGHUP)
    wait_for(lambda: said in server.process.err.read_text(), what=said)
    assert server.http("GET", "/").json()["server"] == "Before"
    change(server, after, before)  # commands read the file too
    server.cli("clock", "advance", 1)


SENDERS = {  # how the configured sender is shown, and its type of number
    "+2899682626": ("2899682626", 1),
    "Godwit": ("Godwit", 5),
    "32323": ("32323", 0),
}


@pytest.mark.parametrize("sender", SENDERS)
def test_the_fixed_sender_is_the_configured_one(sender, new_server, new_carrier):
    server = new_server(hep={"sender": sender})
    carrier = new_carrier().serve(server)
    answer = Account(server).send().json()
    assert answer["sent_from"] == sender
    message(server, answer["ID"], "delivered")
    source = carrier.submits()[0]["source"]
    assert (source["address"], source["ton"]) == SENDERS[sender]


# ---- SIGTERM ------------------------------------------------------------------------------------

def test_sigterm_answers_the_send_in_the_works(server, carrier):
    account = Account(server)
    connection, body = begin_send(account, "in the works")
    with connection:
        send_signal(server, signal.SIGTERM)
        wait_until_draining(server)
        with pytest.raises(OSError):
            server.connect()
        connection.send(body)
        answer = connection.response()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert connection.closed()
    server.process.end()
    assert [row["id"] for row in account.messages()] == [answer.json()["ID"]]
    assert account.balance() == 9


def test_sigterm_waits_for_the_carriers_answer(server, new_carrier):
    carrier = new_carrier(delay_ms=1500).serve(server)
    account = Account(server)
    ident = account.accepted()
    wait_for(carrier.submits, what="the submit")
    assert message(server, ident)["attempts"][0]["state"] == "intent"
    server.stop()
    attempt, = message(server, ident)["attempts"]
    assert (attempt["state"], attempt["carrier_id"]) == ("taken", carrier.submits()[0]["id"])
    server.start()
    message(server, ident, "delivered")
    assert len(carrier.submits()) == 1


def test_sigterm_closes_idle_connections(server):
    with server.connect() as fresh, server.connect() as used:
        used.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert used.response().status == 200
        server.stop()
        assert fresh.closed() and used.closed()


def test_a_second_sigterm_ends_at_once_and_loses_nothing(server, new_carrier):
    carrier = new_carrier(silent_percent=100).serve(server)
    account = Account(server)
    ident = account.accepted()
    wait_for(carrier.submits, what="the submit")
    send_signal(server, signal.SIGTERM)
    wait_until_draining(server)
    server.stop()
    assert message(server, ident)["state"] == "queued"
    server.start()
    again = wait_for(lambda: carrier.submits()[1:], what="the second submit")
    assert [line["text"] for line in again] == ["hi"]
    assert [attempt["possible_duplicate"] for attempt in message(server, ident)["attempts"]] == [
        False, True]


def test_a_drain_does_not_begin_what_waits(server, new_carrier, closed_port):
    carrier = new_carrier()
    server.cli("provider", "add", "carrier", "--smpp", closed_port)
    server.cli("route", "set", "*", "carrier")
    ident = Account(server).accepted()
    server.stop()
    assert message(server, ident)["state"] == "queued"
    server.cli("provider", "set", "carrier", "--smpp", carrier.address)
    assert carrier.submits() == []
    server.start()
    message(server, ident, "delivered")
    assert len(carrier.submits()) == 1


# ---- Start --------------------------------------------------------------------------------------

def test_the_first_line_names_the_address(server):
    assert server.process.out.read_text() == "listening http://{}:{}\n".format(*server.address)


def test_a_port_that_is_taken_is_refused(server, tmp_path):
    other = tmp_path / "other.ini"
    other.write_text(f"[server]\nlisten = {server.address[0]}:{server.address[1]}\n"
                     f"control = {tmp_path}/control.sock\n[store]\nurl = memory:\n")
    done = subprocess.run([BINARY, "-c", other, "serve"], capture_output=True, text=True,
                          timeout=STOP_TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(server.address[1]) in done.stderr


def test_everything_is_there_after_a_restart(server, carrier):
    account = Account(server)
    ident = account.accepted("before")
    message(server, ident, "delivered")
    before = account.ledger()
    server.stop()
    server.start()
    assert account.ledger() == before
    assert message(server, ident)["state"] == "delivered"
    message(server, account.accepted("after"), "delivered")
    assert carrier.texts() == ["before", "after"]


def test_what_is_changed_while_it_is_stopped_counts(server, carrier):
    account = Account(server)
    server.stop()
    server.cli("key", "disable", account.key)
    other = account.new_key()
    server.start()
    assert account.send().status == 403
    account.key = other
    message(server, account.accepted(), "delivered")


# ---- The test clock -----------------------------------------------------------------------------

DAY_S = 86400


def test_the_clock_stands_still_without_the_setting(new_server):
    server = new_server(server={"test_clock": "off"})
    for stop in (lambda: None, server.stop):
        stop()
        with pytest.raises(Refused, match="test_clock") as refusal:
            server.cli("clock", "advance", DAY_S)
        assert refusal.value.status == 1


def test_the_clock_stands_still_beside_a_real_carrier(server):
    server.stop()
    server.cli("provider", "add", "real", "--smpp", "192.0.2.1:2775")
    with pytest.raises(Refused, match="real"):
        server.cli("clock", "advance", DAY_S)


def test_the_clocks_offset_survives_a_restart(server):
    first = time_of(server.cli("account", "add", "first")["created_at"])
    now = time_of(server.cli("clock", "advance", DAY_S)["now"])
    assert now - first >= datetime.timedelta(seconds=DAY_S)
    server.stop()
    server.start()
    second = time_of(server.cli("account", "add", "second")["created_at"])
    assert second >= now
    server.stop()
    server.cli("clock", "advance", DAY_S)
    third = time_of(server.cli("account", "add", "third")["created_at"])
    assert third - second >= datetime.timedelta(seconds=DAY_S)


def test_a_message_expires_with_the_clock_and_is_refunded(server, closed_port):
    server.cli("provider", "add", "carrier", "--smpp", closed_port)
    server.cli("route", "set", "*", "carrier")
    account = Account(server)
    ident = account.accepted()
    server.cli("clock", "advance", DAY_S - 60)
    assert message(server, ident)["state"] == "queued"
    server.cli("clock", "advance", 120)
    message(server, ident, "expired")
    assert account.ledger() == [("refund", 1, 10), ("charge", -1, 9), ("grant", 10, 10)]


def test_sigterm_leaves_a_push_without_an_answer_to_the_next_start(server, new_carrier, webhook):
    hook = webhook(hold=True)
    account = Account(server)
    server.cli("shortcode", "add", account.id, "order", "--webhook", hook.url)
    new_carrier(inbound_text="order tea", inbound_after=0).connect(server)
    wait_for(lambda: hook.requests, what="the push")
    server.stop()
    server.start()
    wait_for(lambda: len(hook.requests) == 2, what="the push after the restart")
    hook.release()
    assert account.arrived(pushed=True)[0]["webhook_status"] == 204
