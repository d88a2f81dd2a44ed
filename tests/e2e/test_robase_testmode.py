"""Check 23 of the Robase contract: what test keys do, by the end of the number."""
from robase import NG, RATE, WALLET, assert_error, cost

DELIVERED = "+2340000000001"
LATE = "+2340000000003"


def test_check_23_a_test_message_is_delivered_at_once_and_costs_nothing(project, receiver):
    listener = receiver()
    project.subscribe(listener)
    sms = project.accepted(DELIVERED, key=project.test)
    assert (sms["status"], sms["test_mode"], sms["provider"]) == ("queued", True, "simulator")
    assert cost(sms) == (RATE, "NGN")
    event, = listener.wait("sms.delivered")
    assert (event["data"]["sms_id"], event["data"]["test_mode"]) == (sms["id"], True)
    sms = project.sms(sms["id"], "delivered", key=project.test)
    attempt, = sms["provider_attempts"]
    assert (attempt["provider"], attempt["ok"], sms["provider"]) == ("simulator", True, "simulator")
    assert project.wallet() == WALLET
    assert project.ledger("NGN") == [("grant", WALLET, WALLET)]
    assert project.carrier.submits() == []


def test_check_23_two_numbers_are_refused(project):
    for number, kind in (("+2340000000002", "phone_invalid"), ("+2340000000004", "dnd_blocked"),
                         ("+10000000002", "phone_invalid"), ("+4470000000004", "dnd_blocked")):
        answer = project.send(number, key=project.test)
        assert_error(answer, kind, answer.json()["error"].get("field"), number)
    assert project.listed(key=project.test) == []
    project.assert_untouched()


def test_check_23_one_number_is_delivered_after_30_seconds(project):
    ident = project.accepted(LATE, key=project.test)["id"]
    project.sms(ident, "sent", key=project.test)
    project.advance(20)
    # What is delivered at once and was sent later is delivered first.
    project.sms(project.accepted(DELIVERED, key=project.test)["id"], "delivered", key=project.test)
    assert project.sms(ident, key=project.test)["status"] == "sent"
    project.advance(11)
    project.sms(ident, "delivered", key=project.test)


def test_check_23_any_other_number_is_delivered_at_once(project):
    for number in (NG, "+12345678", "+447700900123"):
        project.sms(project.accepted(number, key=project.test)["id"], "delivered", key=project.test)
    assert project.carrier.submits() == []


def test_the_numbers_mean_nothing_to_a_live_key(project):
    for number in ("+2340000000002", "+2340000000004"):
        project.sms(project.accepted(number)["id"], "delivered")
    assert len(project.carrier.submits()) == 2


def test_a_test_key_needs_neither_money_nor_a_route(new_project):
    project = new_project(wallet=0, carrier=None)
    project.sms(project.accepted(key=project.test)["id"], "delivered", key=project.test)
    assert project.ledger("NGN") == []


def test_what_is_simulated_survives_a_crash(project):
    ident = project.accepted(LATE, key=project.test)["id"]
    project.sms(ident, "sent", key=project.test)
    project.server.kill()
    project.server.start()
    project.advance(31)
    project.sms(ident, "delivered", key=project.test)
