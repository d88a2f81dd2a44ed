"""From the answer 200 to the receipt: what carriers do to a message on the way, and what becomes of
it and of its credit."""
import pytest

from godwit import wait_for
from hep import NUMBER, Account, message, provider

CHARGED = [("charge", -1, 9), ("grant", 10, 10)]
REFUNDED = [("refund", 1, 10), ("charge", -1, 9), ("grant", 10, 10)]


@pytest.fixture
def account(server):
    return Account(server)


@pytest.fixture
def carry(server, new_carrier):
    """carry(delay_ms=5) is the carrier that everything goes to; `options` are the provider's."""
    def start(*options, **more):
        return new_carrier(**more).serve(server, *options)
    return start


def states_of(shown):
    return [attempt["state"] for attempt in shown["attempts"]]


# ---- Receipts in every form ---------------------------------------------------------------------

RECEIPT_FORMS = {  # what the simulator does; how its receipts write the ids of its responses
    "usual": ({}, "raw"),
    "before_the_response": ({"receipt_first": True}, "raw"),
    "before_a_slow_response": ({"receipt_first": True, "delay_ms": 300}, "raw"),
    "hex_and_decimal": ({"id_form": "hex", "receipt_id_form": "decimal"}, "decimal of hex"),
    "upper_hex_and_decimal": ({"id_form": "hex-upper", "receipt_id_form": "decimal"},
                              "decimal of hex"),
    "decimal_and_hex": ({"id_form": "decimal", "receipt_id_form": "hex"}, "hex of decimal"),
    "decimal_and_upper_hex": ({"id_form": "decimal", "receipt_id_form": "hex-upper"},
                              "hex of decimal"),
    "padded_and_decimal": ({"id_form": "padded", "receipt_id_form": "decimal"},
                           "case and zeros differ"),
    "decimal_and_padded": ({"id_form": "decimal", "receipt_id_form": "padded"},
                           "case and zeros differ"),
    "hex_and_padded_decimal": ({"id_form": "hex", "receipt_id_form": "padded"}, "decimal of hex"),
    "upper_and_lower_hex": ({"id_form": "hex-upper", "receipt_id_form": "hex"},
                            "case and zeros differ"),
    "hex_before_the_response": ({"id_form": "hex", "receipt_id_form": "decimal",
                                 "receipt_first": True}, "decimal of hex"),
    "uuids": ({"id_form": "uuid", "receipt_id_form": "uuid"}, "raw"),
    "64_characters": ({"id_form": "long", "receipt_id_form": "long"}, "raw"),
    "text_alone": ({"receipt_form": "text"}, "raw"),
    "tlvs_alone": ({"receipt_form": "tlv"}, "raw"),
    "text_without_the_mark": ({"receipt_form": "bare"}, "raw"),
    "data_sm": ({"receipt_pdu": "data_sm"}, "raw"),
    "data_sm_with_text_alone": ({"receipt_pdu": "data_sm", "receipt_form": "text"}, "raw"),
    "data_sm_with_tlvs_alone": ({"receipt_pdu": "data_sm", "receipt_form": "tlv"}, "raw"),
    "twice": ({"receipt_twice": True}, "raw"),
    "twice_and_before_the_response": ({"receipt_twice": True, "receipt_first": True}, "raw"),
}


@pytest.mark.parametrize("case", RECEIPT_FORMS)
def test_a_receipt_finds_its_message(case, server, account, carry):
    options, form = RECEIPT_FORMS[case]
    # Hexadecimal ids need a letter, or they cannot be told from decimal ones.
    carry(id_first=1000014, **options)
    idents = [account.accepted(f"number {i}") for i in range(3)]
    for ident in idents:
        shown = message(server, ident, "delivered")
        assert shown["attempts"][0]["receipt"] == "DELIVRD"
    assert provider(server)["receipt_ids"] == form
    assert server.cli("provider", "list")["parked_receipts"] == 0
    assert account.sums()["spent"] == 3


def test_receipts_over_a_receivers_bind(server, account, carry):
    carry("--bind", "tx+rx", bind="tx-rx")
    message(server, account.accepted(), "delivered")


