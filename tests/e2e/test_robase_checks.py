"""The checks of the Robase contract about keys, one send and what it says of a message (1 to 9 and 11),
and the order in which faults are found."""
import re

import pytest

from robase import (CI, GB, GH, KE, NG, NOBODY, RATE, WALLET, Project, answered, assert_error, cost,
                    iso, present)

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


# ---- Keys ---------------------------------------------------------------------------------------

def test_check_01_what_is_no_valid_key_opens_nothing(project):
    revoked = project.new_key()
    project.server.cli("key", "disable", revoked)
    cases = {
        "no header": {},
        "empty": {"Authorization": ""},
        "no scheme": {"Authorization": project.key},
        "another scheme": {"Authorization": f"Basic {project.key}"},
        "scheme alone": {"Authorization": "Bearer "},
        "revoked": {"Authorization": f"Bearer {revoked}"},
        "unknown": {"Authorization": "Bearer rb_live_" + "a" * 32},
        "malformed": {"Authorization": "Bearer nope"},
        "in other case": {"Authorization": f"Bearer {project.key.swapcase()}"},
    }
    for case, headers in cases.items():
        for method, path in (("POST", "/v1/sms"), ("GET", "/v1/sms"), ("POST", "/v1/sms/batch"),
                             ("GET", f"/v1/sms/{NOBODY}"), ("GET", "/v1/webhooks")):
            answer = project.server.http(method, path, headers, b"{}" if method == "POST" else b"")
            assert_error(answer, "authentication_error", note=(case, path))
    project.assert_untouched()


def test_check_02_a_sending_key_sends_and_does_nothing_else(project):
    ident = project.accepted(key=project.sending)["id"]
    project.batched({"to": NG, "body": "hi"}, key=project.sending)
    for method, path in (("GET", "/sms"), ("GET", f"/sms/{ident}"), ("POST", f"/sms/{ident}/cancel"),
                         ("GET", "/sms-templates"), ("POST", "/sms-templates"), ("GET", "/sender-ids"),
                         ("POST", "/sender-ids"), ("GET", "/webhooks"), ("POST", "/webhooks")):
        body = b"{}" if method == "POST" else b""
        assert_error(project.call(method, path, body, key=project.sending), "permission_error",
                     note=(method, path))


def test_a_key_of_an_account_that_is_off_may_not_send(project):
    project.server.cli("account", "set", project.id, "--sms", "off")
    assert_error(project.send(), "permission_error")
    project.server.cli("account", "set", project.id, "--sms", "on")
    project.assert_untouched()


# ---- One send -----------------------------------------------------------------------------------

def test_check_03_a_send_answers_the_message_and_takes_its_price(project):
    sms = project.accepted()
    assert re.fullmatch(UUID, sms["id"])
    assert re.fullmatch(TIME, sms["created_at"])
    assert {name: sms.get(name) for name in (
        "status", "to", "from", "body", "segments", "encoding", "country", "provider",
        "provider_attempts", "test_mode")} == {
            "status": "queued", "to": NG, "from": "ACME", "body": "hi", "segments": 1,
            "encoding": "GSM7", "country": "NG", "provider": "carrier", "provider_attempts": [],
            "test_mode": False}
    assert cost(sms) == (RATE, "NGN")
    assert not {"sent_at", "delivered_at", "send_at", "error_code", "error_message"} & set(sms)
    assert project.wallet() == WALLET - RATE


def test_check_03_a_delivered_message_has_its_story(project):
    ident = project.accepted("+2348031112299")["id"]
    sms = project.sms(ident, "delivered")
    attempt, = sms["provider_attempts"]
    assert (attempt["provider"], attempt["ok"]) == ("carrier", True)
    assert "error_code" not in attempt and "error_message" not in attempt
    assert sms["provider_message_id"] == attempt["provider_message_id"]
    assert sms["provider_message_id"] == project.carrier.submits()[0]["id"]
    assert sms["created_at"] <= attempt["attempted_at"] <= sms["sent_at"] <= sms["delivered_at"]
    events = project.message(ident)["events"]
    assert [event["type"] for event in events] == ["sms.queued", "sms.sent", "sms.delivered"]
    assert len({event["id"] for event in events}) == 3
    assert [event["created_at"] for event in events] == sorted(event["created_at"] for event in events)
    project.assert_spent(RATE)
    submit, = project.carrier.submits()
    assert (submit["source"]["address"], submit["destination"]["address"], submit["text"]) == (
        "ACME", "2348031112299", "hi")


