"""Carriers and the server itself go down in mid-load: nothing accepted is lost, nothing goes out twice
but what is marked, and every kobo is accounted for."""
import collections
import http.client
import json
import threading

import pytest

from godwit import wait_for
from hep import provider, stored

SENDERS = 4
KOBO = 400  # a segment to NG on the plan Pro


class Load:
    """Customers who send one message after the other, each under a key of its own, and repeat what got
    no answer. `accepted` is text -> id."""

    def __init__(self, project, count, name="m"):
        self.project = project
        self.left = iter([f"{name}{number}" for number in range(count)])
        self.accepted = {}
        self.wrong = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        connection = None
        while not self.wrong:
            with self.lock:
                text = next(self.left, None)
            if text is None:
                break
            answer = None
            while answer is None:
                try:
                    connection = connection or http.client.HTTPConnection(
                        *self.project.server.address, timeout=10)
                    answer = self.ask(connection, text)
                except (OSError, http.client.HTTPException):
                    connection = None  # the server is gone, or was
            status, body = answer
            if status != 202:
                self.wrong.append((status, body))
                break
            with self.lock:
                self.accepted[text] = json.loads(body)["id"]

    def ask(self, connection, text):
        """None when the server could not write just then."""
        body = json.dumps({"to": "+2348031112222", "from": "ACME", "body": text})
        connection.request("POST", "/v1/sms", body, {
            "Authorization": f"Bearer {self.project.key}", "Content-Type": "application/json",
            "Idempotency-Key": text})
        answer = connection.getresponse()
        body = answer.read()
        return None if answer.status == 503 else (answer.status, body)

    def reach(self, count):
        wait_for(lambda: self.wrong or len(self.accepted) >= count, 60, f"{count} accepted")
        assert self.wrong == []

    def end(self):
        for thread in self.threads:
            thread.join()
        assert self.wrong == []


@pytest.fixture
def outage(new_project, new_carrier, upstream):
    """A project whose messages go to carrier one, then two (slow to take much), then over HTTP."""
    project = new_project(carrier=None, wallet=10_000_000)
    project.one = new_carrier(delay_ms=2, receipt_ms=20)
    project.two = new_carrier(throttle_rate=200, receipt_ms=20)
    project.beem = upstream()
    project.one.connect(project.server, "one", "--window", 20)
    project.two.connect(project.server, "two", "--window", 20)
    project.beem.connect(project.server)
    project.server.cli("route", "set", "NG", "one,two,beem")
    return project


def texts_on_the_air(project, *carriers):
    """How often each carrier took each text."""
    air = collections.Counter()
    for carrier in carriers:
        air.update(carrier.texts("taken"))
    air.update(request["text"] for request in project.beem.bodies())
    return air


def assert_nothing_is_lost(project, accepted, air):
    rows = {row["text"]: row for row in project.messages()}
    assert {text: row["id"] for text, row in rows.items()} == accepted
    tries = collections.Counter()  # of a text: those of which the carrier may have taken one
    marked = set()
    for text, state, duplicate in stored(project.server, """
            SELECT m.text, a.state, a.possible_duplicate FROM attempt a
            JOIN recipient r ON r.id = a.id >> 8 JOIN message m ON m.id = r.message"""):
        tries[text] += state in (1, 5)  # taken, uncertain
        if duplicate:
            marked.add(text)
    for text, row in rows.items():
        if row["state"] in ("failed", "rejected"):
            continue
        assert air[text] >= 1 or tries[text] >= 1, text
        assert air[text] == 1 or text in marked or tries[text] >= 1 >= air[text], (text, air[text])
        assert air[text] <= 2
    return rows


def assert_money_is_exact(project, rows):
    kept = sum(row["state"] not in ("failed", "rejected") for row in rows.values())
    sums = project.sums("NGN")
    assert sums["available"] == 10_000_000 - KOBO * kept
    assert sums["spent"] - sums["refunded"] == KOBO * kept
    shown = project.server.cli("credit", "show", project.id, "--limit", 100_000)["ledger"]
    charged = [row["message"] for row in shown if row["kind"] == "charge"]
    refunded = [row["message"] for row in shown if row["kind"] == "refund"]
    assert sorted(charged) == sorted(row["id"] for row in rows.values())
    assert sorted(refunded) == sorted(row["id"] for row in rows.values()
                                      if row["state"] in ("failed", "rejected"))


def wait_until_nobody_waits(project):
    """What a carrier took to its grave stays `sent`: it will report no more."""
    wait_for(lambda: stored(project.server, "SELECT count(*) FROM recipients WHERE state = 'queued'")
             == [(0,)], 60, "every message to be with a carrier, or ended")


def test_carriers_that_fail_one_after_the_other_lose_nothing(outage, new_carrier):
    load = Load(outage, 1200)
    load.reach(300)
    outage.one.kill()
    load.reach(700)
    outage.two.kill()
    load.end()
    port = outage.one.address.split(":")[1]
    again = new_carrier(port=port, delay_ms=2, receipt_ms=20, id_first=5_000_001)
    wait_for(lambda: provider(outage.server, "one")["sessions"] > 0, 60, "one to be bound again")
    rest = Load(outage, 100, "late")
    rest.end()
    wait_until_nobody_waits(outage)
    air = texts_on_the_air(outage, outage.one, outage.two, again)
    rows = assert_nothing_is_lost(outage, load.accepted | rest.accepted, air)
    assert_money_is_exact(outage, rows)
    assert outage.two.submits("taken") and outage.beem.requests
    assert len(again.submits("taken")) >= 100


def test_a_server_that_is_killed_in_mid_load_loses_nothing(outage):
    load = Load(outage, 1200)
    for count in (200, 600):
        load.reach(count)
        outage.server.kill()
        outage.server.start()
    load.end()
    wait_until_nobody_waits(outage)
    air = texts_on_the_air(outage, outage.one, outage.two)
    rows = assert_nothing_is_lost(outage, load.accepted, air)
    assert_money_is_exact(outage, rows)
