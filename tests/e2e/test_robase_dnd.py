"""Check 33 of the Robase contract: numbers not to be disturbed, and those that nobody may reach."""
from hep import NUMBER
from robase import NG, Project, answered, assert_error

LISTED = "+2348031119999"


def assert_blocked(answer):
    assert_error(answer, "dnd_blocked", answer.json()["error"].get("field"))


def test_check_33_a_listed_number_needs_a_sender_that_may(project):
    project.server.cli("blocklist", "add", LISTED, "--dnd")
    assert_blocked(project.send(LISTED))
    project.assert_untouched()
    project.sender("set", "ACME", "--dnd", "on")
    project.sms(project.accepted(LISTED)["id"], "delivered")
    project.sender("set", "ACME", "--dnd", "off")
    assert_blocked(project.send(LISTED))
    answered(project.send(NG), 202)


def test_check_33_the_permission_is_one_senders(project):
    project.server.cli("blocklist", "add", LISTED, "--dnd")
    project.sender("set", "ACME", "--dnd", "on")
    project.sender("add", "OTHER")
    project.sender("approve", "OTHER")
    assert_blocked(project.send(LISTED, sender="OTHER"))
    other = Project(project.server, "P2")
    assert_blocked(other.send(LISTED))


def test_the_blocklist_has_no_exception(project):
    project.server.cli("blocklist", "add", LISTED)
    project.sender("set", "ACME", "--dnd", "on")
    assert_blocked(project.send(LISTED))
    project.server.cli("blocklist", "remove", LISTED)
    answered(project.send(LISTED), 202)


def test_a_blocklist_may_be_one_accounts(project):
    other = Project(project.server, "P2")
    project.server.cli("blocklist", "add", LISTED, "--account", project.id)
    assert_blocked(project.send(LISTED))
    answered(other.send(LISTED), 202)


def test_a_schedule_is_looked_at_when_it_is_accepted(project):
    ident = project.scheduled(to=LISTED)["id"]
    project.server.cli("blocklist", "add", LISTED, "--dnd")
    project.advance(3601)
    project.sms(ident, "delivered")
    assert_blocked(project.send(LISTED))


def test_the_lists_survive_a_crash(project):
    cli = project.server.cli
    cli("blocklist", "add", LISTED, "--dnd")
    cli("blocklist", "add", NUMBER)
    before = cli("blocklist", "list")
    project.server.kill()
    project.server.start()
    assert cli("blocklist", "list") == before
    assert_blocked(project.send(LISTED))
    assert_blocked(project.send(NUMBER))
