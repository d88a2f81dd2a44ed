"""A store that cannot commit for a while: somebody's shell holds the file. Customers and carriers are
told, and nothing is lost or half done."""
import pytest

from hep import Account, held, message, stored

UNAVAILABLE = {"error": "Service Unavailable"}
CHARGED = [("charge", -1, 9), ("grant", 10, 10)]


@pytest.fixture
def account(server):
    return Account(server)


def test_a_send_is_refused_with_503_and_costs_nothing(server, carrier, account):
    with held(server):
        answer = account.send("refused")
        assert (answer.status, answer.json()) == (503, UNAVAILABLE)
        # What only reads goes on.
        assert server.http("GET", "/").status == 200
        assert account.inbox().status == 404
        assert account.ledger() == [("grant", 10, 10)]
    ident = account.accepted("taken")
    message(server, ident, "delivered")
    assert account.ledger() == CHARGED
    assert [row["id"] for row in account.messages()] == [ident]
    assert carrier.texts() == ["taken"]


def test_a_command_is_refused_and_changes_nothing(server, account):
    before = account.ledger()
    with held(server):
        refused = server.command("credit", "grant", account.id, "5", status=1)
        assert refused.stderr.startswith("godwit: ")
        server.command("key", "disable", account.key, status=1)
    assert account.ledger() == before
    assert account.send().status == 500  # the key still opens; there is no route


def test_a_carriers_answer_and_receipt_are_written_later(server, new_carrier, account):
    carrier = new_carrier(delay_ms=300, receipt_ms=600).serve(server)
    ident = account.accepted()
    with held(server):
        # By the time of this refusal the carrier has answered, and its receipt has come.
        assert account.send("refused").status == 503
    shown = message(server, ident, "delivered")
    assert [attempt["state"] for attempt in shown["attempts"]] == ["taken"]
    assert carrier.texts() == ["hi"]
    assert account.ledger() == CHARGED


def test_an_inbound_message_is_given_back_to_the_carrier(server, new_carrier, account):
    server.cli("shortcode", "add", account.id, "order")
    carrier = new_carrier(inbound_text="order tea", inbound_after=1)
    carrier.connect(server)
    with held(server):
        assert account.send().status == 503
        assert stored(server, "SELECT count(*) FROM inbound") == [(0,)]
    assert [row["content"] for row in account.arrived()] == ["tea"]
    server.stop()
    assert stored(server, "SELECT count(*) FROM inbound") == [(1,)]


def test_messages_wait_until_their_way_can_be_written(server, new_carrier, account):
    # Throttled: the message has to be handed over again, which has to be written first.
    carrier = new_carrier(throttle_first=1).serve(server)
    ident = account.accepted()
    with held(server):
        assert account.send("refused").status == 503
    message(server, ident, "delivered")
    assert carrier.texts("taken") == ["hi"]
    assert account.ledger() == CHARGED
