"""Every command once while the server runs and once while it does not, what is refused and how."""
import contextlib
import json
import os
import re
import socket
import subprocess

import pytest

from godwit import BINARY, Godwit, Refused, wait_for
from hep import Account, message

# What is run, one after the other, and what each must answer. NAME in braces is what an earlier row
# kept under that name; the last column names the field that is kept.
STEPS = [
    ("account add Acme --plan starter --tier paid",
     {"name": "Acme", "plan": "Starter", "tier": "paid", "sms": "on"}, "account id"),
    ("account set {account} --sms off --plan SCALE --tier free",
     {"id": "{account}", "plan": "Scale", "tier": "free", "sms": "off"}, None),
    ("account set {account} --sms on", {"plan": "Scale", "tier": "free", "sms": "on"}, None),
    ("account list", {"accounts": [{"name": "U1"}, {"name": "Acme", "sms": "on"}]}, None),
    ("account show {account}", {"name": "Acme", "balances": [
        {"asset": "CREDIT", "available": 0}, {"asset": "NGN"}, {"asset": "QUOTA"}]}, None),
    ("credit grant {account} 100", {"asset": "CREDIT", "amount": 100, "available": 100}, None),
    ("credit grant {account} 7 --asset ngn", {"asset": "NGN", "available": 7}, None),
    ("credit grant -- {account} -40", {"amount": -40, "available": 60}, None),
    ("credit show {account}", {
        "account": "{account}",
        "balances": [{"asset": "CREDIT", "available": 60, "granted": 60}, {"available": 7}, {}],
        "ledger": [{"kind": "grant", "amount": -40, "balance": 60, "message": None},
                   {"asset": "NGN", "amount": 7}, {"amount": 100}]}, None),
    ("credit show {account} --limit 1", {"ledger": [{"amount": -40}]}, None),
    ("key add {account}", {"account": "{account}", "test": False, "scopes": "*", "enabled": True},
     "key key"),
    ("key add {account} --test --scope sending --scope other",
     {"test": True, "scopes": "sms:send,other"}, "key_id id"),
    ("key disable {key}", {"enabled": False}, None),
    ("key enable {key}", {"enabled": True}, None),
    ("key disable {key_id}", {"id": "{key_id}", "enabled": False}, None),
    ("key list --account {account}", {"keys": [{"enabled": True}, {"id": "{key_id}",
                                                                   "enabled": False}]}, None),
    ("key delete {key}", {"account": "{account}"}, None),
    ("key list --account {account}", {"keys": [{"id": "{key_id}"}]}, None),
    ("shortcode add {account} TEA --webhook http://127.0.0.1:1/x --secret s",
     {"word": "tea", "account": "{account}", "webhook": "http://127.0.0.1:1/x"}, None),
    ("shortcode list", {"shortcodes": [{"word": "tea"}]}, None),
    ("shortcode remove {account} tea", {"word": "tea"}, None),
    ("shortcode list --account {account}", {"shortcodes": []}, None),
    ("provider add spare --smpp 127.0.0.1:1 --system-id s --password p --system-type t --bind tx+rx "
     "--window 5 --tps 9 --set long=sar --set dcs0=latin1",
     {"name": "spare", "kind": "smpp", "address": "127.0.0.1:1", "system_id": "s", "bind": "tx+rx",
      "window": 5, "tps": 9, "quirks": "long=sar,dcs0=latin1", "enabled": True}, None),
    ("provider set spare --enabled off --window 6 --set validity=60",
     {"enabled": False, "window": 6, "tps": 9, "quirks": "long=sar,dcs0=latin1,validity=60"}, None),
    ("provider list", {"providers": [{"name": "carrier"}, {"name": "spare", "sessions": 0}]}, None),
    ("provider show spare", {"name": "spare", "flying": 0, "waiting": 0, "taken": 0}, None),
    ("provider add web --http {folder}/web.ini --tps 5",
     {"name": "web", "kind": "http", "address": "http://127.0.0.1:1/send", "window": 32, "tps": 5},
     None),
    ("provider set web --http {folder}/other.ini",
     {"kind": "http", "address": "http://127.0.0.1:2/x", "window": 32, "tps": 5}, None),
    ("provider remove web", {"name": "web"}, None),
    ("sender add {account} ACME --countries ng,gh --shared",
     {"account": "{account}", "name": "ACME", "status": "pending", "countries": ["NG", "GH"],
      "shared": True, "dnd": False}, "sender id"),
    ("sender approve {account} ACME", {"id": "{sender}", "status": "approved"}, None),
    ("sender activate {account} ACME", {"status": "active", "countries": ["NG", "GH"]}, None),
    ("sender set {account} ACME --dnd on --countries *", {"dnd": True, "countries": []}, None),
    ("sender add {account} BADCO", {"countries": [], "shared": False}, None),
    ("sender reject {account} BADCO --reason bank", {"status": "rejected"}, None),
    ("sender list --account {account}", {"senders": [{"id": "{sender}", "status": "active"},
                                                     {"name": "BADCO"}]}, None),
    ("sender show {account} BADCO", {"status": "rejected", "rejection_reason": "bank",
                                     "use_case": ""}, None),
    ("template add {account} --name Ride --body Hi_{{{{.name}}}}",
     {"slug": "ride", "name": "Ride", "account": "{account}"}, "template id"),
    ("template set {account} ride --name Walk --body Ho",
     {"id": "{template}", "slug": "ride", "name": "Walk"}, None),
    ("template list --account {account}", {"templates": [{"id": "{template}", "slug": "ride"}]},
     None),
    ("template show ride --account {account}", {"id": "{template}", "body": "Ho"}, None),
    ("template show {template}", {"slug": "ride", "body": "Ho"}, None),
    ("template remove {account} ride", {"id": "{template}", "slug": "ride"}, None),
    ("template list", {"templates": []}, None),
    ("webhook add {account} http://127.0.0.1:1/w --events sms.sent,sms.delivered",
     {"url": "http://127.0.0.1:1/w", "events": ["sms.sent", "sms.delivered"], "enabled": True},
     "webhook id"),
    ("webhook set {webhook} --enabled off --url http://127.0.0.1:1/v",
     {"id": "{webhook}", "enabled": False, "url": "http://127.0.0.1:1/v"}, None),
    ("webhook list --account {account}", {"webhooks": [{"id": "{webhook}", "enabled": False}]},
     None),
    ("webhook show {webhook}", {"account": "{account}", "events": ["sms.sent", "sms.delivered"]},
     None),
    ("webhook attempts {webhook} --limit 5", {"attempts": []}, None),
    ("webhook remove {account} {webhook}", {"id": "{webhook}"}, None),
    ("webhook list", {"webhooks": []}, None),
    ("blocklist add +2348012345678", {"number": "+2348012345678", "account": None, "dnd": False},
     None),
    ("blocklist import {folder}/numbers.csv --dnd --account {account}", {"added": 2, "bad": 0},
     None),
    ("blocklist list --account {account}", {"blocks": [{"account": "{account}", "dnd": True},
                                                       {"account": "{account}", "dnd": True}]},
     None),
    ("blocklist remove +2348012345678", {"number": "+2348012345678", "account": None}, None),
    ("plan set pro --quota 500", {"name": "Pro", "quota": 500}, None),
    ("plan list", {"plans": [{"name": "Free", "quota": 0}, {"name": "Starter", "quota": 0},
                             {"name": "Pro", "quota": 500}, {"name": "Scale", "quota": 0}]}, None),
    ("plan show Scale", {"name": "Scale", "quota": 0, "rates": [
        {"country": "NG", "currency": "NGN", "amount": 350},
        {"country": "GH", "currency": "GHS", "amount": 12},
        {"country": "KE", "currency": "KES", "amount": 100},
        {"country": "CI", "currency": "XOF", "amount": 22}]}, None),
    ("rate set free gh 25", {"plan": "Free", "country": "GH", "currency": "GHS", "amount": 25},
     None),
    ("rate set scale zz 9 --currency usd", {"country": "ZZ", "currency": "USD", "amount": 9}, None),
    ("rate list --plan free", {"rates": [{"country": "NG", "amount": 500},
                                         {"country": "GH", "currency": "GHS", "amount": 25}]}, None),
    ("rate remove free GH", {"plan": "Free", "country": "GH"}, None),
    ("rate list --plan Free", {"rates": [{"country": "NG", "currency": "NGN", "amount": 500}]}, None),
    ("route set +4477 spare,carrier", {"destination": "+4477", "providers": ["spare", "carrier"]},
     None),
    ("route set GB carrier", {"destination": "GB", "providers": ["carrier"]}, None),
    ("route list", {"routes": [{"destination": "*", "providers": ["carrier"]},
                               {"destination": "+4477"}, {"destination": "GB"}]}, None),
    ("route remove +4477", {"destination": "+4477"}, None),
    ("route remove GB", {"destination": "GB"}, None),
    ("provider remove spare", {"name": "spare"}, None),
    ("message show {message}", {"state": "delivered", "id": "{message}", "account": "{u1}",
                                "dialect": "hep", "text": "hi", "attempts": [{
                                    "provider": "carrier", "state": "taken"}]}, None),
    ("message list {u1} --limit 5", {"messages": [{"id": "{message}", "state": "delivered",
                                                   "recipient": "+447700900123"}]}, None),
    ("clock advance 60", {}, None),
]
FILES = {
    "web.ini": "[request]\nurl = http://me:pass@127.0.0.1:1/send?key=hidden\n"
               "body_file = web.json\n[header]\nAuthorization = Bearer hidden\n",
    "web.json": '{"to": "{{.to}}", "text": "{{.text_json}}"}',
    "other.ini": "[request]\nurl = http://127.0.0.1:2/x\n",
    "numbers.csv": "name,number\nAda,+234 801 234 5678\nBo,233241234567\n",
}
PROGRAMS = {"serve", "demo", "doctor", "simulate"}


