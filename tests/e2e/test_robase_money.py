"""Checks 10, 14 and 15 of the Robase contract: prices, the wallet, the monthly quota, and what comes
back."""
import pytest

from robase import CI, DAY, GB, GH, KE, NG, RATE, WALLET, Project, answered, assert_error, cost

TWO = "a" * 161  # two segments

# Section 3: a segment's price by plan, in the smallest unit. Nigeria's is what the wallet pays.
RATES = {
    "Free": {NG: (500, "NGN"), GH: (500, "NGN"), KE: (500, "NGN"), CI: (500, "NGN")},
    "Starter": {NG: (450, "NGN"), GH: (17, "GHS"), KE: (140, "KES"), CI: (28, "XOF")},
    "Pro": {NG: (400, "NGN"), GH: (15, "GHS"), KE: (120, "KES"), CI: (25, "XOF")},
    "Scale": {NG: (350, "NGN"), GH: (12, "GHS"), KE: (100, "KES"), CI: (22, "XOF")},
}


def worldwide(project):
    """A sender that may go anywhere."""
    project.sender("add", "WORLD")
    project.sender("approve", "WORLD")
    return project


@pytest.mark.parametrize("plan", RATES)
def test_check_10_the_price_is_the_countrys_and_the_wallet_pays_nigerias(plan, new_project):
    project = worldwide(new_project(plan=plan))
    left = WALLET
    for number, price in {**RATES[plan], GB: RATES[plan][NG]}.items():
        sms = project.accepted(number, TWO, sender="WORLD")
        assert (number, cost(sms)) == (number, price)
        assert sms["cost"]["total_kobo"] == 2 * price[0]
        left -= 2 * RATES[plan][NG][0]
        assert project.wallet() == left
    project.sms(sms["id"], "delivered")


def test_check_10_ghana_on_pro(project):
    sms = project.accepted(GH)
    assert (sms["country"], cost(sms)) == ("GH", (15, "GHS"))
    assert project.wallet() == WALLET - RATE


def test_an_operator_changes_prices(project):
    cli = project.server.cli
    cli("rate", "set", "Pro", "NG", 300, "--currency", "NGN")
    cli("rate", "set", "Pro", "GH", 20, "--currency", "GHS")
    assert cost(project.accepted(NG)) == (300, "NGN")
    assert cost(project.accepted(GH)) == (20, "GHS")
    assert project.wallet() == WALLET - 2 * 300
    cli("rate", "remove", "Pro", "GH")
    assert cost(project.accepted(GH)) == (15, "GHS")  # the one that is built in
    cli("rate", "set", "Pro", "GH", 0, "--currency", "GHS")
    assert cost(project.accepted(GH)) == (300, "NGN")  # none at all: the rate of NG


def test_check_14_a_wallet_that_is_too_low_buys_nothing(new_project):
    project = new_project(wallet=300)
    assert_error(project.send(), "sms_quota_exceeded")
    assert project.wallet() == 300
    project.assert_untouched(300)
    assert project.carrier.submits() == []


def test_check_14_a_message_is_bought_whole_or_not_at_all(new_project):
    project = new_project(wallet=RATE, quota=1)
    assert_error(project.send(body="a" * 307), "sms_quota_exceeded")
    assert (project.quota(), project.wallet(), project.messages()) == (1, RATE, [])
    project.accepted(body=TWO)
    assert (project.quota(), project.wallet()) == (0, 0)


def test_check_15_the_quota_pays_first(new_project):
    project = new_project(wallet=0, quota=1)
    assert project.wallet() == 0
    first = project.accepted()
    assert (project.quota(), project.wallet()) == (0, 0)
    assert cost(first) == (RATE, "NGN")
    assert_error(project.send(), "sms_quota_exceeded")
    project.sms(first["id"], "delivered")
    project.assert_spent(0, quota=1)


