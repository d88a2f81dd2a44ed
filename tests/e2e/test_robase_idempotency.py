"""Checks 16 and 17 of the Robase contract: the first outcome of an Idempotency-Key is the only one."""
import json

import pytest

from hep import held
from robase import DAY, NG, NOBODY, RATE, REGISTRATION, WALLET, Project, answered, assert_error


def assert_replay(again, first):
    """The stored response, to the byte, and marked."""
    assert "idempotent-replay" not in first.headers
    assert again.headers.get("idempotent-replay") == "true"
    assert (again.status, again.body) == (first.status, first.body)


def test_check_16_a_key_sends_once(project):
    first = project.send(once="k1")
    assert_replay(project.send(once="k1"), first)
    ident = answered(first, 202)["id"]
    project.sms(ident, "delivered")
    # Also when the message has moved on: it is the response that is stored.
    assert_replay(project.send(once="k1"), first)
    assert [row["id"] for row in project.listed()] == [ident]
    assert project.carrier.texts() == ["hi"]
    project.assert_spent(RATE)


def test_a_key_with_another_body_gets_the_stored_response(project):
    first = project.send(body="one", once="k1")
    assert_replay(project.send(body="two", once="k1"), first)
    assert_replay(project.post("/sms", b"{", once="k1"), first)
    assert len(project.listed()) == 1


def test_check_17_a_key_counts_for_one_endpoint_of_one_project(project):
    other = Project(project.server, "P2")
    single = project.send(once="k1")
    batch = project.batch({"to": NG, "body": "b"}, once="k1")
    foreign = other.send(once="k1")
    for answer, status in ((single, 202), (batch, 200), (foreign, 202)):
        assert answer.status == status
        assert "idempotent-replay" not in answer.headers
    assert_replay(project.batch({"to": NG, "body": "b"}, once="k1"), batch)
    assert_replay(project.send(once="k1"), single)
    assert (len(project.listed()), len(other.listed())) == (2, 1)
    # Every key of the project is the same project.
    assert_replay(project.send(once="k1", key=project.sending), single)


def test_check_17_a_key_lives_24_hours(project):
    first = project.send(once="k1")
    project.advance(DAY - 60)
    assert_replay(project.send(once="k1"), first)
    project.advance(61)
    again = project.send(once="k1")
    assert "idempotent-replay" not in again.headers
    assert answered(again, 202)["id"] != first.json()["id"]
    project.sms(again.json()["id"], "delivered")
    project.assert_spent(2 * RATE)


def test_check_17_a_stored_400_replays(project):
    first = project.send("0803", once="k1")
    assert_error(first, "phone_invalid", "to")
    assert_replay(project.send(NG, once="k1"), first)
    project.assert_untouched()


def test_a_stored_402_replays_although_there_is_money_now(new_project):
    project = new_project(wallet=0)
    first = project.send(once="k1")
    assert_error(first, "sms_quota_exceeded")
    project.grant(WALLET, "NGN")
    assert_replay(project.send(once="k1"), first)
    project.accepted(once="k2")


def test_check_17_after_a_failure_of_ours_the_retry_runs(project):
    with held(project.server):
        refused = project.send(once="k1")
        assert refused.status == 503
        assert refused.json()["error"]["type"] == "internal_error"
    again = project.send(once="k1")
    assert "idempotent-replay" not in again.headers
    assert_replay(project.send(once="k1"), again)
    project.sms(answered(again, 202)["id"], "delivered")
    project.assert_spent(RATE)


def test_a_replay_needs_a_key_that_is_valid(project):
    project.accepted(once="k1")
    assert_error(project.send(once="k1", key="rb_live_" + "a" * 32), "authentication_error")
    wrong = project.send(once="k2", key="nope")
    assert_error(wrong, "authentication_error")
    answer = project.send(once="k2")
    assert "idempotent-replay" not in answer.headers  # a 401 is never stored
    answered(answer, 202)


def test_what_a_key_may_be(project):
    longest = "k" * 255
    first = project.send(once=longest)
    assert_replay(project.send(once=longest), first)
    assert_error(project.send(once="k" * 256), "validation_error")
    assert len(project.listed()) == 1


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_key_survives_the_end_of_the_server(end, project):
    first, bad = project.send(once="k1"), project.send("0803", once="k2")
    batch = project.batch({"to": NG, "body": "b"}, {"to": "0803", "body": "b"}, once="k3")
    row = project.batched({"to": NG, "body": "r", "idempotency_key": "r1"})["data"][0]["sms"]["id"]
    getattr(project.server, end)()
    project.server.start()
    assert_replay(project.send(once="k1"), first)
    assert_replay(project.send("0803", once="k2"), bad)
    assert_replay(project.batch({"to": NG, "body": "b"}, once="k3"), batch)
    again, = project.batched({"to": NG, "body": "r", "idempotency_key": "r1"})["data"]
    assert (again["replayed"], again["sms"]["id"]) == (True, row)
    assert len(project.listed()) == 3
    for sms in project.listed():
        project.sms(sms["id"], "delivered")
    project.assert_spent(3 * RATE)


# ---- At the same time ---------------------------------------------------------------------------

def half_sent(project, once):
    """A connection on which all of a send but its last byte is there."""
    return project.server.half_sent("/v1/sms", {
        "Authorization": f"Bearer {project.key}", "Content-Type": "application/json",
        "Idempotency-Key": once}, json.dumps({"to": NG, "from": "ACME", "body": once}).encode())


def test_of_concurrent_first_uses_one_sends_and_the_others_get_its_answer(project):
    rounds, sockets = 10, 4
    for i in range(rounds):
        started = [half_sent(project, f"k{i}") for _ in range(sockets)]
        for connection, last_byte in started:
            connection.send(last_byte)
        answers = [connection.response() for connection, _ in started]
        for connection, _ in started:
            connection.close()
        assert len({answer.body for answer in answers}) == 1
        assert {answer.status for answer in answers} == {202}
        replays = [answer for answer in answers if "idempotent-replay" in answer.headers]
        assert len(replays) == sockets - 1
    for sms in project.listed():
        project.sms(sms["id"], "delivered")
    assert sorted(project.carrier.texts()) == [f"k{i}" for i in range(rounds)]
    project.assert_spent(rounds * RATE)


# ---- Everything that changes something ----------------------------------------------------------

def test_every_endpoint_that_changes_something_takes_a_key(project):
    ident = project.scheduled()["id"]
    template = project.template()["id"]
    for method, path, body in (
            ("POST", f"/sms/{ident}/cancel", b""),
            ("POST", "/sms-templates", {"name": "Bye", "body": "Bye {{.name}}"}),
            ("PATCH", f"/sms-templates/{template}", {"name": "Coming"}),
            ("DELETE", f"/sms-templates/{template}", b""),
            ("POST", "/sender-ids", REGISTRATION),
            ("POST", "/webhooks", {"url": "http://127.0.0.1:9/hook", "events": ["sms.sent"]}),
            ("POST", f"/sms/{NOBODY}/cancel", b"")):
        first = project.call(method, path, body, once="k1")
        assert first.status < 500, (method, path)
        assert_replay(project.call(method, path, body, once="k1"), first)
    assert [row["name"] for row in project.listed("/sms-templates")] == ["Bye"]
    assert len(project.listed("/webhooks")) == 1
    assert [row["sender_id"] for row in project.listed("/sender-ids")].count("SHOP") == 1
