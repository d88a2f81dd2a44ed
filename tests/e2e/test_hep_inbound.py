"""The checks of the Hep contract about inbound messages: shortcodes, the list, webhooks. Each test
is named after what its check says. Carriers send what their option --inbound-text says."""
import datetime

import pytest

import hep
from godwit import Refused, wait_for
from hep import Account, stored

FROM = "+447700900999"  # whom the simulator's inbound messages are from


@pytest.fixture
def account(server):
    return Account(server)


@pytest.fixture
def inbound(server, new_carrier):
    """inbound("order tea") binds one more carrier, which sends that text at once."""
    count = 0

    def send(text, *options, **more):
        nonlocal count
        count += 1
        carrier = new_carrier(inbound_text=text, inbound_after=0, **more)
        carrier.connect(server, f"carrier{count}", *options)
        return carrier

    return send


def claim(account, word, *options):
    return account.server.cli("shortcode", "add", account.id, word, *options)


def inbound_rows(server):
    """Every inbound message of the store: (account or None, shortcode, text), oldest first."""
    return stored(server, "SELECT nullif(account, 0), shortcode, text FROM inbound ORDER BY id")


def test_check_20_an_empty_list_is_404(account):
    answer = account.inbox()
    assert (answer.status, answer.json()) == (404, hep.EMPTY_LIST)
    assert answer.headers["content-type"] == hep.JSON


def test_check_21_the_first_word_is_the_shortcode_and_the_rest_the_content(account, inbound):
    claim(account, "Order")
    inbound("ORDER two teas")
    row, = account.arrived()
    ident, created_at = row.pop("id"), row.pop("created_at")
    assert row == {"userID": account.id, "sender": FROM, "shortcode": "order",
                   "content": "two teas", "webhook_status": None}
    assert len(ident) == 36
    datetime.datetime.strptime(created_at, "%Y-%m-%dT%H:%M:%S.%fZ")
    assert len(created_at) == len("2026-01-02T03:04:05.678Z")


