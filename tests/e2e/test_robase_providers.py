"""Checks 24 to 26 of the Robase contract: chains of providers, played by web servers of this process
and by simulated carriers, and the reports that providers post."""
import pytest

from godwit import wait_for
from robase import GH, NG, RATE, WALLET, Project
from robase_peers import DOWN

REFUSED = 400


@pytest.fixture
def chain(new_project):
    """chain(first, second) is a project whose messages to Nigeria try these upstreams in this order."""
    def start(*upstreams, timeout=10, **settings):
        project = new_project(carrier=None, **settings)
        for upstream in upstreams:
            upstream.connect(project.server, timeout)
        route(project, "NG", *upstreams)
        return project
    return start


def route(project, where, *upstreams):
    project.server.cli("route", "set", where, ",".join(upstream.name for upstream in upstreams))


def tries(sms):
    return [(attempt["provider"], attempt["ok"]) for attempt in sms["provider_attempts"]]


# ---- One provider -------------------------------------------------------------------------------

def test_a_provider_gets_what_its_profile_says(chain, upstream):
    beem = upstream()
    project = chain(beem)
    text = 'He said "hi" \\ and\nleft € ñ'
    sms = project.accepted(body=text)
    assert sms["provider"] == "beem"
    sms = project.sms(sms["id"], "sent")
    request, = beem.requests
    body, = beem.bodies()
    assert (request["method"], request["path"]) == ("POST", "/hook")
    assert request["headers"]["content-type"] == "application/json"
    assert request["headers"]["x-api-key"] == "abc"
    assert (body["to"], body["from"], body["text"]) == (NG, "ACME", text)
    assert body["reference"]
    attempt, = sms["provider_attempts"]
    assert (attempt["provider"], attempt["ok"], attempt["provider_message_id"]) == (
        "beem", True, "beem-1")
    assert (sms["provider"], sms["provider_message_id"]) == ("beem", "beem-1")
    assert "sent_at" in sms and "delivered_at" not in sms
    assert project.events(sms["id"]) == ["sms.queued", "sms.sent"]
    project.assert_spent(RATE)


def test_every_message_has_a_reference_of_its_own(chain, upstream):
    beem = upstream()
    project = chain(beem)
    for i in range(3):
        project.sms(project.accepted(body=f"number {i}")["id"], "sent")
    bodies = beem.bodies()
    assert [body["text"] for body in bodies] == ["number 0", "number 1", "number 2"]
    assert len({body["reference"] for body in bodies}) == 3


# ---- Failing over -------------------------------------------------------------------------------

@pytest.mark.parametrize("status", [500, DOWN, 503, REFUSED, 404, 302])
def test_check_24_the_next_provider_takes_what_the_first_did_not(status, chain, upstream):
    beem, termii = upstream(status=status), upstream(name="termii")
    project = chain(beem, termii)
    sent = project.accepted()
    assert sent["provider"] == "beem"
    sms = project.sms(sent["id"], "sent")
    assert tries(sms) == [("beem", False), ("termii", True)]
    failed, taken = sms["provider_attempts"]
    assert failed["error_code"] and "provider_message_id" not in failed
    assert "error_code" not in taken
    assert failed["attempted_at"] <= taken["attempted_at"]
    assert (sms["provider"], sms["provider_message_id"]) == ("termii", "termii-1")
    assert (len(beem.requests), len(termii.requests)) == (1, 1)
    project.assert_spent(RATE)


def test_check_24_a_provider_that_is_not_there_is_passed(chain, upstream):
    beem, termii = upstream(), upstream(name="termii")
    project = chain(beem, termii)
    beem.stop()
    sms = project.sms(project.accepted()["id"], "sent")
    assert tries(sms) == [("beem", False), ("termii", True)]


def test_check_24_a_provider_that_does_not_answer_is_passed(chain, upstream):
    beem, termii = upstream(hold=True), upstream(name="termii")
    project = chain(beem, termii, timeout=1)
    sms = project.sms(project.accepted()["id"], "sent")
    assert tries(sms) == [("beem", False), ("termii", True)]


