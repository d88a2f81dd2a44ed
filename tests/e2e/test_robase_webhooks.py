"""Checks 27 to 29 of the Robase contract: webhooks, their signatures, and receivers that fail."""
import json

import pytest

from godwit import wait_for
from robase import DAY, EVENTS, RATE, Project, answered, assert_error, cost
from robase_peers import signed, verify

HOOK = {"url": "http://127.0.0.1:9/hook", "events": ["sms.sent"]}
GAPS = [1, 5, 30, 120, 900, 3600, 21_600]  # seconds between the tries


def attempts(project, hook):
    """What the operator sees of the tries, oldest first."""
    rows = project.server.cli("webhook", "attempts", hook["id"])["attempts"]
    return sorted(rows, key=lambda row: (row["at"], row["attempt"]))


def sent_through(project):
    """A message that has been delivered."""
    return project.sms(project.accepted()["id"], "delivered")


# ---- What is delivered --------------------------------------------------------------------------

def test_check_27_every_change_is_told_and_signed(project, receiver):
    listener = receiver()
    project.subscribe(listener)
    sms = sent_through(project)
    event, = listener.wait("sms.delivered")
    wait_for(lambda: len(listener.requests) == 3, what="three events")
    events = listener.events()  # each one's signature and headers are looked at
    assert sorted(listener.types()) == ["sms.delivered", "sms.queued", "sms.sent"]
    assert set(event) == {"id", "type", "created_at", "data"}
    assert event["id"].startswith("evt_")
    assert len({each["id"] for each in events}) == 3
    for each in events:
        data = each["data"]
        assert data["status"] == each["type"].removeprefix("sms.")
        assert (data["sms_id"], data["id"], data["to"]) == (sms["id"], sms["id"], sms["to"])
        assert (data["error_code"], data["error_message"]) == ("", "")
        assert (cost(data), data["segments"], data["test_mode"]) == ((RATE, "NGN"), 1, False)
    assert event["data"] == {**sms, "sms_id": sms["id"], "error_code": "", "error_message": ""}


def test_check_27_the_signatures_are_right_to_a_library_of_other_hands(project, receiver):
    listener = receiver()
    secret = project.subscribe(listener, "sms.delivered")["secret"]
    project.sms(project.accepted(body='"quotes" € ü 😀')["id"], "delivered")
    listener.wait("sms.delivered")
    request, = listener.requests
    stamp = int(signed(request)[0])
    assert abs(stamp - project.now()) < 60
    changed = {**request, "body": request["body"].replace(b"delivered", b"cancelled")}
    verdicts = verify((request, secret, stamp), (request, secret, stamp + 299),
                      (request, secret, stamp + 301), (changed, secret, stamp),
                      (request, "whsec_" + "0" * 48, stamp))
    assert verdicts[:2] == ["ok", "ok"]
    assert verdicts[2].startswith("Timestamp outside the tolerance zone")
    assert all(verdict.startswith("No signatures found") for verdict in verdicts[3:])


def test_check_27_a_receiver_gets_what_it_subscribed_to(project, receiver):
    some, others, all_of_them = receiver(), receiver(), receiver()
    project.subscribe(some, "sms.delivered")
    project.subscribe(others, "sms.queued", "sms.failed")
    project.subscribe(all_of_them)
    for _ in range(2):
        sent_through(project)
    all_of_them.wait("sms.delivered", 2)
    some.wait("sms.delivered", 2)
    others.wait("sms.queued", 2)
    wait_for(lambda: len(all_of_them.requests) == 6, what="all events")
    assert some.types() == ["sms.delivered"] * 2
    assert others.types() == ["sms.queued"] * 2


def test_a_scheduled_message_is_queued_when_it_is_due_and_a_cancelled_one_never(project, receiver):
    listener = receiver()
    project.subscribe(listener)
    due, cancelled = project.scheduled()["id"], project.scheduled()["id"]
    answered(project.cancel(cancelled), 200)
    project.sms(project.accepted(key=project.test)["id"], "delivered", key=project.test)
    listener.wait("sms.delivered")
    assert due not in {event["data"]["sms_id"] for event in listener.events()}
    project.advance(3601)
    listener.wait("sms.delivered", 2)
    events = [(event["type"], event["data"]["sms_id"]) for event in listener.events()]
    assert ("sms.queued", due) in events
    assert cancelled not in {ident for _, ident in events}