CONTENTS = {  # what is sent, the content
    "blanks_around": ("  order \t two teas  ", "two teas"),
    "inner_blanks": ("order two   teas", "two   teas"),
    "line_ends": ("order\r\ntwo\nteas\r\n", "two\nteas"),
    "not_ascii": ("order zwei Tees für Łukasz 🍵", "zwei Tees für Łukasz 🍵"),
    "check_22_nothing": ("order", ""),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_content_of(case, account, inbound):
    text, content = CONTENTS[case]
    claim(account, "order")
    inbound(text)
    assert account.arrived()[0]["content"] == content


def test_check_22_a_shortcode_alone_is_pushed_with_empty_content(account, inbound, webhook):
    hook = webhook()
    claim(account, "order", "--webhook", hook.url)
    inbound("order")
    assert account.arrived(pushed=True)[0]["content"] == ""
    assert hook.bodies() == [{"sender": FROM, "auth": "", "shortcode": "order",
                              "messageContent": ""}]


def test_check_23_an_unclaimed_word_is_answered_and_owned_by_nobody(server, account, inbound):
    claim(account, "order")
    carrier = inbound("ZZZ hello")
    reply, = wait_for(carrier.submits, what="the automatic reply")
    assert reply["text"] == ("The shortcode zzz does not exist. "
                             "Please include it as the first word of your message.")
    assert reply["destination"]["address"] == FROM[1:]
    assert account.inbox().status == 404
    assert inbound_rows(server) == [(None, "zzz", "hello")]
    assert account.ledger() == [("grant", 10, 10)]
    assert account.messages() == []


def test_check_23_a_long_word_is_cut_in_the_answer(inbound):
    carrier = inbound("Z" * 40 + " hello")
    reply, = wait_for(carrier.submits, what="the automatic reply")
    assert reply["text"].startswith("The shortcode " + "z" * 32 + " does not exist.")


def test_check_23_one_sender_is_answered_once_an_hour(server, inbound):
    carrier = inbound("zzz hello", inbound_count=3)
    wait_for(lambda: len(inbound_rows(server)) == 3, what="three inbound messages")
    # The reply to another sender goes out after what an earlier one would have got.
    other = inbound("zzz hello", inbound_from="447700900888")
    wait_for(other.submits, what="the other sender's reply")
    assert [line["destination"]["address"] for line in carrier.submits()] == [FROM[1:]]
    server.cli("clock", "advance", 3601)
    again = inbound("zzz hello")
    wait_for(again.submits, what="a reply an hour later")


def test_an_empty_text_is_stored_and_not_answered(server, inbound):
    quiet = inbound("   ")
    wait_for(lambda: inbound_rows(server) == [(None, "", "")], what="the empty message")
    wait_for(inbound("zzz").submits, what="the reply to another one")
    assert quiet.submits() == []


def test_a_sender_that_is_no_number_is_kept_as_written_and_not_answered(server, account, inbound):
    claim(account, "order")
    inbound("order tea", inbound_from="PizzaShop")
    assert account.arrived()[0]["sender"] == "PizzaShop"
    quiet = inbound("zzz", inbound_from="PizzaShop")
    wait_for(lambda: len(inbound_rows(server)) == 2, what="the message without an owner")
    wait_for(inbound("zzz").submits, what="the reply to a number")
    assert quiet.submits() == []


def test_check_24_the_list_shows_the_newest_hundred(server, account, inbound):
    claim(account, "order")
    inbound("order old", inbound_count=104)
    wait_for(lambda: len(inbound_rows(server)) == 104, what="104 inbound messages")
    inbound("order newest")
    wait_for(lambda: len(inbound_rows(server)) == 105, what="the newest one")
    rows = account.inbox().json()
    assert [row["content"] for row in rows] == ["newest"] + ["old"] * 99
    times = [row["created_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert len({row["id"] for row in rows}) == 100


STATUSES = [200, 204, 302, 404, 500]


@pytest.mark.parametrize("status", STATUSES)
def test_check_25_the_webhooks_status_is_recorded_and_nothing_repeated(
        status, account, inbound, webhook):
    hook = webhook(status=status)
    claim(account, "order", "--webhook", hook.url)
    inbound("order two teas")
    assert account.arrived(pushed=True)[0]["webhook_status"] == status
    # What comes later arrives later: by then a second attempt would have been seen.
    inbound("order more")
    account.arrived(2, pushed=True)
    assert [body["messageContent"] for body in hook.bodies()] == ["two teas", "more"]
    assert {request["path"] for request in hook.requests} == {"/hook"}


def push_is_over(server):
    """True when no push waits any more: an inbound's push state leaves PUSH_PENDING."""
    states = [state for state, in stored(server, "SELECT push FROM inbound")]
    return states and 1 not in states


def test_check_25_a_refused_connection_is_recorded_as_null(server, account, inbound, closed_port):
    claim(account, "order", "--webhook", f"http://{closed_port}/hook")
    inbound("order two teas")
    account.arrived()
    wait_for(lambda: push_is_over(server), what="the push to have failed")
    assert account.inbox().json()[0]["webhook_status"] is None


def test_check_25_without_a_url_there_is_no_push(server, account, inbound):
    claim(account, "order")
    inbound("order two teas")
    assert account.arrived()[0]["webhook_status"] is None
    assert push_is_over(server)


def test_check_26_a_push_carries_exactly_four_keys(account, inbound, webhook):
    hook = webhook()
    claim(account, "order", "--webhook", hook.url, "--secret", "s3cr3t \"ä\"")
    inbound("order two \"teas\" für 🍵")
    account.arrived(pushed=True)
    request, = hook.requests
    assert (request["method"], request["path"]) == ("POST", "/hook")
    assert request["headers"]["content-type"] == "application/json"
    assert "authorization" not in request["headers"]
    assert hook.bodies() == [{"sender": FROM, "auth": "s3cr3t \"ä\"", "shortcode": "order",
                              "messageContent": "two \"teas\" für 🍵"}]


def test_check_27_two_shortcodes_reach_each_its_own_url_with_its_own_secret(
        server, inbound, webhook):
    account = Account(server, tier="paid")
    hooks = {word: webhook() for word in ("tea", "milk")}
    for word, hook in hooks.items():
        claim(account, word, "--webhook", hook.url, "--secret", f"secret of {word}")
    for word in hooks:
        inbound(f"{word} please")
    account.arrived(2, pushed=True)
    for word, hook in hooks.items():
        assert hook.bodies() == [{"sender": FROM, "auth": f"secret of {word}", "shortcode": word,
                                  "messageContent": "please"}]


def refused_claim(account, word):
    with pytest.raises(Refused) as refusal:
        claim(account, word)
    assert refusal.value.status == 1
    return refusal.value.stderr


def test_check_28_the_free_tier_has_one_shortcode(account):
    claim(account, "one")
    assert "free tier" in refused_claim(account, "two")


def test_check_28_the_paid_tier_has_five(server):
    account = Account(server, tier="paid")
    for word in ("one", "two", "three", "four", "five"):
        claim(account, word)
    assert "paid tier" in refused_claim(account, "six")
    words = [row["word"] for row in server.cli("shortcode", "list")["shortcodes"]]
    assert sorted(words) == ["five", "four", "one", "three", "two"]


def test_check_28_after_a_lapse_the_second_is_stored_and_not_pushed(server, inbound, webhook):
    account = Account(server, tier="paid")
    hook = webhook()
    for word in ("one", "two"):
        claim(account, word, "--webhook", hook.url)
    server.cli("account", "set", account.id, "--tier", "free")
    inbound("two please")
    assert account.arrived()[0]["webhook_status"] is None
    inbound("one please")
    wait_for(lambda: hook.requests, what="the push of the first shortcode")
    assert [body["shortcode"] for body in hook.bodies()] == ["one"]
    server.cli("account", "set", account.id, "--tier", "paid")
    inbound("two again")
    wait_for(lambda: len(hook.requests) == 2, what="the push after resubscribing")
    rows = {row["content"]: row for row in account.arrived(3)}
    assert rows["please"]["userID"] == account.id


def test_a_taken_word_is_refused_to_others(server, account):
    claim(account, "order")
    refused_claim(Account(server, name="U2"), "ORDER")


def test_a_released_shortcode_keeps_its_messages_and_takes_no_new_ones(server, account, inbound):
    claim(account, "order")
    inbound("order before")
    account.arrived()
    server.cli("shortcode", "remove", account.id, "order")
    heir = Account(server, name="U2")
    claim(heir, "order")
    inbound("order after")
    assert [row["content"] for row in heir.arrived()] == ["after"]
    assert [row["content"] for row in account.inbox().json()] == ["before"]


def test_a_push_that_a_crash_interrupted_happens_after_the_restart(server, account, inbound, webhook):
    hook = webhook(hold=True)
    claim(account, "order", "--webhook", hook.url)
    inbound("order two teas")
    wait_for(lambda: hook.requests, what="the push")
    server.kill()
    server.start()
    wait_for(lambda: len(hook.requests) == 2, what="the push after the restart")
    assert hook.bodies()[0] == hook.bodies()[1]
    hook.release()
    assert [row["webhook_status"] for row in account.arrived(pushed=True)] == [204]


def test_a_slow_webhook_keeps_nobody_waiting(server, inbound, webhook):
    account = Account(server, tier="paid")
    slow, quick = webhook(hold=True), webhook()
    claim(account, "slow", "--webhook", slow.url)
    claim(account, "quick", "--webhook", quick.url)
    inbound("slow one")
    wait_for(lambda: slow.requests, what="the slow push")
    inbound("quick one")
    wait_for(lambda: quick.requests, what="the quick push")
    rows = {row["shortcode"]: row["webhook_status"] for row in wait_for(
        lambda: [row for row in account.arrived(2) if row["webhook_status"]] and account.inbox().json())}
    assert rows == {"slow": None, "quick": 204}


def test_a_private_webhook_needs_the_operators_word(new_server, new_carrier, webhook):
    server = new_server(webhook={"allow_private": "off"})
    account = Account(server)
    hook = webhook()
    claim(account, "order", "--webhook", hook.url)
    new_carrier(inbound_text="order tea", inbound_after=0).connect(server)
    account.arrived()
    wait_for(lambda: push_is_over(server), what="the push to have failed")
    assert account.inbox().json()[0]["webhook_status"] is None
    assert hook.requests == []


LONG_FORMS = ("udh8", "udh16", "sar")
LONG_TEXTS = {"gsm": "two teas " * 50 + "please", "unicode": "zwei Tees für Łukasz 🍵 " * 20 + "bitte"}


@pytest.mark.parametrize("form", LONG_FORMS)
def test_a_long_message_arrives_whole(form, account, inbound):
    claim(account, "order")
    for count, text in enumerate(LONG_TEXTS.values(), 1):
        inbound(f"order {text}", long_form=form)
        assert account.arrived(count)[0]["content"] == text


def test_inbound_messages_come_over_a_receivers_bind(server, account, inbound):
    claim(account, "order")
    carrier = inbound("order tea", "--bind", "tx+rx", bind="tx-rx")
    assert account.arrived()[0]["content"] == "tea"
    server.cli("route", "set", "*", "carrier1")
    account.accepted()
    wait_for(carrier.submits, what="the submit")