def test_check_04_what_is_no_number_is_refused(project):
    for number in ("08031112222", "+1234567", "+1234567890123456", "2348031112222", "+", " ",
                   "+234803111222x", "++2348031112222", "+234 803 111 2222", "+２３４８０３１１１"):
        assert_error(project.send(number), "phone_invalid", "to", number)
    project.assert_untouched()
    for number in ("+12345678", "+123456789012345"):
        project.accepted(number)


def test_check_05_a_field_that_is_missing_is_named(project):
    assert_error(project.send(to=None), "validation_error", "to")
    assert_error(project.send(body=None), "validation_error", "body")
    assert_error(project.send(sender=None), "validation_error", "from")
    assert_error(project.send(body=""), "validation_error", "body")
    assert_error(project.post("/sms", {"to": None, "from": "ACME", "body": "hi"}), "validation_error",
                 "to")
    project.assert_untouched()


def test_what_is_no_json_is_refused(project):
    whole = b'{"to":"%s","from":"ACME","body":"hi"}' % NG.encode()
    for body in (b"", b"{", whole[:-1], whole + b"}", b"[%s]" % whole, b'"x"', b"null",
                 whole.replace(b"hi", b"a\xffb"), whole.replace(b"hi", b"a\\ud83d!"),
                 whole.replace(b'"hi"', b"5"), whole.replace(b'"hi"', b"[]")):
        answer = project.post("/sms", body, headers={"Content-Type": "application/json"})
        assert answer.status == 400, body
        assert answer.json()["error"]["type"] == "validation_error", body
    project.assert_untouched()
    answered(project.post("/sms", whole.replace(b"{", b'{"x":[{"to":1}],'),
                          headers={"Content-Type": "application/json"}), 202)


def test_check_07_1600_characters_are_the_limit(new_project):
    project = new_project(wallet=100_000)
    assert_error(project.send(body="a" * 1601), "validation_error", "body")
    assert_error(project.send(body="😀" * 1601), "validation_error", "body")
    project.assert_untouched(100_000)
    sms = project.accepted(body="a" * 1600)
    assert (sms["segments"], cost(sms), sms["cost"]["total_kobo"]) == (11, (RATE, "NGN"), 11 * RATE)
    assert project.wallet() == 100_000 - 11 * RATE
    # Characters, not UTF-16 units; a surrogate pair is never split, so that 33 fit into a segment.
    assert project.accepted(body="😀" * 1600)["segments"] == 49


SEGMENTS = {  # a body: its encoding and segments
    "a" * 160: ("GSM7", 1), "a" * 161: ("GSM7", 2), "a" * 306: ("GSM7", 2), "a" * 307: ("GSM7", 3),
    "ж" * 70: ("UCS2", 1), "ж" * 71: ("UCS2", 2), "ж" * 134: ("UCS2", 2), "ж" * 135: ("UCS2", 3),
    "€" * 80: ("GSM7", 1), "€" * 81: ("GSM7", 2), "^{}\\[]~|€\f" * 8: ("GSM7", 1),
    "😀" * 35: ("UCS2", 1), "😀" * 36: ("UCS2", 2), "Ç" * 160: ("GSM7", 1), "ç" * 71: ("UCS2", 2),
    # Check 9: the pair of the euro sign does not fit behind 152 characters and is not split.
    "a" * 152 + "€" + "a" * 152: ("GSM7", 3), "a" * 151 + "€" + "a" * 153: ("GSM7", 2),
}


def test_check_08_and_09_segments_are_counted_as_they_go_over_the_air(new_project):
    project = new_project(wallet=100_000)
    spent = 0
    for body, (encoding, segments) in SEGMENTS.items():
        sms = project.accepted(body=body)
        assert (sms["body"], sms["encoding"], sms["segments"]) == (body, encoding, segments)
        project.sms(sms["id"], "delivered")
        spent += segments
        assert len(project.carrier.submits()) == spent, body
    project.assert_spent(spent * RATE)


# ---- Countries ----------------------------------------------------------------------------------

def test_the_country_comes_from_the_number_or_from_the_field(project):
    project.sender("add", "WORLD")
    project.sender("approve", "WORLD")
    for number, country in ((NG, "NG"), (GH, "GH"), (KE, "KE"), (CI, "CI"), (GB, "GB")):
        assert project.accepted(number, sender="WORLD")["country"] == country
    for given in ("GH", "gh"):
        sms = project.accepted(NG, country=given)
        assert (sms["country"], cost(sms)) == ("GH", (15, "GHS"))
    # The field also decides which approval counts: ACME has none for Kenya.
    assert_error(project.send(NG, country="KE"), "sender_id_invalid", "from")
    for given in ("US", "GB", "", "NGN"):
        assert_error(project.send(NG, country=given), "validation_error", "country", given)


