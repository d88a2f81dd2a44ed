"""The checks of the Hep contract about sending, keys and balances. Each test is named after what
its check says; inbound messages have test_hep_inbound.py."""
import types

import pytest

import hep
from godwit import Godwit
from hep import BAD_RECIPIENT, NO_CONTENT, NUMBER, SENDER, Account, Carrier, form, message

BOTH_METHODS = ("POST", "GET")


@pytest.fixture
def account(server, carrier):
    """U1 with a balance of 10; its key is K1, and a carrier takes what it sends."""
    return Account(server)


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """The same, for all that is refused: nothing of it may leave a trace for the next one."""
    folder = tmp_path_factory.mktemp("refused")
    carrier = Carrier(folder, "carrier")
    server = Godwit(folder).start()
    carrier.serve(server)
    yield types.SimpleNamespace(account=Account(server), carrier=carrier)
    server.stop()
    carrier.stop()


def assert_refused(answer, status, body):
    assert (answer.status, answer.json()) == (status, body)
    assert answer.headers["content-type"] == hep.JSON


def assert_nothing_happened(account, carrier, balance=10):
    assert account.balance() == balance
    assert account.ledger() == [("grant", balance, balance)]
    assert account.messages() == []
    assert carrier.submits() == []


def request(account, method, headers):
    return account.server.http(method, "/api/messages", headers,
                               form(recipient=NUMBER, content="hi") if method == "POST" else b"")


# ---- Keys ---------------------------------------------------------------------------------------

def disabled_key(account):
    key = account.new_key()
    account.server.cli("key", "disable", key)
    return key


def key_of_an_account_that_is_off(account):
    return Account(account.server, name="U3", sms="off").key


def key_without_the_scope(account):
    return account.new_key("--scope", "sms:read")


REFUSED_AT_THE_DOOR = {
    "check_01_no_authorization": (lambda account: {}, 401, hep.NO_KEY),
    "check_01_empty_authorization": (lambda account: {"Authorization": ""}, 401, hep.NO_KEY),
    "check_02_a_bearer_key": (
        lambda account: {"Authorization": f"Bearer {account.key}"}, 401, hep.WRONG_KEY),
    "check_03_a_wrong_key": (lambda account: {"Authorization": "nope"}, 401, hep.WRONG_KEY),
    "check_03_a_key_in_other_case": (
        lambda account: {"Authorization": account.key.swapcase()}, 401, hep.WRONG_KEY),
    "check_04_a_disabled_key": (
        lambda account: {"Authorization": disabled_key(account)}, 403, hep.KEY_DISABLED),
    "check_05_an_account_that_is_off": (
        lambda account: {"Authorization": key_of_an_account_that_is_off(account)}, 403,
        hep.NOT_ENABLED),
    "check_05_a_key_that_may_not_send": (
        lambda account: {"Authorization": key_without_the_scope(account)}, 403, hep.NOT_ENABLED),
}


@pytest.mark.parametrize("case", REFUSED_AT_THE_DOOR)
def test_refused_at_the_door(case, refused):
    account = refused.account
    headers_of, status, body = REFUSED_AT_THE_DOOR[case]
    headers = headers_of(account)
    # Check 29: reading the list is refused in the same words.
    for method in BOTH_METHODS:
        assert_refused(request(account, method, headers), status, body)
    assert_nothing_happened(account, refused.carrier)


def test_check_29_the_list_opens_with_the_key_alone(account):
    answer = account.inbox()
    assert (answer.status, answer.json()) == (404, hep.EMPTY_LIST)
    assert account.inbox({"Authorization": f"  {account.key} \t"}).status == 404


# ---- Sending ------------------------------------------------------------------------------------

def test_check_06_a_send_answers_seven_keys_and_takes_one_credit(account, carrier):
    answer = account.post(b"recipient=%2B447700900123&content=hi")
    sent = answer.json()
    ident = sent.pop("ID")
    assert answer.status == 200
    assert answer.headers["content-type"] == hep.JSON
    assert sent == {
        "sent_from": SENDER,
        "sent_to": NUMBER,
        "sent_to_parsed": {"isValid": True, "phoneNumber": NUMBER, "countryIso2": "GB",
                           "countryIso3": "GBR", "countryCode": "+44"},
        "content": "hi",
        "owner": account.id,
        "creditCost": 1,
    }
    assert account.balance() == 9
    assert account.ledger() == [("charge", -1, 9), ("grant", 10, 10)]
    shown = message(account.server, ident, "delivered")
    assert (shown["text"], shown["recipient"], shown["price"]) == ("hi", NUMBER, 1)
    assert carrier.texts() == ["hi"]


