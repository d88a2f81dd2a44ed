"""Checks 18 to 20 of the Robase contract: many messages in one request."""
from robase import GH, NG, NOBODY, RATE, WALLET, answered, assert_error, iso

GOOD = {"to": NG, "body": "good"}
BAD = {"to": "08031112222", "body": "bad"}


def row_error(row, kind, field=None):
    """A row's error has its fields twice: flat, and once more inside, for both kinds of reader."""
    assert set(row) == {"index", "error"}
    error = dict(row["error"])
    nested = error.pop("error")
    assert nested == error
    assert (error["type"], error.get("field")) == (kind, field), error
    assert isinstance(error["message"], str) and error["message"]


def test_check_18_a_bad_row_fails_alone(project):
    answer = project.batched(GOOD, BAD, {"to": GH, "body": "good too"})
    assert (answer["accepted"], answer["failed"], answer["success"]) == (2, 1, False)
    first, bad, last = answer["data"]
    row_error(bad, "phone_invalid", "to")
    for row, number, body in ((first, NG, "good"), (last, GH, "good too")):
        assert set(row) == {"index", "sms"}
        sms = row["sms"]
        assert (sms["status"], sms["to"], sms["body"], sms["from"]) == ("queued", number, body, "ACME")
        project.sms(sms["id"], "delivered")
    assert sorted(project.carrier.texts()) == ["good", "good too"]
    project.assert_spent(2 * RATE)


def test_check_18_all_good_is_a_success(project):
    answer = project.batched(GOOD, GOOD)
    assert answer["success"] is True
    idents = [row["sms"]["id"] for row in answer["data"]]
    assert len(set(idents)) == 2
    assert [sms["id"] for sms in project.listed()] == idents[::-1]
    assert answer["data"][0]["sms"].keys() == project.accepted().keys()


def test_check_18_all_bad_is_a_200_too(project):
    assert project.batched(BAD)["accepted"] == 0
    project.assert_untouched()


def test_check_18_a_thousand_rows_are_the_limit(new_project):
    project = new_project(wallet=1000 * RATE)
    assert_error(project.batch(*[GOOD] * 1001), "validation_error", "messages")
    project.assert_untouched(1000 * RATE)
    assert project.batched(*[GOOD] * 1000)["accepted"] == 1000
    assert project.wallet() == 0


def test_a_fault_of_the_envelope_refuses_all_of_it(project):
    cases = [  # the body, the type, the field
        ({"messages": [GOOD]}, "validation_error", "from"),
        ({"from": "ACME"}, "validation_error", "messages"),
        ({"from": "ACME", "messages": []}, "validation_error", "messages"),
        ({"from": "ACME", "messages": GOOD}, "validation_error", "messages"),
        ({"from": "ABCDEFGHIJKL", "messages": [GOOD]}, "sender_id_invalid", "from"),
        ({"from": "NEWCO", "messages": [GOOD]}, "sender_id_invalid", "from"),
        ({"from": "BADCO", "messages": [GOOD]}, "sender_id_invalid", "from"),
        ({"from": "NOBODY", "messages": [GOOD]}, "sender_id_invalid", "from"),
        ({"from": "ACME", "messages": [GOOD], "country": "US"}, "validation_error", "country"),
        ({"from": "ACME", "messages": [GOOD], "send_at": "soon"}, "validation_error", "send_at"),
    ]
    for body, kind, field in cases:
        assert_error(project.post("/sms/batch", body), kind, field, body)
    for body in (b"", b"{", b"[]", b'{"from":"ACME","messages":[{]}'):
        assert_error(project.post("/sms/batch", body), "validation_error", note=body)
    project.assert_untouched()


def test_rows_have_the_faults_of_single_sends(project):
    project.server.cli("blocklist", "add", "+2348031119999", "--dnd")
    rows = [  # the row, the type, the field
        ({"body": "x"}, "validation_error", "to"),
        ({"to": NG}, "validation_error", "body"),
        ({"to": NG, "body": "a" * 1601}, "validation_error", "body"),
        ({"to": NG, "template": "nope"}, "not_found", "template"),
        ({"to": "+254712345678", "body": "x"}, "sender_id_invalid", "from"),
        (5, "validation_error", None),
    ]
    answer = project.batched(*[row for row, _, _ in rows], GOOD)
    for row, (_, kind, field) in zip(answer["data"], rows):
        row_error(row, kind, field)
    assert answer["accepted"] == 1
    listed, = project.batched({"to": "+2348031119999", "body": "x"})["data"]
    assert listed["error"]["type"] == listed["error"]["error"]["type"] == "dnd_blocked"


