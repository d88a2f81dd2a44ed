"""Carriers and the server itself die under a Robase load, and come back: nothing that was accepted
is lost, nothing is sent twice unmarked, and nobody pays for what was not sent."""
import collections
import http.client
import itertools
import json
import threading

from godwit import wait_for
from hep import provider, stored
from robase import RATE, answered
from robase_peers import DOWN, TAKEN

SENDERS = 6
WINDOW = 10
HTTP_WINDOW = 32  # the usual one
WALLET = 100_000 * RATE
NUMBER = "+2348031112"
ENDINGS = {7: "222", 13: "333"}  # of twenty messages: no such number, and a phone that is off
FATES = {"refuse_suffix": "222=RINVDSTADR", "state_suffix": "333=UNDELIV"}
BUSY = {**FATES, "refuse_percent": 20, "refuse_status": "RSYSERR"}
SECOND_IDS, BACK_IDS = 2_000_001, 3_000_001  # so that ids tell carriers apart
PACE = {"delay_ms": 2, "delay_jitter_ms": 10, "receipt_ms": 20}


class Load:
    """Customers who send one message after the other, each under an Idempotency-Key. A request
    whose answer did not come is repeated when the server is back. `answers` is text -> id."""

    def __init__(self, project):
        self.project = project
        self.numbers = itertools.count()
        self.answers = {}
        self.wrong = []
        self.up = threading.Event()
        self.up.set()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        connection = None
        while not (self.over.is_set() or self.wrong):
            number = next(self.numbers)
            text = f"message {number}"
            while text not in self.answers and not self.wrong:
                try:
                    connection = connection or http.client.HTTPConnection(
                        *self.project.server.address, timeout=20)
                    self.send(connection, number, text)
                except (OSError, http.client.HTTPException) as failure:
                    connection.close()
                    connection = None
                    if not self.up.wait(30):
                        self.wrong.append(failure)
        if connection:
            connection.close()

    def send(self, connection, number, text):
        connection.request("POST", "/v1/sms", json.dumps({
            "to": NUMBER + ENDINGS.get(number % 20, "111"), "from": "ACME", "body": text}), {
                "Authorization": f"Bearer {self.project.key}", "Idempotency-Key": text,
                "Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 202:
            self.answers[text] = json.loads(body)["id"]
        else:
            self.wrong.append((answer.status, body))

    def crash(self):
        """The server dies under them, and comes back."""
        self.up.clear()
        self.project.server.kill()
        self.project.server.start()
        self.up.set()

    def more(self, count):
        """Returns as soon as so many more were accepted, while others are on their way."""
        wanted = len(self.answers) + count
        wait_for(lambda: self.wrong or len(self.answers) >= wanted, 30, f"{count} to be accepted")
        assert self.wrong == []

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert self.wrong == []


def wait_until_settled(project, *alive):
    """Until no message waits, and none expects a receipt of the carriers alive."""
    ids = {line["id"] for carrier in alive for line in carrier.submits("taken")}

    def is_settled():
        queued = stored(project.server, "SELECT 1 FROM recipients WHERE state = 'queued' LIMIT 1")
        expecting = stored(project.server, """SELECT carrier_id FROM attempts
            WHERE state = 'taken' AND receipt IS NULL""")
        return not queued and not ids & {ident for ident, in expecting}
    wait_for(is_settled, 40, "all to be settled")


def all_messages(project):
    """By their text, as the project's list has them."""
    rows, query = [], {"limit": 200}
    while True:
        page = answered(project.get("/sms", **query), 200)
        rows += page["data"]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    by_text = {row["body"]: row for row in rows}
    assert len(by_text) == len(rows), "a key was used for two messages"
    return by_text


def assert_all_is_accepted_once(load, rows):
    assert {text: row["id"] for text, row in rows.items()} == load.answers
    assert {row["status"] for row in rows.values()} <= {"sent", "delivered", "failed", "rejected"}


def assert_money_is_exact(project, rows):
    lost = {row["id"] for row in rows.values() if row["status"] in ("failed", "rejected")}
    kept = len(rows) - len(lost)
    assert lost and kept
    assert project.wallet() == WALLET - RATE * kept
    project.assert_spent(RATE * kept)
    ledger = project.server.cli("credit", "show", project.id, "--limit", 100_000)["ledger"]
    entries = collections.defaultdict(list)
    for row in ledger:
        entries[row["kind"]].append((row["message"], row["amount"]))
    assert sorted(entries.pop("charge")) == sorted((row["id"], -RATE) for row in rows.values())
    assert sorted(entries.pop("refund")) == sorted((ident, RATE) for ident in lost)
    assert entries == {"grant": [(None, WALLET)]}


class Air:
    """What the providers got, and what the store says of it. `smpp` are the carriers of each
    provider's name, `beem` is the one over HTTP."""

    def __init__(self, project, beem, **smpp):
        self.taken = collections.defaultdict(collections.Counter)  # text -> provider -> how often
        for name, carriers in smpp.items():
            for line in itertools.chain(*(carrier.submits("taken") for carrier in carriers)):
                self.taken[line["text"]][name] += 1
        for status, body in zip(beem.statuses, beem.bodies()):
            self.taken[body["text"]]["beem"] += status == TAKEN
        self.attempts = collections.defaultdict(list)
        for text, *attempt in stored(project.server, """
                SELECT m.text, a.provider, a.state, a.possible_duplicate FROM messages m
                JOIN recipients r ON r.message = m.id JOIN attempts a ON a.recipient = r.id
                ORDER BY a.id"""):
            self.attempts[text].append(tuple(attempt))

    def assert_whole(self, rows, lost_max):
        """At most so many answers were lost."""
        assert set(self.taken) <= set(rows)
        uncertain = 0
        for text, row in rows.items():
            attempts, taken = self.attempts[text], self.taken[text]
            note = (text, row["status"], attempts, taken)
            # Those that may have reached somebody; each but the first says so.
            reached = [attempt for attempt in attempts if attempt[1] in ("taken", "uncertain")]
            assert all(mark for _, _, mark in reached[1:]), note
            assert not taken - collections.Counter(name for name, _, _ in reached), note
            known = collections.Counter(name for name, state, _ in reached if state == "taken")
            assert not known - taken, note
            assert len(reached) - known.total() <= 2, note
            uncertain += len(reached) - known.total()
            if row["status"] in ("sent", "delivered"):
                assert taken.total() or len(reached) > known.total(), note
            else:
                assert row["status"] == "failed" or not known, note
        assert uncertain <= lost_max, uncertain


def connect(server, carrier, name, *options):
    carrier.connect(server, name, "--window", WINDOW, "--set", "reconnect_max=1", *options)


def test_an_outage_of_carriers_under_load_loses_nothing(new_project, new_carrier, upstream):
    project = new_project(carrier=None, wallet=WALLET)
    first = new_carrier(**PACE, **FATES)
    second = new_carrier(**PACE, **BUSY, throttle_first=4 * WINDOW, id_first=SECOND_IDS)
    beem = upstream(status=[TAKEN, TAKEN, DOWN] * 10_000)
    connect(project.server, first, "first")
    connect(project.server, second, "second", "--tps", 1000)
    beem.connect(project.server)
    project.server.cli("route", "set", "NG", "first,second,beem")

    load = Load(project)
    load.more(600)
    first.kill()
    wait_for(lambda: len(second.submits("throttled")) >= 4 * WINDOW, 20, "all to be throttled")
    wait_for(lambda: second.submits("taken") and beem.requests, 20, "the others to take over")
    port = first.address.rpartition(":")[2]
    back = new_carrier(**PACE, **BUSY, port=port, id_first=BACK_IDS)
    wait_for(lambda: provider(project.server, "first")["sessions"] > 0, 20, "the first to be back")
    load.more(600)
    load.end()

    wait_until_settled(project, back, second)
    rows = all_messages(project)
    assert_all_is_accepted_once(load, rows)
    assert_money_is_exact(project, rows)
    assert first.submits("taken") and back.submits("taken")
    Air(project, beem, first=[first, back], second=[second]).assert_whole(rows, WINDOW)


def test_crashes_of_the_server_under_load_lose_nothing(new_project, new_carrier, upstream):
    crashes = 2
    project = new_project(carrier=None, wallet=WALLET)
    first = new_carrier(**PACE, **BUSY)
    second = new_carrier(**PACE, **BUSY, id_first=SECOND_IDS)
    beem = upstream(status=[TAKEN, TAKEN, DOWN] * 10_000)
    connect(project.server, first, "first")
    connect(project.server, second, "second")
    beem.connect(project.server)
    project.server.cli("route", "set", "NG", "first,second,beem")

    load = Load(project)
    for _ in range(crashes):
        load.more(500)
        load.crash()
    load.more(500)
    load.end()

    wait_until_settled(project, first, second)
    rows = all_messages(project)
    assert_all_is_accepted_once(load, rows)
    assert_money_is_exact(project, rows)
    assert beem.requests
    air = Air(project, beem, first=[first], second=[second])
    air.assert_whole(rows, crashes * (2 * WINDOW + HTTP_WINDOW))