def test_check_07_an_unescaped_plus_means_a_plus(account, carrier):
    sent = account.post(b"recipient=+447700900123&content=hi").json()
    assert sent["sent_to"] == NUMBER
    assert sent["sent_to_parsed"]["phoneNumber"] == NUMBER
    message(account.server, sent["ID"], "delivered")
    assert carrier.submits()[0]["destination"]["address"] == NUMBER[1:]


def test_check_08_json_keeps_the_number_as_supplied(account):
    answer = account.post({"recipient": "+44 7700 900123", "content": "hi"})
    assert answer.status == 200
    assert answer.json()["sent_to"] == "+44 7700 900123"
    assert answer.json()["sent_to_parsed"]["phoneNumber"] == NUMBER


COSTS = [(1, 1), (160, 1), (161, 2), (320, 2), (321, 3), (799, 5)]


def test_check_09_the_cost_follows_the_length(account, carrier):
    account.grant(10)
    left = 20
    for length, cost in COSTS:
        sent = account.send("a" * length).json()
        left -= cost
        assert (length, sent["creditCost"], account.balance()) == (length, cost, left)
        assert account.ledger()[0] == ("charge", -cost, left)
        message(account.server, sent["ID"], "delivered")
    # The price has nothing to do with what goes over the air: 153 characters a part of a long one.
    assert len(carrier.submits()) == 1 + 1 + 2 + 3 + 3 + 6


REFUSED_BODIES = {
    "check_10_800_characters": (form(recipient=NUMBER, content="a" * 800), hep.TOO_LONG),
    "check_11_no_content": (form(recipient=NUMBER), NO_CONTENT),
    "check_11_neither_field": (b"", NO_CONTENT),
    "check_12_empty_content": (form(recipient=NUMBER, content=""), NO_CONTENT),
    "check_12_blank_content": (b"recipient=%2B447700900123&content=%20%20", hep.TOO_SHORT),
    "check_12_content_of_line_ends": (form(recipient=NUMBER, content="\r\n\t "), hep.TOO_SHORT),
    "check_13_no_recipient": (form(content="hi"), BAD_RECIPIENT),
    "check_13_recipient_without_code": (form(recipient="12345", content="hi"), BAD_RECIPIENT),
    "check_13_recipient_of_letters": (form(recipient="abc", content="hi"), BAD_RECIPIENT),
    "check_14_bad_recipient_and_800_characters": (
        form(recipient="abc", content="a" * 800), BAD_RECIPIENT),
    "json_that_is_none": (b"{\"recipient\":", NO_CONTENT),
    "json_fields_that_are_no_texts": ({"recipient": NUMBER, "content": 5}, NO_CONTENT),
    "json_with_a_null": ({"recipient": NUMBER, "content": None}, NO_CONTENT),
    "json_recipient_that_is_no_text": ({"recipient": 447700900123, "content": "hi"}, BAD_RECIPIENT),
    "json_that_is_a_list": ([{"recipient": NUMBER, "content": "hi"}], NO_CONTENT),
}


@pytest.mark.parametrize("case", REFUSED_BODIES)
def test_refused_body(case, refused):
    body, text = REFUSED_BODIES[case]
    kind = {"Content-Type": "application/json"} if case.startswith("json") else {}
    assert_refused(refused.account.post(body, kind), 400, text)
    assert_nothing_happened(refused.account, refused.carrier)


def test_check_15_a_balance_that_is_too_low_buys_nothing(server, carrier):
    account = Account(server, credit=1)
    assert_refused(account.send("a" * 161), 400, hep.NO_CREDIT)
    assert_nothing_happened(account, carrier, balance=1)


def half_sent(account, content):
    """A connection on which all of a send but its last byte is there."""
    return account.server.half_sent("/api/messages", {
        "Authorization": account.key, "Content-Type": hep.FORM}, form(recipient=NUMBER, content=content))