# ---- Templates ----------------------------------------------------------------------------------

def test_check_11_a_template_beats_the_body(project):
    template = project.template()
    whole = {"name": "Ada", "eta": 3}
    for name in (template["slug"], template["id"]):
        for variables, body in ((whole, "Hi Ada, 3 min"), ({"name": "Ada"}, "Hi Ada, <no value> min"),
                                (None, "Hi <no value>, <no value> min")):
            sms = project.accepted(body="ignored", template=name, variables=variables)
            assert sms["body"] == body
            project.sms(sms["id"], "delivered")
            assert project.carrier.texts()[-1] == body
    assert project.accepted(body=None, template="ride-arriving", variables=whole)["segments"] == 1
    sent = len(project.messages())
    for name in ("nope", NOBODY, Project(project.server, "P2").template()["id"]):
        assert_error(project.send(template=name, variables=whole), "not_found", "template", name)
    assert_error(project.send(template="ride-arriving", variables=[1]), "validation_error", "variables")
    assert len(project.messages()) == sent


def test_a_body_is_no_template_and_variables_alone_do_nothing(project):
    assert project.accepted(body="Hi {{.name}}", variables={"name": "Ada"})["body"] == "Hi {{.name}}"


def test_the_limit_counts_what_a_template_became(project):
    for length, fits in ((1600, True), (1601, False)):
        name = "a" * (length - len("Hi , 3 min"))
        answer = project.send(template="ride-arriving", variables={"name": name, "eta": 3},
                              key=project.test)
        if fits:
            assert len(answered(answer, 202)["body"]) == 1600
        else:
            assert_error(answer, "validation_error", "body")


# ---- The order of faults, and what is no endpoint -----------------------------------------------

BAD = {  # each one alone, in the order in which they are found: what is sent, the type, the field
    "no_to": ({"to": None}, "validation_error", "to"),
    "bad_to": ({"to": "0803"}, "phone_invalid", "to"),
    "no_from": ({"from": None}, "validation_error", "from"),
    "bad_from": ({"from": "ABCDEFGHIJKL"}, "sender_id_invalid", "from"),
    "no_body": ({"body": None}, "validation_error", "body"),
    "bad_country": ({"country": "US"}, "validation_error", "country"),
    "bad_send_at": ({"send_at": "tomorrow"}, "validation_error", "send_at"),
    "on_the_list": ({}, "dnd_blocked", "to"),
    "no_money": ({}, "sms_quota_exceeded", None),
}


def test_of_several_faults_the_first_of_the_list_is_told(new_project):
    project = new_project(wallet=100)
    listed, free = "+2348031119999", NG
    project.server.cli("blocklist", "add", listed, "--dnd")
    names = list(BAD)
    for i, first in enumerate(names):
        fields = {"to": listed if i <= names.index("on_the_list") else free, "from": "ACME",
                  "body": "hi"}
        for name in reversed(names[i:]):  # with everything wrong that is found later
            fields.update(BAD[name][0])
        answer = project.post("/sms", present(fields))
        _, kind, field = BAD[first]
        if kind == "dnd_blocked":
            field = answer.json()["error"].get("field")
        assert_error(answer, kind, field, first)
    project.assert_untouched(100)


def test_a_key_that_may_not_is_told_so_before_its_body_is_read(project):
    assert_error(project.post("/sms-templates", b"{", key=project.sending), "permission_error")


def test_what_is_no_endpoint_has_the_dialects_errors(project):
    for method, path in (("GET", "/v1/nope"), ("GET", "/v1/sms/send"), ("GET", "/v1/sms/"),
                         ("POST", f"/v1/sms/{NOBODY}/nope")):
        assert_error(project.server.http(method, path, {"Authorization": f"Bearer {project.key}"},
                                         b"{}" if method == "POST" else b""), "not_found",
                     note=(method, path))
    for method, path in (("PUT", "/sms"), ("DELETE", "/sms"), ("GET", "/sms/batch")):
        answer = project.call(method, path)
        assert answer.status in (404, 405), (method, path)
        assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("seconds, status", [(-5, "queued"), (3600, "scheduled"),
                                             (30 * 86_400 - 60, "scheduled")])
def test_check_12_send_at_decides_whether_it_is_scheduled(seconds, status, project):
    sms = project.accepted(send_at=iso(project.now() + seconds))
    assert sms["status"] == status
    assert ("send_at" in sms) == (status == "scheduled")
