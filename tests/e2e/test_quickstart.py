"""What the README promises: its curl sends a message, and the message is delivered."""
import json
import os
import re
import subprocess

from godwit import ROOT, wait_for
from hep import SENDER, Account, message

DOCUMENTED = re.search(r"^    (curl .*?[^\\])\n\n", (ROOT / "README.md").read_text(), re.M | re.S)[1]
USUAL = "http://127.0.0.1:8080"


def test_the_documented_curl_sends_a_message_that_is_delivered(server, carrier):
    account = Account(server)
    assert "recipient=+447700900000" in DOCUMENTED  # a form, and the plus is not escaped
    assert DOCUMENTED.count(USUAL) == 1
    script = DOCUMENTED.replace(USUAL, "http://{}:{}".format(*server.address))
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, check=True,
                          env={"PATH": os.environ["PATH"], "SMS_KEY": account.key})
    sent = json.loads(done.stdout)
    assert sent == {
        "ID": sent["ID"],
        "sent_from": SENDER,
        "sent_to": "+447700900000",
        "sent_to_parsed": {"isValid": True, "phoneNumber": "+447700900000", "countryIso2": "GB",
                           "countryIso3": "GBR", "countryCode": "+44"},
        "content": "Hello from Hep.gg",
        "owner": account.id,
        "creditCost": 1,
    }
    message(server, sent["ID"], "delivered")
    shown = server.command("message", "show", sent["ID"]).stdout.splitlines()
    assert shown[0] == "delivered"

    submit, = carrier.submits()
    assert submit["source"] == {"ton": 1, "npi": 1, "address": SENDER[1:]}
    assert submit["destination"] == {"ton": 1, "npi": 1, "address": "447700900000"}
    assert (submit["esm_class"], submit["data_coding"], submit["registered_delivery"]) == (0, 0, 1)
    assert submit["text"] == "Hello from Hep.gg"
    assert submit["decision"] == "taken"


def test_a_long_message_in_unicode_arrives_in_parts(server, carrier):
    text = "Ваш заказ готов. " * 9
    ident = Account(server).accepted(text)
    attempts = message(server, ident, "delivered")["attempts"]
    assert [(attempt["segment"], attempt["segments"]) for attempt in attempts] == [
        (1, 3), (2, 3), (3, 3)]
    submits = wait_for(lambda: carrier.submits("taken"))
    assert "".join(submit["text"] for submit in submits) == text
    headers = [submit["user_data"][:12] for submit in submits]
    assert [header[:6] + header[8:] for header in headers] == ["0500030301", "0500030302", "0500030303"]
    assert len({header[6:8] for header in headers}) == 1
    assert {(submit["esm_class"], submit["data_coding"]) for submit in submits} == {(0x40, 8)}