STOPS = {"phone_invalid": "phone_invalid", "on_dnd_list": "dnd_blocked",
         "sender_refused": "sender_id_invalid"}


@pytest.mark.parametrize("word", STOPS)
def test_check_24_a_refusal_of_the_message_stops_the_chain(word, chain, upstream, receiver):
    beem, termii = upstream(status=REFUSED, word=word), upstream(name="termii")
    listener = receiver()
    project = chain(beem, termii, quota=1)
    project.subscribe(listener)
    sms = project.sms(project.accepted(body="a" * 161)["id"], "rejected")
    attempt, = sms["provider_attempts"]
    assert (attempt["provider"], attempt["ok"], attempt["error_code"]) == ("beem", False, STOPS[word])
    assert attempt["error_message"] == f"beem says {word}"
    assert sms["error_code"] == STOPS[word]
    assert termii.requests == []
    assert (project.quota(), project.wallet()) == (1, WALLET)
    project.assert_spent(0)
    event, = listener.wait("sms.rejected")
    assert (event["data"]["status"], event["data"]["error_code"]) == ("rejected", STOPS[word])
    assert "sms.sent" not in listener.types()


def test_check_25_when_all_are_down_the_message_fails_and_is_paid_back(chain, upstream, receiver):
    beem, termii, listener = upstream(status=DOWN), upstream(name="termii", status=DOWN), receiver()
    project = chain(beem, termii)
    project.subscribe(listener)
    sms = project.sms(project.accepted()["id"], "failed")
    assert tries(sms) == [("beem", False), ("termii", False)]
    assert sms["error_code"] == "provider_unavailable"
    assert project.wallet() == WALLET
    project.assert_spent(0)
    event, = listener.wait("sms.failed")
    assert (event["data"]["status"], event["data"]["error_code"]) == ("failed", "provider_unavailable")
    assert sorted(listener.types()) == ["sms.failed", "sms.queued"]
    # What comes later is a new try.
    beem.statuses = [200]
    project.sms(project.accepted()["id"], "sent")


def test_the_countrys_providers_come_before_those_for_all(chain, upstream):
    beem, termii = upstream(status=DOWN), upstream(name="termii")
    project = chain(beem)
    termii.connect(project.server)
    route(project, "*", termii)
    sms = project.sms(project.accepted(NG)["id"], "sent")
    assert tries(sms) == [("beem", False), ("termii", True)]
    sms = project.sms(project.accepted(GH)["id"], "sent")
    assert tries(sms) == [("termii", True)]


def test_without_a_route_a_message_fails(new_project):
    project = new_project(carrier=None)
    sms = project.sms(project.accepted()["id"], "failed")
    assert (sms["error_code"], sms["provider_attempts"]) == ("provider_unavailable", [])
    project.assert_spent(0)


def test_a_provider_that_throttles_is_asked_again(chain, upstream):
    beem = upstream(status=[429, 200], word="slow_down")
    termii = upstream(name="termii")
    project = chain(beem, termii)
    ident = project.accepted()["id"]
    wait_for(lambda: beem.requests, what="the first try")
    project.advance(60)
    sms = project.sms(ident, "sent")
    assert tries(sms) == [("beem", True)]
    assert termii.requests == []


# ---- Providers over SMPP ------------------------------------------------------------------------

def test_smpp_and_http_stand_in_for_each_other(chain, upstream, new_carrier):
    beem = upstream(status=DOWN)
    project = chain(beem)
    carrier = new_carrier()
    carrier.connect(project.server)
    project.server.cli("route", "set", "NG", "beem,carrier")
    sms = project.sms(project.accepted()["id"], "delivered")
    assert tries(sms) == [("beem", False), ("carrier", True)]
    refusing = new_carrier(refuse_percent=100, refuse_status="RSYSERR")
    refusing.connect(project.server, "refusing")
    beem.statuses = [200]
    project.server.cli("route", "set", "NG", "refusing,beem")
    sms = project.sms(project.accepted()["id"], "sent")
    assert tries(sms) == [("refusing", False), ("beem", True)]
    project.assert_spent(2 * RATE)