def test_another_projects_events_are_not_told(project, receiver):
    mine, theirs = receiver(), receiver()
    other = Project(project.server, "P2")
    project.subscribe(mine, "sms.delivered")
    other.subscribe(theirs, "sms.delivered")
    sent_through(other)
    sent_through(project)
    mine.wait("sms.delivered")
    theirs.wait("sms.delivered")
    assert (len(mine.requests), len(theirs.requests)) == (1, 1)


# ---- Receivers that fail ------------------------------------------------------------------------

def test_check_28_a_receiver_that_fails_is_tried_again(project, receiver):
    listener = receiver(status=[500, 500, 200])
    hook = project.subscribe(listener, "sms.delivered")
    sent_through(project)
    wait_for(lambda: len(listener.requests) == 3, 20, "three tries")
    first, second, third = listener.requests
    assert 1 <= second["at"] - first["at"] < 3
    assert 5 <= third["at"] - second["at"] < 7
    listener.events()
    assert first["body"] == second["body"] == third["body"]
    assert len({signed(request)[0] for request in listener.requests}) == 3
    wait_for(lambda: len(attempts(project, hook)) == 3, what="three tries in the list")
    rows = attempts(project, hook)
    assert [row["status"] for row in rows] == [500, 500, 200]
    assert len({row["attempt"] for row in rows}) == 3
    assert {(row["event"], row["type"]) for row in rows} == {
        (json.loads(first["body"])["id"], "sms.delivered")}
    project.advance(DAY)
    sent_through(project)
    wait_for(lambda: len(listener.requests) == 4, what="the next event")
    assert listener.bodies()[3]["id"] != listener.bodies()[0]["id"]


def test_check_28_seven_tries_more_and_no_other(project, receiver):
    listener = receiver(status=500)
    project.subscribe(listener, "sms.delivered")
    sent_through(project)
    for count, gap in enumerate(GAPS, 1):
        wait_for(lambda count=count: len(listener.requests) == count, what=f"try {count}")
        if gap > 30:
            project.advance(gap - 20)
            assert len(listener.requests) == count
            project.advance(21)
        elif gap > 1:
            project.advance(gap)
    wait_for(lambda: len(listener.requests) == 8, what="the last try")
    project.advance(7 * DAY)
    sent_through(project)  # whose event is tried: the server has looked at what is due
    wait_for(lambda: len(listener.requests) > 8, what="another event")
    idents = [event["id"] for event in listener.events()]
    assert len(set(idents[:8])) == 1 and idents[8] != idents[0]
    stamps = [int(signed(request)[0]) for request in listener.requests[:8]]
    for earlier, later, gap in zip(stamps, stamps[1:], GAPS):
        assert gap - 1 <= later - earlier, stamps


def test_ten_seconds_without_an_answer_are_a_failure(project, receiver):
    listener = receiver(hold=True)
    hook = project.subscribe(listener, "sms.delivered")
    sent_through(project)
    wait_for(lambda: len(listener.requests) == 2, 20, "the second try")
    first, second = listener.requests
    assert second["at"] - first["at"] >= 10
    assert attempts(project, hook)[0]["status"] != 204
    assert first["body"] == second["body"]


def test_a_redirect_is_not_followed(project, receiver):
    listener = receiver(status=307)
    hook = project.subscribe(listener, "sms.delivered")
    sent_through(project)
    wait_for(lambda: len(listener.requests) == 2, what="the second try")
    assert {request["path"] for request in listener.requests} == {"/hook"}
    assert attempts(project, hook)[0]["status"] == 307


def test_a_dead_receiver_delays_nobody(project, receiver, closed_port):
    silent, listener = receiver(hold=True), receiver()
    project.subscribe(silent)
    answered(project.post("/webhooks", {"url": f"http://{closed_port}/", "events": EVENTS}), 201)
    project.subscribe(listener, "sms.delivered")
    count = 20
    for _ in range(count):
        project.accepted()
    # Sooner than the silent one's first request runs out of time.
    wait_for(lambda: len(listener.events("sms.delivered")) == count, 8, "all events of the other one")
    project.assert_spent(count * RATE)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_is_due_survives_the_end_of_the_server(end, project, receiver):
    listener = receiver(status=500)
    project.subscribe(listener, "sms.delivered")
    idents = {sent_through(project)["id"] for _ in range(3)}
    wait_for(lambda: len(listener.requests) >= 3, what="the first tries")
    getattr(project.server, end)()
    tried = len(listener.requests)
    events = {event["data"]["sms_id"]: event["id"] for event in listener.events()}
    listener.statuses = [204]
    project.server.start()
    project.advance(60)
    wait_for(lambda: {event["data"]["sms_id"] for event in listener.events()[tried:]} == idents,
             what="the events after the restart")
    for event in listener.events()[tried:]:
        assert event["id"] == events[event["data"]["sms_id"]]


