"""Checks 21 and 22 of the Robase contract: lists, single messages, and what belongs to whom."""
import pytest

from robase import NG, NOBODY, RATE, REGISTRATION, Project, answered, assert_error


@pytest.fixture
def rich(new_project):
    return new_project(wallet=1_000 * RATE)


def rows(count):
    return [{"to": NG, "body": f"number {i}"} for i in range(count)]


def ids(answer):
    return [row["id"] for row in answer["data"]]


def page(project, **query):
    return answered(project.get("/sms", **query), 200)


def test_check_21_pages_follow_each_other_without_repeats(rich):
    sent = [row["sms"]["id"] for row in rich.batched(*rows(120))["data"]]
    first = page(rich)
    second = page(rich, cursor=first["next_cursor"])
    third = page(rich, cursor=second["next_cursor"])
    assert [len(each["data"]) for each in (first, second, third)] == [50, 50, 20]
    assert "next_cursor" not in third
    assert ids(first) + ids(second) + ids(third) == sent[::-1]  # the newest first


def test_check_21_a_page_that_ends_the_list_has_no_cursor(rich):
    assert page(rich) == {"data": []}
    rich.batched(*rows(10))
    assert "next_cursor" not in page(rich, limit=10)
    assert "next_cursor" in page(rich, limit=9)
    assert len(page(rich, limit=200)["data"]) == 10


def test_check_21_a_query_that_is_none_is_refused(rich):
    rich.accepted()
    for limit in ("201", "0", "-1", "ten", "", "5x", "99999999999999999999"):
        assert_error(rich.get("/sms", limit=limit), "validation_error", "limit", limit)
    for cursor in ("nope", "a" * 300, NOBODY[:-1], "../x"):
        assert_error(rich.get("/sms", cursor=cursor), "validation_error", "cursor", cursor)


def test_messages_that_come_meanwhile_shift_no_page(rich):
    sent = [row["sms"]["id"] for row in rich.batched(*rows(6))["data"]]
    first = page(rich, limit=3)
    rich.batched(*rows(4))
    second = page(rich, limit=3, cursor=first["next_cursor"])
    assert ids(first) + ids(second) == sent[::-1]
    assert "next_cursor" not in second


def test_a_cursor_shows_nothing_of_another_project(rich):
    rich.batched(*rows(6))
    cursor = page(rich, limit=3)["next_cursor"]
    other = Project(rich.server, "P2")
    own = other.accepted()["id"]
    answer = other.get("/sms", cursor=cursor)
    assert answer.status == 400 or set(ids(answer.json())) <= {own}


def test_check_22_one_message_has_its_events(project):
    sent = project.accepted()
    project.sms(sent["id"], "delivered")
    one = project.message(sent["id"])
    listed, = project.listed()
    assert listed == one["sms"]
    for event in one["events"]:
        assert set(event) >= {"id", "type", "created_at", "data"}
    for name in ("id", "to", "from", "body", "segments", "encoding", "country", "created_at", "cost"):
        assert one["sms"][name] == sent[name]


def test_check_22_another_projects_ids_are_not_found(project):
    other = Project(project.server, "P2")
    ident, template = project.scheduled()["id"], project.template()["id"]
    sender = answered(project.post("/sender-ids", REGISTRATION), 201)["id"]
    hook = answered(project.post("/webhooks", {"url": "http://127.0.0.1:9/", "events": ["sms.sent"]}),
                    201)["id"]
    requests = [
        ("GET", f"/sms/{ident}"), ("POST", f"/sms/{ident}/cancel"),
        ("GET", f"/sms-templates/{template}"), ("PATCH", f"/sms-templates/{template}"),
        ("DELETE", f"/sms-templates/{template}"), ("POST", f"/sms-templates/{template}/render"),
        ("GET", f"/sender-ids/{sender}"), ("PATCH", f"/sender-ids/{sender}"),
        ("GET", f"/webhooks/{hook}"), ("PATCH", f"/webhooks/{hook}"), ("DELETE", f"/webhooks/{hook}"),
        ("POST", f"/webhooks/{hook}/rotate-secret"),
    ]
    for method, path in requests:
        body = {} if method in ("PATCH", "POST") else b""
        for who, where in ((other, path), (project, path.replace(path.split("/")[2], NOBODY)),
                           (project, path.replace(path.split("/")[2], "nope"))):
            assert_error(who.call(method, where, body), "not_found", note=(method, where))
    assert project.sms(ident)["status"] == "scheduled"
    assert project.template()["id"] == template
    assert [row["id"] for row in project.listed("/webhooks")] == [hook]
    assert other.listed() == other.listed("/webhooks") == []


def test_live_and_test_keys_see_messages_of_their_own_only(project):
    live = project.accepted()["id"]
    simulated = project.accepted(key=project.test)["id"]
    assert [row["id"] for row in project.listed()] == [live]
    assert [row["id"] for row in project.listed(key=project.test)] == [simulated]
    assert_error(project.get(f"/sms/{simulated}"), "not_found")
    assert_error(project.get(f"/sms/{live}", key=project.test), "not_found")


def test_templates_senders_and_webhooks_are_shared_by_both_kinds_of_key(project):
    project.post("/webhooks", {"url": "http://127.0.0.1:9/", "events": ["sms.sent"]}, key=project.test)
    for path in ("/sms-templates", "/sender-ids", "/webhooks"):
        assert project.listed(path) == project.listed(path, key=project.test) != []


def test_each_door_lists_its_own_messages(project, receiver):
    project.grant(5)
    listener = receiver()
    project.subscribe(listener)
    hep = project.server.http("POST", "/api/messages", {"Authorization": project.key},
                              {"recipient": NG, "content": "hi"}).json()["ID"]
    robase = project.accepted()["id"]
    project.sms(robase, "delivered")
    listener.wait("sms.delivered")
    assert [row["id"] for row in project.listed()] == [robase]
    assert_error(project.get(f"/sms/{hep}"), "not_found")
    assert {event["data"]["sms_id"] for event in listener.events()} == {robase}