def test_the_quota_pays_segment_by_segment_and_the_wallet_the_rest(new_project):
    project = new_project(quota=3)
    for body, quota, wallet in ((TWO, 1, WALLET), (TWO, 0, WALLET - RATE), (TWO, 0, WALLET - 3 * RATE)):
        ident = project.accepted(body=body)["id"]
        assert (project.quota(), project.wallet()) == (quota, wallet)
    project.sms(ident, "delivered")
    project.assert_spent(3 * RATE, quota=3)


# ---- What comes back ----------------------------------------------------------------------------

ENDS = {  # the number's end, the status, what stays spent of a quota of one and of the wallet
    "delivered": ("111", 1, RATE),
    "rejected": ("222", 0, 0),
    "failed": ("333", 1, 0),
}


@pytest.mark.parametrize("status", ENDS)
def test_what_comes_back_depends_on_the_end(status, new_project):
    suffix, quota, wallet = ENDS[status]
    project = new_project(quota=1, carrier={"refuse_suffix": "222=RINVDSTADR",
                                            "state_suffix": "333=UNDELIV"})
    ident = project.accepted("+2348031112" + suffix, TWO)["id"]
    sms = project.sms(ident, status)
    project.assert_spent(wallet, quota)
    assert (project.quota(), project.wallet()) == (1 - quota, WALLET - wallet)
    assert ("error_code" in sms) == (status != "delivered")
    assert project.events(ident)[-1] == f"sms.{status}"


def test_a_cancelled_message_gives_quota_and_wallet_back(new_project):
    project = new_project(quota=1)
    ident = project.scheduled(body=TWO)["id"]
    assert (project.quota(), project.wallet()) == (0, WALLET - RATE)
    answered(project.cancel(ident), 200)
    assert (project.quota(), project.wallet()) == (1, WALLET)
    project.assert_spent(0)


def test_the_ledger_says_which_message_an_entry_is_for(new_project):
    project = new_project(quota=1)
    sms = project.accepted(body=TWO)
    project.sms(sms["id"], "delivered")
    rows = project.server.cli("credit", "show", project.id)["ledger"]
    assert {row["asset"] for row in rows if row["message"] == sms["id"]} == {"NGN", "QUOTA"}
    assert all(row["kind"] == "grant" for row in rows if row["message"] is None)


# ---- Months -------------------------------------------------------------------------------------

def test_the_quota_lapses_at_the_months_end_and_starts_again(new_server, new_carrier):
    server = new_server(robase={"rate": 0})
    new_carrier().serve(server)
    server.cli("plan", "set", "Pro", "--quota", 5)
    project = Project(server)
    project.accepted(body=TWO)
    assert (project.quota(), project.wallet()) == (3, WALLET)
    project.advance(project.until_next_month() + 1)
    project.accepted()
    sums = project.sums("QUOTA")
    assert (sums["available"], sums["granted"], sums["expired"]) == (4, 10, 3)
    assert project.wallet() == WALLET
    assert [kind for kind, _, _ in project.ledger("QUOTA")].count("expire") == 1


def test_a_quota_that_was_granted_lapses_too(new_project):
    project = new_project()
    project.begin_month()
    project.grant(2, "QUOTA")
    project.advance(project.until_next_month() - 60)
    project.accepted()
    assert (project.quota(), project.wallet()) == (1, WALLET)
    project.advance(61)
    project.accepted()
    assert (project.quota(), project.wallet()) == (0, WALLET - RATE)
    assert project.sums("QUOTA")["expired"] == 1


def test_a_cancel_gives_a_lapsed_month_nothing_back(new_project):
    project = new_project()
    project.begin_month()
    project.grant(1, "QUOTA")
    project.advance(project.until_next_month() - 2 * DAY)
    ident = project.scheduled(5 * DAY, body=TWO)["id"]
    assert (project.quota(), project.wallet()) == (0, WALLET - RATE)
    project.advance(3 * DAY)
    answered(project.cancel(ident), 200)
    assert (project.quota(), project.wallet()) == (0, WALLET)


def test_two_projects_never_share_money(project):
    other = Project(project.server, "P2", wallet=0)
    assert_error(other.send(), "sms_quota_exceeded")
    project.accepted()
    assert (project.wallet(), other.wallet()) == (WALLET - RATE, 0)