def test_private_addresses_are_refused_unless_the_operator_allows_them(new_project, receiver):
    project = new_project(sections={"webhook": {"allow_private": "off"}})
    listener = receiver()
    port = listener.url.split(":")[2]
    url = f"http://localhost:{port}"
    hook = answered(project.post("/webhooks", {"url": url, "events": EVENTS}), 201)
    sent_through(project)
    wait_for(lambda: attempts(project, hook), what="a try")
    assert listener.requests == []
    assert not attempts(project, hook)[0]["status"]


# ---- Managing them ------------------------------------------------------------------------------

def test_check_29_the_secret_is_shown_once(project):
    made = answered(project.post("/webhooks", {**HOOK, "description": "ours"}), 201)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert len(bytes.fromhex(secret.removeprefix("whsec_"))) == 24
    assert set(made) >= {"id", "url", "events", "description", "enabled", "created_at"}
    assert (made["url"], made["events"], made["description"], made["enabled"]) == (
        HOOK["url"], HOOK["events"], "ours", True)
    shown = answered(project.get(f"/webhooks/{made['id']}"), 200)
    assert shown == made
    assert project.listed("/webhooks") == [made]
    assert secret not in project.server.command("webhook", "list", "--account", project.id,
                                                "--json").stdout
    other = answered(project.post("/webhooks", HOOK), 201)
    assert other["secret"] != secret


def test_a_new_secret_replaces_the_old_one_at_once(project, receiver):
    listener = receiver()
    hook = project.subscribe(listener, "sms.delivered")
    path = f"/webhooks/{hook['id']}"
    listener.secret = answered(project.post(path + "/rotate-secret", {}), 200)["secret"]
    assert listener.secret != hook["secret"]
    assert "secret" not in answered(project.get(path), 200)
    sent_through(project)
    listener.wait("sms.delivered")


def test_a_webhook_is_changed_switched_off_and_deleted(project, receiver):
    listener, witness = receiver(), receiver()
    hook = project.subscribe(listener, "sms.sent")
    project.subscribe(witness, "sms.delivered")
    path = f"/webhooks/{hook['id']}"
    changed = answered(project.call("PATCH", path, {"events": ["sms.delivered"]}), 200)
    assert (changed["events"], changed["url"]) == (["sms.delivered"], listener.url)
    sent_through(project)
    listener.wait("sms.delivered")
    assert answered(project.call("PATCH", path, {"enabled": False}), 200)["enabled"] is False
    sent_through(project)
    answered(project.call("PATCH", path, {"enabled": True}), 200)
    witness.wait("sms.delivered", 2)
    assert len(listener.requests) == 1
    answer = project.call("DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    assert_error(project.get(path), "not_found")
    sent_through(project)
    witness.wait("sms.delivered", 3)
    assert listener.types() == ["sms.delivered"]


def test_a_registration_that_is_wrong_is_refused(project):
    for change, field in (({"url": None}, "url"), ({"url": "ftp://x.example/"}, "url"),
                          ({"url": "nope"}, "url"), ({"url": "http://"}, "url"), ({"url": 5}, "url"),
                          ({"events": []}, "events"), ({"events": ["sms.nope"]}, "events"),
                          ({"events": "sms.sent"}, "events")):
        assert_error(project.post("/webhooks", {**HOOK, **change}), "validation_error", field, change)
    assert project.listed("/webhooks") == []


def test_webhooks_survive_a_crash(project, receiver):
    listener = receiver()
    project.subscribe(listener, "sms.delivered")
    before = project.listed("/webhooks")
    project.server.kill()
    project.server.start()
    assert project.listed("/webhooks") == before
    sent_through(project)
    listener.wait("sms.delivered")