def test_two_smpp_carriers_fail_over(new_project, new_carrier):
    project = new_project(carrier={"refuse_percent": 100, "refuse_status": "RSYSERR"})
    new_carrier().connect(project.server, "second")
    project.server.cli("route", "set", "NG", "carrier,second")
    sms = project.sms(project.accepted()["id"], "delivered")
    assert tries(sms) == [("carrier", False), ("second", True)]
    assert sms["provider"] == "second"


def test_a_carrier_that_is_not_bound_is_passed_and_waited_for_when_there_is_no_other(
        new_project, closed_port):
    project = new_project()
    cli = project.server.cli
    cli("provider", "add", "absent", "--smpp", closed_port, "--system-id", "x", "--password", "y")
    cli("route", "set", "NG", "absent,carrier")
    sms = project.sms(project.accepted(body="goes")["id"], "delivered")
    assert sms["provider"] == "carrier"
    cli("route", "set", "NG", "absent")
    cli("route", "remove", "*")
    ident = project.accepted(body="nobody")["id"]
    project.advance(28)
    assert project.sms(ident)["status"] == "queued"
    project.advance(3)
    assert project.sms(ident, "failed")["error_code"] == "provider_unavailable"
    assert project.carrier.texts() == ["goes"]
    project.assert_spent(RATE)


# ---- Delivery reports ---------------------------------------------------------------------------

@pytest.fixture
def reporting(chain, upstream):
    """reporting("termii") is a project, its provider, and a message that the provider has taken."""
    def start(name="beem", **options):
        provider = upstream(name=name, **options)
        project = chain(provider)
        return project, provider, project.accepted()["id"]
    return start


@pytest.mark.parametrize("name", ["beem", "termii"])
def test_check_26_a_report_delivers(name, reporting, receiver):
    project, provider, ident = reporting(name)
    listener = receiver()
    project.subscribe(listener, "sms.delivered")
    project.sms(ident, "sent")
    assert provider.report(project, carrier="mtn_ng").status == 200
    sms = project.sms(ident, "delivered")
    assert sms["sent_at"] <= sms["delivered_at"]
    assert sms["carrier"] == "mtn_ng"
    event, = listener.wait("sms.delivered")
    assert event["data"]["carrier"] == "mtn_ng"
    # The same report again changes nothing and tells nobody.
    events = project.message(ident)["events"]
    assert provider.report(project, carrier="mtn_ng").status == 200
    assert project.message(ident)["events"] == events
    other = project.accepted()["id"]
    project.sms(other, "sent")
    assert provider.report(project, message_id=f"{name}-2").status == 200
    events = listener.wait("sms.delivered", 2)
    assert [event["data"]["sms_id"] for event in events] == [ident, other]
    project.assert_spent(2 * RATE)


def test_check_26_a_report_that_is_not_the_providers_is_refused(reporting):
    project, provider, ident = reporting()
    project.sms(ident, "sent")
    for wrong in ({"secret": "other"}, {"age": 360}, {"body": b'{"message_id":"beem-1","status":"x"}'}):
        assert provider.report(project, **wrong).status == 401, wrong
    body = b'{"message_id":"beem-1","status":"delivered"}'
    stamp = str(int(project.now()))
    for headers in ({}, {"X-Beem-Timestamp": stamp}, {"X-Beem-Signature": "0" * 64},
                    {"X-Beem-Timestamp": "soon", "X-Beem-Signature": "0" * 64},
                    {"X-Beem-Timestamp": stamp, "X-Beem-Signature": ""}):
        assert project.server.http("POST", "/beem/dlr", headers, body).status == 401, headers
    assert project.server.http("POST", "/nobody/dlr", {}, body).status in (401, 404)
    assert project.sms(ident)["status"] == "sent"
    assert provider.report(project, age=240).status == 200
    project.sms(ident, "delivered")