FINAL_STATES = {"UNDELIV": "failed", "EXPIRED": "failed", "REJECTD": "failed", "DELETED": "failed",
                "DELIVRD": "delivered"}


@pytest.mark.parametrize("state", FINAL_STATES)
def test_a_carriers_verdict_is_the_messages_state_and_gives_nothing_back(state, server, account, carry):
    carry(state_suffix=f"123={state}", fail_error=42)
    shown = message(server, account.accepted(), FINAL_STATES[state])
    attempt, = shown["attempts"]
    assert attempt["receipt"] == state
    assert attempt["receipt_error"] == ("000" if state == "DELIVRD" else "042")
    assert account.ledger() == CHARGED


def test_a_state_that_is_not_final_leaves_the_message_sent(server, account, carry):
    carry(state_suffix="123=ACCEPTD")
    ident = account.accepted()
    wait_for(lambda: provider(server)["receipts"] == 1, what="the receipt")
    assert message(server, ident)["state"] == "sent"


def test_without_receipts_a_message_stays_sent(server, account, carry):
    carrier = carry("--set", "receipts=off")
    ident = account.accepted()
    message(server, ident, "sent")
    assert carrier.submits()[0]["registered_delivery"] == 0


def test_one_part_that_failed_fails_the_message(server, account, carry):
    # The seed makes some of the parts fail, and some not.
    carrier = carry(fail_percent=50, seed=4)
    ident = account.accepted("a" * 799)
    receipts = [attempt["receipt"] for attempt in message(server, ident, "failed")["attempts"]]
    assert len(carrier.submits()) == 6
    assert "UNDELIV" in receipts
    assert account.ledger()[0] == ("charge", -5, 5)


# ---- A carrier that says no ---------------------------------------------------------------------

def test_a_message_that_is_refused_for_good_is_rejected_and_refunded(server, account, carry):
    carrier = carry(refuse_suffix="123=RINVDSTADR")
    ident = account.accepted()
    shown = message(server, ident, "rejected")
    assert states_of(shown) == ["refused"]
    assert shown["attempts"][0]["status"] == 0x0B
    assert account.ledger() == REFUNDED
    assert len(carrier.submits()) == 1


@pytest.mark.parametrize("status", ["RTHROTTLED", "RMSGQFUL"])
def test_throttled_messages_all_arrive_in_their_order(status, server, account, carry):
    # With a window of one nothing is on its way behind what is sent back.
    carrier = carry("--window", "1", throttle_first=2, throttle_status=status)
    contents = [f"number {i}" for i in range(4)]
    idents = [account.accepted(content) for content in contents]
    for ident in idents:
        # Being throttled is no attempt that failed: the same one is made again.
        assert states_of(message(server, ident, "delivered")) == ["taken"]
    assert carrier.texts("throttled") == contents[:1] * 2
    assert carrier.texts("taken") == contents
    assert provider(server)["throttled"] == 2
    assert account.sums()["spent"] == 4


def test_none_of_a_whole_window_that_is_throttled_is_lost(server, account, carry):
    carrier = carry(throttle_first=3)
    contents = [f"number {i}" for i in range(5)]
    for ident in [account.accepted(content) for content in contents]:
        assert states_of(message(server, ident, "delivered")) == ["taken"]
    assert sorted(carrier.texts("taken")) == contents
    assert len(carrier.submits("throttled")) == 3


def test_the_operators_limit_holds(server, account, carry):
    carrier = carry("--tps", "5")
    idents = [account.accepted(f"number {i}") for i in range(8)]
    for ident in idents:
        message(server, ident, "delivered")
    times = [line["time_ms"] for line in carrier.submits()]
    # A tenth of a second may be saved up: 8 submits at 5 a second take 1.2 s and more.
    assert times[-1] - times[0] >= 1100


# ---- A link that breaks -------------------------------------------------------------------------

