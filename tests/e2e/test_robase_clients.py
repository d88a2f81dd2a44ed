"""Clients of other make at the Robase door: node's fetch with what a customer does in a day, and curl
with what goes wrong. The check of signatures is the one that docs/robase.md shows."""
import json
import subprocess

import pytest

from godwit import ROOT
from robase import ERRORS, NG, NOBODY
from test_robase_page import CHECK

CLIENT = ROOT / "tests/peers/node/robase_client.js"

DONE = [
    "sends a message and reads it",
    "repeats a request and gets the stored answer",
    "sends a batch with a bad row",
    "follows the pages of a list",
    "schedules a message and cancels it",
    "makes a template and renders it",
    "receives a webhook and verifies it",
]


def test_a_client_in_node_gets_through_the_day(project, tmp_path):
    check = tmp_path / "check.js"
    check.write_text(CHECK + "module.exports = isGenuine;\n")
    host, port = project.server.address
    setup = {"url": f"http://{host}:{port}", "live": project.key, "test": project.test,
             "check": str(check)}
    done = subprocess.run(["node", CLIENT, json.dumps(setup)], capture_output=True, text=True,
                          timeout=60, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (0, DONE), done.stderr


SMS = {"to": NG, "from": "ACME", "body": "hi"}


def sms(**changes):
    return json.dumps({**SMS, **changes})


CASES = {  # the key's name or None, what curl is told, the error's type and field
    "no key": (None, ["/sms", "-d", sms()], "authentication_error", None),
    "a foreign key": ("rb_live_" + "0" * 32, ["/sms", "-d", sms()], "authentication_error", None),
    "a sending key that reads": ("sending", ["/sms"], "permission_error", None),
    "no JSON": ("key", ["/sms", "-d", "to=1"], "validation_error", None),
    "no number": ("key", ["/sms", "-d", sms(to="08031112222")], "phone_invalid", "to"),
    "no text": ("key", ["/sms", "-d", sms(body="")], "validation_error", "body"),
    "a sender that is none": ("key", ["/sms", "-d", sms(**{"from": "NOBODY"})], "sender_id_invalid",
                              "from"),
    "a number that wants no messages": ("test", ["/sms", "-d", sms(to="+2340000000004")],
                                        "dnd_blocked", "to"),
    "a message that is none": ("key", ["/sms/" + NOBODY], "not_found", None),
    "a page that is too long": ("key", ["/sms?limit=201"], "validation_error", "limit"),
    "a batch of nothing": ("key", ["/sms/batch", "-d", '{"from":"ACME","messages":[]}'],
                           "validation_error", "messages"),
    "a path that is none": ("key", ["/smses"], "not_found", None),
}


@pytest.mark.parametrize("case", CASES)
def test_curl_is_told_what_is_wrong(case, project):
    key, (path, *options), kind, field = CASES[case]
    host, port = project.server.address
    command = ["curl", "-sS", "-m", "20", "-w", "\n%{http_code} %{content_type}",
               f"http://{host}:{port}/v1{path}", "-H", "Content-Type: application/json", *options]
    if key:
        command += ["-H", f"Authorization: Bearer {getattr(project, key, key)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    body, _, last = done.stdout.rpartition("\n")
    status, content_type = last.split(" ", 1)
    assert (int(status), content_type.split(";")[0]) == (ERRORS[kind], "application/json")
    error = json.loads(body)["error"]
    assert (error["type"], error.get("field")) == (kind, field)
    assert error["message"] and set(error) <= {"type", "message", "field"}