def assert_contains(answer, wanted, kept):
    """Every member of `wanted` is in the answer; lists have the same length, in any order of rows."""
    if isinstance(wanted, dict):
        for name, value in wanted.items():
            assert_contains(answer[name], value, kept)
    elif isinstance(wanted, list):
        assert len(answer) == len(wanted), answer
        for got, want in zip(answer, wanted):
            assert_contains(got, want, kept)
    else:
        assert answer == (wanted.format(**kept) if isinstance(wanted, str) else wanted)


@pytest.mark.parametrize("running", [True, False], ids=["while_it_runs", "while_it_does_not"])
def test_every_command(running, server, carrier, tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    customer = Account(server)
    kept = {"u1": customer.id, "message": customer.accepted(), "folder": tmp_path}
    message(server, kept["message"], "delivered")
    if not running:
        server.stop()
    for line, wanted, keep in STEPS:
        said = server.command("--json", *line.format(**kept).split()).stdout
        assert "hidden" not in said
        answer = json.loads(said)
        assert_contains(answer, wanted, kept)
        if keep:
            name, field = keep.split()
            kept[name] = answer[field]


def test_the_help_knows_the_same_commands():
    usage = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^  ([a-z]+ [a-z]+) ", usage, re.M))
    assert known == {" ".join(line.split()[:2]) for line, *_ in STEPS}
    assert PROGRAMS == set(re.findall(r"^  ([a-z]+)  ", usage, re.M))
    # argp itself loses a few bytes when it prints help.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    for words in sorted(known) + sorted(PROGRAMS):
        said = subprocess.run([BINARY, *words.split(), "--help"], capture_output=True, text=True,
                              env=environment, check=True).stdout
        assert said.startswith(f"Usage: godwit {words}") or said.startswith(f"Usage: {words}"), said


PLAIN = {  # without --json the first line is what a script wants
    "account add Acme": r"[0-9a-f-]{36}",
    "credit grant {account} 5": "15",
    "key add {account}": r"rb_live_[0-9A-Za-z]{32}",
    "key add {account} --test": r"rb_test_[0-9A-Za-z]{32}",
    "sender add {account} ACME": r"[0-9a-f-]{36}",
    "webhook add {account} http://127.0.0.1:1/": r"whsec_[0-9a-f]{48}",
    "message show {message}": "delivered",
    "clock advance 1": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
}


def test_what_is_printed_without_json(server, carrier):
    account = Account(server, credit=11)
    ident = account.accepted()
    message(server, ident, "delivered")
    for line, first in PLAIN.items():
        done = server.command(*line.format(account=account.id, message=ident).split())
        assert re.fullmatch(first, done.stdout.split("\n")[0]), (line, done.stdout)
    shown = server.command("credit", "show", account.id).stdout.split("\n")
    assert shown[1:4] == ["balances"] + shown[2:4]
    assert shown[2].split()[:3] == ["asset", "available", "held"]
    kinds = [line.split()[0] for line in shown[shown.index("ledger") + 2:] if line]
    assert kinds == ["grant", "charge", "grant"]


def test_watching_a_message_ends_with_its_last_state(server, new_carrier):
    new_carrier(receipt_ms=700).serve(server)
    ident = Account(server).accepted()
    done = server.command("message", "show", ident, "--watch")
    states = [line for line in done.stdout.splitlines() if line in ("queued", "sent", "delivered")]
    assert states[-2:] == ["sent", "delivered"]


# ---- Refused and wrong --------------------------------------------------------------------------

WRONG = ["", "nonsense", "account", "account nonsense", "account add", "account add a b",
         "account add a --nonsense", "account add a --plan", "credit grant 1", "message show",
         "serve --nonsense", "simulate --receipt-ms x", "simulate --nonsense", "demo --nonsense",
         "doctor --nonsense"]


@pytest.mark.parametrize("line", WRONG)
def test_wrong_usage_is_2(line, tmp_path):
    done = Godwit(tmp_path).command(*line.split(), status=2)
    assert done.stdout == ""
    assert done.stderr != ""


REFUSED = {  # what is said on stderr
    "account add a --plan gold": "Free, Starter, Pro and Scale",
    "account add a --tier gold": "free and paid",
    "account add a --sms maybe": "on or off",
    "account add " + "x" * 64: "longer than 63",
    "account show nonsense": "no account nonsense",
    "account set 01a1fdb3-dc9b-7000-8015-52bd087ef831 --sms on": "no account 01a1fdb3",
    "credit grant {account} 0": "other than 0",
    "credit grant {account} much": "whole number",
    "credit grant {account} 5 --asset GOLD": "CREDIT, NGN and QUOTA",
    "credit grant -- {account} -11": "balance",
    "credit grant {account} 9223372036854775807": "",
    "credit show nonsense": "no account nonsense",
    "key disable nonsense": "no key nonsense",
    "key delete rb_live_nonsense": "",
    "shortcode add {account} two.words": "",
    "shortcode add {account} tea --webhook ftp://x": "http://",
    "shortcode remove {account} tea": "",
    "provider add x": "HOST:PORT",
    "provider add x --http /nowhere.ini": "/nowhere.ini: No such file",
    "provider add x --http {folder}/bad.ini": "there is no setting [request] nonsense",
    "provider add x --http / --smpp 127.0.0.1:1": "/: Is a directory",
    "provider set carrier --http /nowhere.ini": "/nowhere.ini: No such file",
    "sender add {account} TWELVELETTERS": "1 to 11 letters and digits",
    "sender add {account} ACME --countries NGA": "two letters",
    "sender approve {account} NOBODY": "",
    "sender reject {account} ACME": "the reason is missing",
    "sender show {account} NOBODY": "no sender id NOBODY",
    "sender set {account} ACME --dnd maybe": "on or off",
    "template add {account} --name N": "--name and --body",
    "template add {account} --name N --body {{{{.x": "",
    "template show ride": "--account",
    "template show ride --account {account}": "no template ride",
    "template remove {account} ride": "",
    "webhook add {account} ftp://x": "http://",
    "webhook add {account} http://x --events sms.nonsense": "sms.queued",
    "webhook show nonsense": "no webhook nonsense",
    "webhook attempts nonsense": "no webhook nonsense",
    "webhook remove {account} nonsense": "no webhook nonsense",
    "blocklist add 0801": "international form",
    "blocklist add +2348012345678 --account nonsense": "no account nonsense",
    "blocklist remove +2348012345678": "",
    "plan show gold": "Free, Starter, Pro and Scale",
    "plan set pro": "--quota",
    "plan set pro --quota -1": "--quota",
    "rate set gold NG 1": "Free, Starter, Pro and Scale",
    "rate set pro NGA 1": "2 letters",
    "rate set pro NG much": "whole number",
    "rate set pro NG 1 --currency N": "3 letters",
    "rate remove pro NG": "",
    "rate list --plan gold": "Free, Starter, Pro and Scale",
    "provider add x --smpp nonsense": "HOST:PORT",
    "provider add x --smpp 127.0.0.1:1 --bind rx": "trx or tx+rx",
    "provider add x --smpp 127.0.0.1:1 --window 0": "window",
    "provider add x --smpp 127.0.0.1:1 --set nonsense=1": "nonsense",
    "provider add carrier --smpp 127.0.0.1:1": "exists",
    "provider remove carrier": "route",
    "provider show x": "no provider x",
    "provider set x --tps 1": "",
    "route set * x": "no provider x",
    "route set nonsense carrier": "country",
    "route remove NG": "",
    "message show nonsense": "no message nonsense",
    "message show {account}": "",
    "message list nonsense": "no account",
    "clock advance soon": "not a number",
    "clock advance 99999999999": "",
}


@pytest.mark.parametrize("running", [True, False], ids=["while_it_runs", "while_it_does_not"])
def test_refused_is_1_with_a_sentence_and_changes_nothing(running, server, carrier, tmp_path):
    account = Account(server)
    (tmp_path / "bad.ini").write_text("[request]\nnonsense = 1\n")

    def state():
        listed = ("account list", "key list", "shortcode list", "route list", "sender list",
                  "template list", "webhook list", "blocklist list", "plan list", "rate list",
                  f"credit show {account.id}")
        providers = [row["name"] for row in server.cli("provider", "list")["providers"]]
        return [server.cli(*line.split()) for line in listed], providers

    if not running:
        server.stop()
    before = state()
    for line, said in REFUSED.items():
        with pytest.raises(Refused) as refusal:
            server.command(*line.format(account=account.id, folder=tmp_path).split())
        assert refusal.value.status == 1, line
        assert re.fullmatch(r"godwit: \S.*\n", refusal.value.stderr), (line, refusal.value.stderr)
        assert said in refusal.value.stderr, line
    assert state() == before


@pytest.mark.parametrize("running", [True, False], ids=["while_it_runs", "while_it_does_not"])
def test_an_import_takes_the_good_numbers_and_names_the_bad_lines(running, server, tmp_path):
    if not running:
        server.stop()
    path = tmp_path / "numbers.txt"
    good = [f"+23480{number:08}" for number in range(5000)]  # more than one request has
    path.write_text("\n".join(good[:4999] + ["08012345678", "no\x1bnumber", good[4999]]) + "\n")
    done = server.command("blocklist", "import", path, status=1)
    assert done.stdout == "added: 5000\nbad: 2\n"
    assert done.stderr == (f"godwit: {path}:5000: no number: 08012345678\n"
                           f"godwit: {path}:5001: no number: no?number\n")
    assert {row["number"] for row in server.cli("blocklist", "list")["blocks"]} == set(good)


CONFIGURATIONS = {  # the whole file, what is said of it
    "unknown_setting": ("[server]\nlisten = 127.0.0.1:0\nnonsense = 1\n", ":3: there is no setting"),
    "unknown_section": ("[nonsense]\nlisten = 127.0.0.1:0\n", ":2: there is no setting"),
    "bad_switch": ("[server]\ntest_clock = maybe\n", ':2: [server] test_clock cannot be "maybe"'),
    "bad_number": ("[core]\nretry_window = soon\n", ':2: [core] retry_window cannot be "soon"'),
    "no_ini": ("[server\n", ":1: "),
    "long_line": ("[hep]\nserver = " + "x" * 300 + "\n", ":2: the line is longer"),
    "long_value": ("[hep]\nserver = " + "x" * 100 + "\n", ":2: [hep] server cannot be"),
    "no_deadline": ("[server]\nheader_timeout = 0\n", ':2: [server] header_timeout cannot be "0"'),
    "bad_store": ("[store]\nurl = nonsense:x\n", "nonsense:x"),
    "bad_listen": ("[server]\ncontrol = {folder}/control.sock\nlisten = nonsense\n"
                   "[store]\nurl = memory:\n", "nonsense"),
    "bad_control": ("[server]\ncontrol = {folder}/bad.ini/control.sock\nlisten = 127.0.0.1:0\n"
                    "[store]\nurl = memory:\n", "control.sock"),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_a_bad_configuration_is_refused_with_its_place(case, tmp_path):
    text, said = CONFIGURATIONS[case]
    path = tmp_path / "bad.ini"
    path.write_text(text.format(folder=tmp_path))
    done = subprocess.run([BINARY, "-c", path, "serve"], capture_output=True, text=True, timeout=30,
                          check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_configuration_that_is_not_there_is_refused(tmp_path):
    done = subprocess.run([BINARY, "-c", tmp_path / "none.ini", "account", "list"],
                          capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "none.ini" in done.stderr


def test_a_store_serves_one_at_a_time(server, tmp_path):
    other = tmp_path / "other.ini"
    other.write_text(server.config.read_text().replace("control.sock", "other.sock"))
    for words in (["serve"], ["account", "list"]):
        done = subprocess.run([BINARY, "-c", other, *words], capture_output=True, text=True,
                              timeout=30, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "another" in done.stderr
    assert server.http("GET", "/").status == 200


# ---- The programs -------------------------------------------------------------------------------

def test_the_doctor_finds_nothing_where_all_is_well(server, carrier):
    running = server.command("doctor").stdout
    assert re.search(r"^ok +provider +carrier at .* is bound$", running, re.M)
    server.stop()
    stopped = server.command("doctor").stdout
    assert "does not run" in stopped
    assert "FAULT" not in running + stopped


def test_the_doctor_says_what_to_do(new_server, closed_port):
    server = new_server()
    for stop in (lambda: None, server.stop):
        stop()
        said = server.command("doctor", status=1).stdout
        assert said.count("FAULT") == 2
        assert "provider add NAME" in said and "route set" in said
    server.cli("provider", "add", "carrier", "--smpp", closed_port)
    said = server.command("doctor", status=1).stdout
    assert re.search(rf"^FAULT +provider +carrier at {closed_port}$", said, re.M)


def test_the_demo_ends_after_a_delivery(server):
    said = server.command("demo", "--once").stdout
    assert "submit_sm" in said and "deliver_sm" in said
    ident = json.loads(re.search(r"^HTTP 200 (.*)$", said, re.M)[1])["ID"]
    assert f"id: {ident}" in said
    assert "state: delivered" in said


def test_the_version():
    said = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"godwit \d+\.\d+\.\d+\n", said)


def test_the_control_socket_is_for_its_owner_alone(server):
    assert (server.folder / "control.sock").stat().st_mode & 0o777 == 0o600
    server.stop()
    wait_for(lambda: not (server.folder / "control.sock").exists(), what="the socket to be gone")


LINES = {  # what the control socket is asked, and the name of its refusal
    b"": "INVALID",
    b"x": "INVALID",
    b"\xff\xfe": "INVALID",
    b"[]": "INVALID",
    b"{}": "NOT_FOUND",
    b'{"do":1}': "NOT_FOUND",
    b'{"do":"nonsense"}': "NOT_FOUND",
    b'{"do":"account.add"}': "INVALID",
    b'{"do":"account.add","name":""}': "INVALID",
    b'{"do":"account.add","name":"a\\u0000b"}': "INVALID",
    b'{"do":"credit.grant","account":5}': "INVALID",
    b'{"do":"route.set","destination":"*","providers":",,,"}': "NOT_FOUND",
    b'{"do":"clock.advance"}': "INVALID",
}


def test_the_control_socket_answers_every_line_with_one(server):
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(server.folder / "control.sock"))
        answers = control.makefile("rb")
        for line, name in LINES.items():
            control.sendall(line + b"\n")
            assert json.loads(answers.readline())["error"] == name, line
        control.sendall(b"".join(line + b"\n" for line in LINES))  # all at once
        assert [json.loads(answers.readline())["error"] for _ in LINES] == list(LINES.values())
        control.sendall(b'{"do":"account.list"}')  # in two parts
        control.sendall(b"\n")
        assert json.loads(answers.readline()) == {"accounts": []}
        with contextlib.suppress(OSError):
            control.sendall(b"x" * (2 << 20))  # a line without an end
        assert answers.read(1) == b""
    assert server.cli("account", "list") == {"accounts": []}


def test_commands_find_the_store_after_a_crash(server):
    account = Account(server)
    server.kill()
    assert account.balance() == 10
    server.start()
    assert account.balance() == 10


def test_a_control_socket_in_use_is_not_taken_over(server, tmp_path):
    other = tmp_path / "other.ini"
    other.write_text(f"[server]\nlisten = 127.0.0.1:0\ncontrol = {server.folder}/control.sock\n"
                     "[store]\nurl = memory:\n")
    done = subprocess.run([BINARY, "-c", other, "serve"], capture_output=True, text=True, timeout=30,
                          check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "control.sock" in done.stderr
    assert server.cli("account", "list") == {"accounts": []}