def test_when_the_money_ends_the_rest_of_the_rows_fail(new_project):
    project = new_project(wallet=3 * RATE, quota=1)
    long = {"to": NG, "body": "a" * 161}
    answer = project.batched(GOOD, long, long, GOOD, GOOD)
    # The third costs two segments and one is left, which the fourth buys.
    assert ["error" in row for row in answer["data"]] == [False, False, True, False, True]
    for index in (2, 4):
        row_error(answer["data"][index], "sms_quota_exceeded")
    assert (project.quota(), project.wallet()) == (0, 0)


def test_check_19_a_rows_key_replays_in_a_later_call(project):
    row = {"to": NG, "body": "once", "idempotency_key": "r1"}
    first = project.batch(row, GOOD, once="h1")
    ident = answered(first, 200)["data"][0]["sms"]["id"]
    assert "replayed" not in first.json()["data"][0]
    for once in (None, "h2"):
        answer = project.batched(row, once=once)
        replayed, = answer["data"]
        assert (replayed["replayed"], replayed["sms"]["id"]) == (True, ident)
        assert (answer["accepted"], answer["success"]) == (1, True)
    assert len(project.listed()) == 2
    project.sms(ident, "delivered")
    assert project.wallet() == WALLET - 2 * RATE


def test_check_19_the_keys_of_rows_and_of_headers_are_apart(project):
    project.accepted(once="k1")
    row = {"to": NG, "body": "row", "idempotency_key": "k1"}
    first, = project.batched(row, once="k1")["data"]
    assert "replayed" not in first
    again, = project.batched(row)["data"]
    assert (again["replayed"], again["sms"]["id"]) == (True, first["sms"]["id"])
    # A row's key that is the same as a header's does not answer for it, either.
    answer = project.batch(GOOD, once="r1")
    project.batched({**GOOD, "idempotency_key": "r1"})
    assert project.batch(GOOD, once="r1").body == answer.body


def test_a_rows_key_twice_in_one_call_sends_once(project):
    row = {"to": NG, "body": "once", "idempotency_key": "r1"}
    first, second = project.batched(row, row)["data"]
    assert first["sms"]["id"] == second["sms"]["id"]
    assert ("replayed" in first, second["replayed"]) == (False, True)
    assert project.wallet() == WALLET - RATE


def test_a_row_that_failed_replays_its_error(project):
    row = {**BAD, "idempotency_key": "r1"}
    first, = project.batched(row)["data"]
    again, = project.batched({**row, "to": NG})["data"]
    assert again["error"] == first["error"]
    assert again["replayed"] is True
    project.assert_untouched()


def test_check_20_a_rows_template_beats_the_shared_one(project):
    answered(project.post("/sms-templates", {"name": "Bye", "body": "Bye {{.name}}"}), 201)
    answer = project.batched(
        {"to": NG, "variables": {"name": "Ada", "eta": 3}},
        {"to": NG, "variables": {"name": "Bob"}, "template": "bye"},
        {"to": NG, "variables": {"name": "Eve", "eta": 5}, "body": "ignored"},
        {"to": NG, "template": NOBODY},
        template="ride-arriving")
    bodies = [row["sms"]["body"] for row in answer["data"][:3]]
    assert bodies == ["Hi Ada, 3 min", "Bye Bob", "Hi Eve, 5 min"]
    row_error(answer["data"][3], "not_found", "template")


def test_country_and_send_at_count_for_all_rows(project):
    answer = project.batched(GOOD, {"to": GH, "body": "x"}, country="GH",
                             send_at=iso(project.now() + 3600))
    for row in answer["data"]:
        sms = row["sms"]
        assert (sms["status"], sms["country"], sms["cost"]["currency"]) == ("scheduled", "GH", "GHS")
    project.advance(3601)
    for row in answer["data"]:
        project.sms(row["sms"]["id"], "delivered")
    project.assert_spent(2 * RATE)


def test_a_test_key_simulates_a_batch(project):
    answer = project.batched(*[{"to": f"+234000000000{end}", "body": "x"} for end in (1, 2, 4)],
                             key=project.test)
    assert answer["data"][0]["sms"]["test_mode"] is True
    assert [row["error"]["type"] for row in answer["data"][1:]] == ["phone_invalid", "dnd_blocked"]
    assert project.wallet() == WALLET