def test_check_16_of_two_simultaneous_sends_one_gets_the_last_credit(server, carrier):
    account = Account(server, credit=0)
    rounds = 20
    for i in range(1, rounds + 1):
        assert account.grant(1) == 1
        (first, last_byte), (second, _) = half_sent(account, "one"), half_sent(account, "one")
        with first, second:
            first.send(last_byte)
            second.send(last_byte)
            answers = sorted([first.response(), second.response()], key=lambda got: got.status)
        assert answers[0].status == 200
        assert_refused(answers[1], 400, hep.NO_CREDIT)
        sums = account.sums()
        assert (sums["available"], sums["spent"]) == (0, i)
    assert len(account.messages()) == rounds


def test_check_17_a_sender_in_the_body_is_ignored(account, carrier):
    for field in ("sender", "from", "sent_from"):
        sent = account.send(**{field: "X"}).json()
        assert sent["sent_from"] == SENDER
        message(account.server, sent["ID"], "delivered")
    assert [line["source"]["address"] for line in carrier.submits()] == [SENDER[1:]] * 3


RACES = {  # what an operator does between the two looks at the key, and what the customer is told
    "key_disabled": (lambda account: ("key", "disable", account.key), hep.KEY_DISABLED),
    "key_deleted": (lambda account: ("key", "delete", account.key), hep.NO_SUCH_KEY),
    "account_switched_off": (lambda account: ("account", "set", account.id, "--sms", "off"),
                             hep.SWITCHED_OFF),
}


@pytest.mark.parametrize("case", RACES)
def test_check_18_the_key_is_looked_at_again_when_the_body_is_there(case, account, carrier):
    command_of, text = RACES[case]
    connection, last_byte = half_sent(account, "hi")  # answered 100: the first look has been
    with connection:
        account.server.cli(*command_of(account))
        connection.send(last_byte)
        assert_refused(connection.response(), 400, text)
    assert_nothing_happened(account, carrier)


def test_check_19_a_destination_without_a_route_costs_nothing(server, new_carrier):
    carrier = new_carrier()
    carrier.connect(server)
    server.cli("route", "set", "NG", "carrier")
    account = Account(server)
    assert_refused(account.send(), 500, hep.INTERNAL)
    assert account.balance() == 10
    assert account.ledger() == [("refund", 1, 10), ("charge", -1, 9), ("grant", 10, 10)]
    assert [row["state"] for row in account.messages()] == ["failed"]
    assert carrier.submits() == []


def test_check_19_a_carrier_that_refuses_after_the_answer_gives_the_credit_back(server, new_carrier):
    carrier = new_carrier(refuse_suffix="123=RINVDSTADR").serve(server)
    account = Account(server)
    ident = account.accepted("a" * 170, NUMBER)
    assert message(server, ident, "rejected")["attempts"][0]["state"] == "refused"
    assert account.ledger() == [("refund", 2, 10), ("charge", -2, 8), ("grant", 10, 10)]
    assert account.sums() == {"available": 10, "held": 0, "granted": 10, "spent": 2, "refunded": 2,
                              "expired": 0}
    assert carrier.texts("taken") == []


# ---- The rest -----------------------------------------------------------------------------------

def test_check_30_the_root_says_that_the_api_is_online(server):
    answer = server.http("GET", "/")
    assert answer.status == 200
    assert answer.headers["content-type"] == hep.JSON
    assert answer.json() == {"data": "SMS API Online", "server": "Team Hydra"}


def test_check_31_a_character_outside_the_bmp_counts_two(account, carrier):
    for count, cost in ((80, 1), (81, 2)):
        sent = account.send("😀" * count).json()
        assert (sent["creditCost"], sent["content"]) == (cost, "😀" * count)
        message(account.server, sent["ID"], "delivered")
    assert account.balance() == 7
    assert "".join(carrier.texts()) == "😀" * 161


def test_check_31_the_limit_counts_the_same_way(account):
    account.grant(10)
    assert account.send("😀" * 399 + "a").json()["creditCost"] == 5
    assert_refused(account.send("😀" * 400), 400, hep.TOO_LONG)


def test_invalid_utf_8_is_replaced_and_nul_removed(account, carrier):
    sent = account.post(b"recipient=%2B447700900123&content=a%FFb%00c").json()
    assert sent["content"] == "a\N{REPLACEMENT CHARACTER}bc"
    message(account.server, sent["ID"], "delivered")
    assert carrier.texts() == ["a\N{REPLACEMENT CHARACTER}bc"]