def test_check_26_a_report_of_failure_gives_the_wallet_back(reporting, receiver):
    project, provider, ident = reporting()
    listener = receiver()
    project.subscribe(listener)
    project.sms(ident, "sent")
    assert provider.report(project, "failed", error_code="absent", error_message="switched off"
                           ).status == 200
    sms = project.sms(ident, "failed")
    assert (sms["error_code"], sms["error_message"]) == ("absent", "switched off")
    event, = listener.wait("sms.failed")
    assert (event["data"]["error_code"], event["data"]["error_message"]) == ("absent", "switched off")
    assert project.wallet() == WALLET
    project.assert_spent(0)


def test_a_report_after_the_end_is_an_event_and_changes_nothing(reporting):
    project, provider, ident = reporting()
    project.sms(ident, "sent")
    provider.report(project)
    before = project.events(ident)
    assert provider.report(project, "failed", error_code="late").status == 200
    assert project.sms(ident)["status"] == "delivered"
    assert len(project.events(ident)) == len(before) + 1
    project.assert_spent(RATE)


def test_a_report_that_overtakes_the_providers_answer_waits_for_it(reporting):
    project, provider, ident = reporting(hold=True)
    wait_for(lambda: provider.requests, what="the request")
    assert provider.report(project).status == 200
    assert project.sms(ident)["status"] == "queued"
    provider.release()
    project.sms(ident, "delivered")


def test_a_report_of_an_unknown_message_is_kept_for_a_while(chain, upstream):
    beem = upstream()
    project = chain(beem)
    assert beem.report(project).status == 404  # nothing was ever sent there
    project.sms(project.accepted()["id"], "sent")
    assert beem.report(project, message_id="beem-99").status == 200
    project.advance(301)
    assert beem.report(project, message_id="beem-98").status == 404


def test_a_report_is_no_other_providers(chain, upstream):
    beem, termii = upstream(), upstream(name="termii")
    project = chain(beem, termii)
    ident = project.accepted()["id"]
    project.sms(ident, "sent")
    assert termii.report(project, message_id="beem-1").status == 404
    assert project.sms(ident)["status"] == "sent"


def test_a_report_survives_a_crash_and_is_known_after_it(reporting):
    project, provider, ident = reporting()
    project.sms(ident, "sent")
    project.server.kill()
    project.server.start()
    assert provider.report(project).status == 200
    project.server.kill()
    project.server.start()
    assert project.sms(ident)["status"] == "delivered"
    assert provider.report(project).status == 200
    assert project.events(ident).count("sms.delivered") == 1


def test_a_message_is_tried_again_after_a_crash_and_charged_once(chain, upstream):
    beem = upstream(hold=True)
    project = chain(beem)
    ident = project.accepted()["id"]
    wait_for(lambda: beem.requests, what="the request")
    project.server.kill()
    beem.release()
    project.server.start()
    project.sms(ident, "sent")
    assert len({body["reference"] for body in beem.bodies()}) == 1
    project.assert_spent(RATE)


def test_a_test_key_reaches_no_provider(chain, upstream):
    beem = upstream()
    project = chain(beem)
    project.sms(project.accepted(key=project.test)["id"], "delivered", key=project.test)
    assert beem.requests == []


def test_two_projects_use_the_same_provider(chain, upstream):
    beem = upstream()
    project = chain(beem)
    other = Project(project.server, "P2")
    mine, theirs = project.accepted()["id"], other.accepted()["id"]
    project.sms(mine, "sent")
    other.sms(theirs, "sent")
    taken = other.sms(theirs)["provider_message_id"]
    assert beem.report(project, message_id=taken).status == 200
    other.sms(theirs, "delivered")
    assert project.sms(mine)["status"] == "sent"
