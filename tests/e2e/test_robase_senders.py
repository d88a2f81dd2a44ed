"""Checks 6 and 31 of the Robase contract: sender ids, their approval, and what is not approved."""
from robase import GB, GH, KE, NG, REGISTRATION, Project, answered, assert_error


def register(project, **fields):
    return answered(project.post("/sender-ids", {**REGISTRATION, **fields}), 201)


def fields_of(resource):
    return {name: resource[name] for name in REGISTRATION}


def test_check_06_a_sender_that_is_not_approved_sends_nothing(project):
    assert_error(project.send(sender="ABCDEFGHIJKL"), "sender_id_invalid", "from")
    for sender, key, allowed in (("NEWCO", project.key, False), ("NEWCO", project.test, True),
                                 ("BADCO", project.key, False), ("BADCO", project.test, False),
                                 ("NOBODY", project.key, False), ("NOBODY", project.test, False),
                                 ("ACME", project.key, True), ("ACME", project.test, True)):
        answer = project.send(sender=sender, key=key)
        if allowed:
            answered(answer, 202)
        else:
            error = assert_error(answer, "sender_id_invalid", "from", (sender, key))
            assert sender != "BADCO" or "impersonates a bank" in error["message"]
    assert len(project.listed()) == len(project.listed(key=project.test)) - 1 == 1


def test_a_sender_has_letters_and_digits_only(project):
    for sender in ("AC-ME", "A B", "ACMÉ", "+234803", "A" * 12, "\n"):
        for key in (project.key, project.test):
            assert_error(project.send(sender=sender, key=key), "sender_id_invalid", "from", sender)
    project.assert_untouched()


def test_another_projects_sender_is_not_ours(project):
    project.sender("add", "OURS")
    project.sender("approve", "OURS")
    other = Project(project.server, "P2")
    assert_error(other.send(sender="OURS"), "sender_id_invalid", "from")
    assert_error(other.send(sender="OURS", key=other.test), "sender_id_invalid", "from")


def test_an_approval_is_for_countries(project):
    answered(project.send(NG), 202)
    answered(project.send(GH), 202)
    assert_error(project.send(KE), "sender_id_invalid", "from")
    # Countries that do not regulate senders are no business of the approval, nor is a test key.
    answered(project.send(GB), 202)
    answered(project.send(KE, key=project.test), 202)


def test_a_sender_without_countries_goes_everywhere(project):
    project.sender("add", "WORLD")
    project.sender("approve", "WORLD")
    for number in (NG, GH, KE, GB):
        answered(project.send(number, sender="WORLD"), 202)


def test_check_31_a_sender_is_pending_and_changes_until_it_is_approved(project):
    made = register(project)
    assert fields_of(made) == REGISTRATION
    assert made["status"] == "pending"
    path = f"/sender-ids/{made['id']}"
    change = {"countries": ["NG", "GH"], "registered_entity": "Shop Nigeria Ltd", "notes": "see page 2",
              "registration_doc_url": "https://shop.example/2.pdf", "use_case": "deliveries",
              "sample_message": "It is here."}
    changed = answered(project.call("PATCH", path, change), 200)
    assert {name: changed[name] for name in change if name != "notes"} == {
        name: change[name] for name in change if name != "notes"}
    assert (changed["id"], changed["sender_id"], changed["status"]) == (made["id"], "SHOP", "pending")
    project.sender("approve", "SHOP")
    assert_error(project.call("PATCH", path, {"use_case": "x"}), "conflict")
    shown = answered(project.get(path), 200)
    assert (shown["status"], shown["use_case"]) == ("approved", "deliveries")
    answered(project.send(GH, sender="SHOP"), 202)


def test_what_an_operator_decides_is_seen_and_final(project):
    made = register(project)
    path = f"/sender-ids/{made['id']}"
    for verb, status in (("approve", "approved"), ("activate", "active")):
        project.sender(verb, "SHOP")
        assert answered(project.get(path), 200)["status"] == status
        assert_error(project.call("PATCH", path, {"use_case": "x"}), "conflict")
        answered(project.send(sender="SHOP"), 202)
    rejected = next(row for row in project.listed("/sender-ids") if row["sender_id"] == "BADCO")
    assert (rejected["status"], rejected["rejection_reason"]) == ("rejected", "impersonates a bank")
    assert_error(project.call("PATCH", f"/sender-ids/{rejected['id']}", {"use_case": "x"}), "conflict")


def test_the_list_has_every_sender(project):
    register(project)
    rows = {row["sender_id"]: row["status"] for row in project.listed("/sender-ids")}
    assert rows == {"ACME": "approved", "NEWCO": "pending", "BADCO": "rejected", "SHOP": "pending"}
    shown = project.server.cli("sender", "list", "--account", project.id)["senders"]
    assert len(shown) == 4


def test_a_registration_that_is_wrong_is_refused(project):
    for change, field in (({"sender_id": ""}, "sender_id"), ({"sender_id": "AC-ME"}, "sender_id"),
                          ({"sender_id": "A" * 12}, "sender_id"), ({"sender_id": 5}, "sender_id"),
                          ({"countries": "NG"}, "countries"), ({"countries": ["NGN"]}, "countries")):
        answer = project.post("/sender-ids", {**REGISTRATION, **change})
        error = answer.json()["error"]
        assert (answer.status, error.get("field")) == (400, field), (change, error)
        assert error["type"] in ("validation_error", "sender_id_invalid"), change
    assert len(project.listed("/sender-ids")) == 3


def test_a_rejected_sender_may_be_registered_again(project):
    again = register(project, sender_id="BADCO")
    assert again["status"] == "pending"
    project.sender("approve", "BADCO")
    answered(project.send(sender="BADCO"), 202)


def test_senders_survive_a_crash(project):
    register(project)
    before = project.listed("/sender-ids")
    project.server.kill()
    project.server.start()
    assert project.listed("/sender-ids") == before
    answered(project.send(), 202)