def test_a_submit_whose_answer_was_cut_off_is_sent_again_once(server, account, carry):
    carrier = carry(cut_after=1)
    ident = account.accepted()
    shown = message(server, ident, "delivered")
    assert states_of(shown) == ["uncertain", "taken"]
    assert [attempt["possible_duplicate"] for attempt in shown["attempts"]] == [False, True]
    assert [line["decision"] for line in carrier.submits()] == ["cut", "taken"]
    assert account.ledger() == CHARGED


def test_a_submit_that_is_cut_off_twice_stays_uncertain(server, account, carry):
    carrier = carry(cut_after=1, cut_repeat=True)
    shown = message(server, account.accepted(), "sent")
    assert states_of(shown) == ["uncertain", "uncertain"]
    assert len(carrier.submits()) == 2
    assert account.ledger() == CHARGED


POLICIES = {  # what the operator chose (docs/providers.md): the end, the attempts, the ledger
    "resend": ("delivered", ["uncertain", "taken"], CHARGED),
    "wait": ("sent", ["uncertain"], CHARGED),
    "fail": ("failed", ["uncertain"], REFUNDED),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_the_operator_says_what_a_lost_answer_means(policy, server, account, carry):
    state, attempts, ledger = POLICIES[policy]
    carrier = carry("--set", f"uncertain={policy}", cut_after=1)
    shown = message(server, account.accepted(), state)
    assert states_of(shown) == attempts
    assert len(carrier.submits()) == len(attempts)
    assert account.ledger() == ledger


def test_a_silent_carrier_is_left_after_its_time(server, account, carry):
    carrier = carry("--set", "response_timeout=1", silent_percent=100)
    shown = message(server, account.accepted(), "sent")
    assert states_of(shown) == ["uncertain", "uncertain"]
    assert carrier.texts("silent") == ["hi", "hi"]
    assert len({line["session"] for line in carrier.submits()}) == 2


def test_a_stream_that_is_lost_is_cut_and_begun_again(server, account, carry):
    carrier = carry(bad_length_after=1)
    assert states_of(message(server, account.accepted(), "delivered")) == ["uncertain", "taken"]
    assert [line["decision"] for line in carrier.submits()] == ["bad_length", "taken"]


def test_before_a_carrier_is_bound_messages_wait_in_their_order(server, account, new_carrier):
    carrier = new_carrier(refuse_binds=1)
    carrier.connect(server, bound=False)
    server.cli("route", "set", "*", "carrier")
    contents = [f"number {i}" for i in range(5)]
    idents = [account.accepted(content) for content in contents]
    assert {row["state"] for row in account.messages()} <= {"queued", "sent", "delivered"}
    for ident in idents:
        assert states_of(message(server, ident, "delivered")) == ["taken"]
    assert carrier.texts() == contents


def test_a_message_waits_until_its_carrier_is_switched_on(server, account, carry):
    carrier = carry()
    server.cli("provider", "set", "carrier", "--enabled", "off")
    wait_for(lambda: provider(server)["sessions"] == 0, what="the unbind")
    ident = account.accepted()
    assert message(server, ident)["state"] == "queued"
    assert carrier.submits() == []
    server.cli("provider", "set", "carrier", "--enabled", "on")
    message(server, ident, "delivered")


# ---- Two carriers -------------------------------------------------------------------------------

@pytest.fixture
def chain(server, new_carrier):
    """chain(first, second) routes everything to `first`, then to `second`; each is a carrier's
    options, or the address of a carrier that is down."""
    def start(*ends):
        carriers = []
        for name, end in zip(("first", "second"), ends):
            if isinstance(end, str):
                server.cli("provider", "add", name, "--smpp", end)
                carriers.append(None)
            else:
                carriers.append(new_carrier(**end))
                carriers[-1].connect(server, name)
        server.cli("route", "set", "*", "first,second")
        return carriers
    return start


def providers_of(shown):
    return [(attempt["provider"], attempt["state"]) for attempt in shown["attempts"]]


def test_the_first_takes_what_it_can(server, account, chain):
    first, second = chain({}, {})
    message(server, account.accepted(), "delivered")
    assert (len(first.submits()), len(second.submits())) == (1, 0)


def test_the_second_takes_over_when_the_first_is_down(server, account, chain, closed_port):
    _, second = chain(closed_port, {})
    shown = message(server, account.accepted(), "delivered")
    assert providers_of(shown) == [("second", "taken")]
    assert second.texts() == ["hi"]


def test_the_second_takes_what_the_first_refuses(server, account, chain):
    first, second = chain({"refuse_suffix": "123=RINVDSTADR"}, {})
    shown = message(server, account.accepted(), "delivered")
    assert providers_of(shown) == [("first", "refused"), ("second", "taken")]
    assert (len(first.submits()), len(second.submits())) == (1, 1)
    assert account.ledger() == CHARGED


def test_what_both_refuse_is_rejected_and_refunded_once(server, account, chain):
    refuse = {"refuse_suffix": "123=RINVDSTADR"}
    chain(refuse, refuse)
    shown = message(server, account.accepted(), "rejected")
    assert providers_of(shown) == [("first", "refused"), ("second", "refused")]
    assert account.ledger() == REFUNDED


def test_a_throttled_message_stays_with_its_carrier(server, account, chain):
    first, second = chain({"throttle_first": 2}, {})
    assert providers_of(message(server, account.accepted(), "delivered")) == [("first", "taken")]
    assert (len(first.submits()), len(second.submits())) == (3, 0)


def test_what_waits_for_a_carrier_that_goes_down_goes_to_the_next(server, account, chain):
    first, second = chain({"refuse_binds": 0}, {})
    message(server, account.accepted("to the first"), "delivered")
    first.stop()
    wait_for(lambda: provider(server, "first")["sessions"] == 0, what="the link to be gone")
    message(server, account.accepted("to the second"), "delivered")
    assert (first.texts(), second.texts()) == (["to the first"], ["to the second"])


def test_a_lost_answer_is_not_repaired_with_another_carrier(server, account, chain):
    first, second = chain({"cut_after": 1}, {})
    shown = message(server, account.accepted(), "delivered")
    assert states_of(shown) == ["uncertain", "taken"]
    assert shown["attempts"][1]["possible_duplicate"]
    assert len(first.submits()) + len(second.submits()) == 2


def test_once_one_part_is_taken_the_others_stay_with_that_carrier(server, account, chain):
    first, second = chain({"refuse_percent": 50, "seed": 4}, {})
    shown = message(server, account.accepted("a" * 799), "failed")
    assert {attempt["provider"] for attempt in shown["attempts"]} == {"first"}
    assert {"taken", "refused"} == set(states_of(shown))
    assert second.submits() == []
    # A carrier took some of it: nothing comes back.
    assert account.ledger()[0] == ("charge", -5, 5)


def test_what_waits_for_a_carrier_that_is_removed_goes_where_the_route_leads(
        server, account, new_carrier, closed_port):
    server.cli("provider", "add", "gone", "--smpp", closed_port)
    server.cli("route", "set", "*", "gone")
    ident = account.accepted()
    carrier = new_carrier()
    carrier.connect(server)
    server.cli("route", "set", "*", "carrier")
    server.cli("provider", "remove", "gone")
    message(server, ident, "delivered")
    assert carrier.texts() == ["hi"]


ROUTES = [  # the longest prefix, else the country, else the rest
    ("+447700900123", "prefix"),
    ("+447400123456", "country"),
    ("+2348031234567", "rest"),
]


def test_a_destination_chooses_the_carrier(server, account, new_carrier):
    carriers = {}
    for name, destination in (("prefix", "+44770"), ("country", "GB"), ("rest", "*")):
        carriers[name] = new_carrier()
        carriers[name].connect(server, name)
        server.cli("route", "set", destination, name)
    for number, name in ROUTES:
        message(server, account.accepted(number, number), "delivered")
        assert carriers[name].texts() == [number]


def test_a_number_ends_up_whole_at_the_carrier(server, account, carry):
    carrier = carry("--set", "dest_plus=on")
    message(server, account.accepted(), "delivered")
    assert carrier.submits()[0]["destination"]["address"] == NUMBER
