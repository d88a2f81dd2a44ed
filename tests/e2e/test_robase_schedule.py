"""Checks 12 and 13 of the Robase contract: messages that are due later, and cancelled ones."""
import datetime

import pytest

from robase import DAY, NOBODY, RATE, WALLET, assert_error, answered, iso

HOUR = 3600


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_check_12_a_scheduled_message_is_sent_when_it_is_due(project):
    due = project.now() + HOUR
    sms = project.scheduled()
    assert abs(moment(sms["send_at"]).timestamp() - due) < 60
    assert project.wallet() == WALLET - RATE
    project.advance(HOUR - 60)
    assert project.sms(sms["id"])["status"] == "scheduled"
    assert project.carrier.submits() == []
    project.advance(61)
    sms = project.sms(sms["id"], "delivered")
    assert moment(sms["sent_at"]).timestamp() >= due - 1
    assert project.events(sms["id"])[-3:] == ["sms.queued", "sms.sent", "sms.delivered"]
    assert project.carrier.texts() == ["hi"]
    project.assert_spent(RATE)


def test_check_12_a_send_at_that_is_none_is_refused(project):
    for given in (iso(project.now() + 31 * DAY), "tomorrow", "", "2026-13-01T00:00:00Z",
                  "1900000000", "2031-02-29T00:00:00Z"):
        assert_error(project.send(send_at=given), "validation_error", "send_at", given)
    project.assert_untouched()


def test_other_ways_to_write_a_time(project):
    due = datetime.datetime.fromtimestamp(int(project.now()) + HOUR, datetime.timezone.utc)
    lagos = due.astimezone(datetime.timezone(datetime.timedelta(hours=1)))
    for given in (lagos.isoformat(), due.strftime("%Y-%m-%dT%H:%M:%SZ")):
        sms = project.accepted(send_at=given)
        assert (sms["status"], moment(sms["send_at"])) == ("scheduled", due)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_check_12_a_schedule_survives_the_end_of_the_server(end, project):
    kept, cancelled = project.scheduled(body="kept")["id"], project.scheduled(body="cancelled")["id"]
    answered(project.cancel(cancelled), 200)
    getattr(project.server, end)()
    project.server.start()
    assert project.sms(kept)["status"] == "scheduled"
    project.advance(HOUR + 1)
    project.sms(kept, "delivered")
    assert project.sms(cancelled)["status"] == "cancelled"
    assert project.carrier.texts() == ["kept"]
    project.assert_spent(RATE)


def test_check_12_what_came_due_while_the_server_was_down_is_sent(project):
    ident = project.scheduled()["id"]
    project.server.stop()
    project.advance(2 * HOUR)
    project.server.start()
    project.sms(ident, "delivered")
    assert project.carrier.texts() == ["hi"]


def test_scheduled_messages_go_in_the_order_in_which_they_are_due(project):
    later, sooner = project.scheduled(2 * HOUR, body="later"), project.scheduled(HOUR, body="sooner")
    project.advance(HOUR + 1)
    project.sms(sooner["id"], "delivered")
    assert project.sms(later["id"])["status"] == "scheduled"
    project.advance(HOUR)
    project.sms(later["id"], "delivered")
    assert project.carrier.texts() == ["sooner", "later"]


def test_a_change_of_the_template_leaves_what_is_scheduled(project):
    template = project.template()
    ident = project.scheduled(template=template["slug"], variables={"name": "Ada", "eta": 3})["id"]
    answered(project.call("PATCH", f"/sms-templates/{template['id']}", {"body": "Bye {{.name}}"}), 200)
    assert project.call("DELETE", f"/sms-templates/{template['id']}").status == 204
    project.advance(HOUR + 1)
    assert project.sms(ident, "delivered")["body"] == "Hi Ada, 3 min"
    assert project.carrier.texts() == ["Hi Ada, 3 min"]


def test_check_13_a_cancelled_message_is_paid_back_and_never_sent(project):
    ident = project.scheduled()["id"]
    cancelled = answered(project.cancel(ident), 200)
    assert (cancelled["id"], cancelled["status"]) == (ident, "cancelled")
    assert project.wallet() == WALLET
    project.assert_spent(0)
    assert_error(project.cancel(ident), "conflict")
    assert project.wallet() == WALLET
    project.advance(HOUR + 1)
    project.sms(project.accepted(body="after")["id"], "delivered")
    assert project.sms(ident)["status"] == "cancelled"
    assert project.carrier.texts() == ["after"]


def test_check_13_what_is_due_can_no_longer_be_cancelled(project):
    due, now = project.scheduled()["id"], project.accepted()["id"]
    project.advance(HOUR + 1)
    for ident in (due, now):
        assert_error(project.cancel(ident), "conflict")
        project.sms(ident, "delivered")
        assert_error(project.cancel(ident), "conflict")
    project.assert_spent(2 * RATE)


def test_check_13_only_what_exists_can_be_cancelled(project):
    ident = project.scheduled()["id"]
    for name in (NOBODY, "nope"):
        assert_error(project.cancel(name), "not_found", note=name)
    assert_error(project.cancel(ident, key=project.test), "not_found")
    assert_error(project.cancel(ident, key=project.sending), "permission_error")
    assert project.sms(ident)["status"] == "scheduled"


def test_a_scheduled_test_message_is_simulated_when_it_is_due(project):
    ident = project.scheduled(to="+2340000000001", key=project.test)["id"]
    assert project.wallet() == WALLET
    project.advance(HOUR + 1)
    project.sms(ident, "delivered", key=project.test)
    assert project.carrier.submits() == []
