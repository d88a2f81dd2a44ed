"""What docs/robase.md shows: its commands send a message that is delivered, and its check of a
signature tells a webhook from a forgery."""
import json
import os
import re
import shlex
import subprocess

from godwit import BINARY, ROOT
from hep import message
from robase_peers import signed

PAGE = (ROOT / "docs/robase.md").read_text()
COMMANDS = re.search(r"```sh\n(.*?)```", PAGE, re.S)[1]
CHECK = re.search(r"```js\n(.*?)```", PAGE, re.S)[1]
CARRIER = "127.0.0.1:2775"
USUAL = "http://127.0.0.1:8080"


def test_the_documented_commands_lead_to_a_delivered_message(server, new_carrier):
    carrier = new_carrier()
    first, rest = COMMANDS.split("\n", 1)
    assert first == "godwit simulate --port 2775 &"  # ours listens where there is room
    assert rest.count(CARRIER) == 1 and rest.count(USUAL) == 1
    godwit = shlex.join([str(BINARY), "-c", str(server.config)])
    script = rest.replace(CARRIER, carrier.address).replace(
        USUAL, "http://{}:{}".format(*server.address))
    done = subprocess.run(["bash", "-euc", f'godwit() {{ {godwit} "$@"; }}\n{script}'],
                          capture_output=True, text=True, timeout=60, check=True,
                          env={"PATH": os.environ["PATH"]})
    sent = json.loads(done.stdout.splitlines()[-1])
    assert (sent["status"], sent["cost"]["amount_kobo"]) == ("queued", 400)
    message(server, sent["id"], "delivered")
    assert carrier.texts() == ["Your order has shipped"]


def genuine(header, body, secret, now):
    """What the page's function says."""
    asked = json.dumps([header, body.decode(), secret, now])
    script = f"{CHECK}\nconsole.log(isGenuine(...JSON.parse(process.argv[1])));"
    done = subprocess.run(["node", "-e", script, asked], capture_output=True, text=True, timeout=60,
                          check=True)
    return done.stdout.strip() == "true"


def test_the_documented_check_knows_a_webhook_from_a_forgery(project, receiver):
    hook = receiver()
    project.subscribe(hook)
    project.accepted()
    hook.wait("sms.delivered")
    request = hook.requests[0]
    header, body = request["headers"]["robase-signature"], request["body"]
    at = int(signed(request)[0])
    assert genuine(header, body, hook.secret, at)
    assert genuine(header, body, hook.secret, at + 300)
    assert not genuine(header, body, hook.secret, at + 301)
    assert not genuine(header, body + b" ", hook.secret, at)
    assert not genuine(header, body, hook.secret + "x", at)
    assert not genuine(header.replace("v1=", "v2="), body, hook.secret, at)