NUMBERS = {  # as supplied: the number, its region, the calling code
    "+1 (416) 555-0123": ("+14165550123", "CA", "CAN", "+1"),
    "+44/7700.900 123": (NUMBER, "GB", "GBR", "+44"),
    " +447700900123 ": (NUMBER, "GB", "GBR", "+44"),
    "+447911123456": ("+447911123456", "GG", "GGY", "+44"),
    "+77012345678": ("+77012345678", "KZ", "KAZ", "+7"),
    "+38344123456": ("+38344123456", "XK", "XKX", "+383"),
    "+24740123": ("+24740123", "AC", "ASC", "+247"),
    "+80012345678": ("+80012345678", None, None, "+800"),
    "+8835100123456": ("+8835100123456", None, None, "+883"),
}
NO_NUMBERS = ["447700900123", "00447700900123", "++447700900123", "+44+7700900123", "+0447700900123",
              "+999123456789", "+442", "+4477009001234567", "+44_7700900123", "+447700900123\n",
              "tel:+447700900123", "+447700900123 x5", "+４４７７００９００１２３", "+", " "]


def test_numbers_are_parsed_and_echoed(account):
    account.grant(len(NUMBERS))
    for supplied, (number, iso2, iso3, code) in NUMBERS.items():
        answer = account.post({"recipient": supplied, "content": "hi"})
        assert answer.status == 200, supplied
        assert answer.json()["sent_to"] == supplied
        assert answer.json()["sent_to_parsed"] == {
            "isValid": True, "phoneNumber": number, "countryIso2": iso2, "countryIso3": iso3,
            "countryCode": code}


def test_what_is_no_number_is_refused(refused):
    for supplied in NO_NUMBERS:
        assert_refused(refused.account.post({"recipient": supplied, "content": "hi"}), 400,
                       BAD_RECIPIENT)
    assert_nothing_happened(refused.account, refused.carrier)


JSON_BODIES = {  # the type, the body, what the content is
    "json_type": ("application/json", b'{"recipient":"+447700900123","content":"hi"}', "hi"),
    "json_type_with_charset": (
        "Application/JSON; charset=utf-8", b'{"recipient":"+447700900123","content":"hi"}', "hi"),
    "other_type": ("text/plain", b' \r\n{"recipient":"+447700900123","content":"hi"}', "hi"),
    "other_type_form": ("text/plain", b"recipient=+447700900123&content=a+b", "a b"),
    "escapes": ("application/json",
                b'{"recipient":"\\u002B447700900123","content":"\\u0041\\n\\ud83d\\ude00"}', "A\n😀"),
    "lone_surrogate": ("application/json",
                       b'{"recipient":"+447700900123","content":"a\\ud83d!"}', "a\ufffd!"),
    "escaped_nul": ("application/json",
                    b'{"recipient":"+447700900123","content":"a\\u0000b"}', "ab"),
    "unknown_fields": ("application/json", b'{"x":[{"content":"no"}],"recipient":"+447700900123",'
                                           b'"content":"hi","y":null}', "hi"),
}


@pytest.mark.parametrize("case", JSON_BODIES)
def test_body_form(case, account, carrier):
    kind, body, content = JSON_BODIES[case]
    answer = account.post(body, {"Content-Type": kind})
    assert (answer.status, answer.json()["content"]) == (200, content)
    message(account.server, answer.json()["ID"], "delivered")


def test_a_test_key_simulates_and_costs_nothing(account, carrier):
    account.key = account.new_key("--test")
    sent = account.send().json()
    assert message(account.server, sent["ID"])["state"] == "delivered"
    assert account.ledger() == [("grant", 10, 10)]
    assert carrier.submits() == []


@pytest.mark.parametrize("option", [(), ("--dnd",)], ids=["for_all", "do_not_disturb"])
def test_a_number_on_the_blocklist_is_no_recipient(option, account, carrier):
    account.server.cli("blocklist", "add", NUMBER, *option)
    assert_refused(account.send(), 400, BAD_RECIPIENT)
    assert_nothing_happened(account, carrier)
    account.server.cli("blocklist", "remove", NUMBER)
    account.accepted()
