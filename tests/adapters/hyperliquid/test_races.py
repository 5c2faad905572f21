"""The 15 races of the venue's fact sheet (9.2), in every order of arrival."""

from decimal import Decimal

import pytest

from adapters.common.nonces import NonceSource
from adapters.common.open_orders import OpenOrders
from adapters.common.order_events import Filled, Rejected, Updated
from adapters.hyperliquid.factories import shared_governor
from adapters.hyperliquid.past_orders import leaves_of
from tests.adapters.hyperliquid.account_rows import fill_of, fill_row, order_of, order_row
from tests.adapters.hyperliquid.race_words import (
    ID,
    Ear,
    cancel_refused,
    fill,
    heard,
    in_any_order,
    modified,
    modifying,
    refusal,
    resting,
    taken,
    update,
    words,
)

OPEN = update("open")
FILLED = update("filled", sz="0.0")
GONE = "Order was never placed, already canceled, or filled. asset=0"


def test_race_01_the_order_stream_and_the_answer_accept_once() -> None:
    assert in_any_order(OPEN, resting()) == [["Accepted"]] * 2


def test_race_02_a_fill_before_open_and_answer_is_accepted_first() -> None:
    for told in in_any_order(OPEN, resting(), fill(1)):
        assert told == ["Accepted", "1"]


def test_race_02_filled_before_its_fills_waits_for_all_of_them() -> None:
    for told in in_any_order(OPEN, FILLED, fill(1), fill(2), taken("1.0")):
        assert told[0] == "Accepted"
        assert sorted(told[1:]) == ["1", "2"]


def test_race_03_an_order_that_is_not_indexed_yet_is_nothing_to_conclude_from() -> None:
    ear = Ear()
    ear.tracker.outcome_unknown(ID)
    assert ear.observer.refuse_uncoded(ID) == []  # as after `unknownOid`, before the expiry
    assert ear.tracker.doubtful() == [ID]
    assert words(heard(OPEN, ear=ear)) == ["Accepted"]
    assert ear.observer.refuse_uncoded(ID) == []
    assert ear.tracker.is_open(ID)


def test_race_04_open_and_filled_in_one_message_do_not_count_twice() -> None:
    whole = fill(1, "1.0")
    for arrival in ((OPEN, FILLED, whole), (whole, OPEN, FILLED), (FILLED, OPEN, whole)):
        assert words(heard(*arrival, taken("1.0"))) == ["Accepted", "1"]


def test_race_05_a_modify_is_one_update_whatever_comes_first() -> None:
    for told in in_any_order(
        update("canceled"),
        update("open", 2, limitPx="59000.0"),
        modified(1, 2),
        first=(OPEN, modifying(1, "1.0", "59000")),
    ):
        assert told == ["Accepted", "Updated"]


def test_race_05_a_part_fill_of_the_old_order_in_between_counts() -> None:
    for told in in_any_order(
        update("canceled", sz="0.5"),
        update("open", 2, limitPx="59000.0"),
        fill(1),
        first=(OPEN, modifying(1, "1.0", "59000")),
    ):
        assert told[0] == "Accepted"
        assert told.count("1") == 1
        assert "Canceled" not in told


def test_race_05_a_second_modify_in_flight_decides_the_terms() -> None:
    first = (OPEN, modifying(1, "1.0", "59000"), modifying(2, "0.8", "58000"))
    for told in in_any_order(
        update("canceled"),
        update("canceled", 2, limitPx="59000.0"),
        update("open", 3, limitPx="58000.0", sz="0.8", origSz="0.8"),
        modified(1, 2),
        modified(2, 3),
        first=first,
    ):
        assert told[0] == "Accepted"
        assert set(told[1:]) == {"Updated"}


def test_race_05_of_two_modifies_in_doubt_the_terms_tell_which_was_executed() -> None:
    doubt = (OPEN, modifying(1, "1.0", "59000"), modifying(2, "0.8", "58000"))
    ended = (update("filled", 3, limitPx="58000.0", sz="0.0", origSz="0.8"), update("canceled"))
    for arrival in (ended, ended[::-1]):
        ear = Ear()
        events = heard(*doubt, *arrival, ear=ear)
        assert not ear.tracker.has_made(ID, 1)
        assert ear.tracker.has_made(ID, 2)
        events += ear.tracker.modify_refused(ID, 1, "never taken")
        events += heard(fill(1, "0.8", 3), ear=ear)
        (updated,) = [event for event in events if isinstance(event, Updated)]
        assert updated == Updated(ID, "3", Decimal("0.8"), Decimal(58_000), None)
        assert words(events)[-1] == "1"
        assert not ear.tracker.is_open(ID)


def test_race_05_a_modify_whose_fill_outran_all_else_has_made_its_order() -> None:
    ear = Ear()
    heard(OPEN, modifying(1, "1.0", "59000"), fill(1, oid=2), ear=ear)
    assert ear.tracker.has_made(ID, 1)
    assert ear.tracker.standing_besides(ID, "2") == ["1"]  # so it is asked for
    assert words(heard(update("canceled"), ear=ear)) == ["Updated", "1"]


def test_race_06_a_cancel_that_came_too_late_and_the_fill_that_made_it_so() -> None:
    for told in in_any_order(cancel_refused(GONE), fill(1, "1.0"), first=(OPEN,)):
        assert [word for word in told if word != "CancelRejected"] == ["Accepted", "1"]


def test_race_06_a_cancel_waits_for_the_fills_before_it() -> None:
    told = in_any_order(update("canceled", sz="0.5"), fill(1), first=(OPEN,))
    assert told == [["Accepted", "1", "Canceled"]] * 2


def test_race_07_a_fill_of_two_channels_and_a_snapshot_counts_once() -> None:
    assert words(heard(OPEN, fill(1), fill(1), fill(2), fill(1))) == ["Accepted", "1", "2"]


def test_race_07_fills_without_an_id_are_told_apart_by_what_they_moved() -> None:
    one, other = fill(0, "0.2"), fill(0, "0.2", startPosition="0.2")
    for told in in_any_order(one, other, one, other, first=(OPEN,)):
        assert len(told) == 3
        assert len(set(told)) == 3


@pytest.mark.parametrize("status", ["minTradeNtlRejected", "perpMarginRejected"])
def test_race_08_an_error_and_a_status_reject_once(status: str) -> None:
    assert in_any_order(refusal("no"), update(status)) == [["Rejected"]] * 2


def test_race_08_the_code_decides_what_the_words_of_a_post_only_order_mean() -> None:
    hears = (refusal("Post only order would have immediately matched"), update("badAloPxRejected"))
    for arrival in (hears, hears[::-1]):
        (rejected,) = heard(*arrival, ear=Ear(waits_for_code=True))
        assert isinstance(rejected, Rejected)
        assert rejected.due_post_only


def test_race_09_a_capped_reduce_only_order_ends_with_what_was_filled() -> None:
    for told in in_any_order(update("reduceOnlyCanceled", sz="0.5"), fill(1), first=(OPEN,)):
        assert told == ["Accepted", "1", "Canceled"]


def test_race_09_a_sibling_is_canceled_once_though_nobody_asked() -> None:
    assert in_any_order(update("siblingFilledCanceled"), OPEN) == [["Accepted", "Canceled"]] * 2


def test_race_09_a_liquidation_belongs_to_no_order_of_ours() -> None:
    closing = fill_of(fill_row(99, 7, dir="Liquidated Cross Long"))
    ear = Ear()
    assert ear.observer.on_fill(closing) is None
    heard(OPEN, ear=ear)
    assert ear.observer.on_fill(closing) is None


def test_race_10_dust_left_by_a_fee_refuses_the_sale_of_all() -> None:
    told = in_any_order(
        refusal("Insufficient spot balance asset=10107"), update("insufficientSpotBalanceRejected")
    )
    assert told == [["Rejected"]] * 2


def test_race_10_the_daily_conversion_of_dust_is_nobodys_order() -> None:
    dust = fill_of(fill_row(0, 0, dir="Spot Dust Conversion", hash="0x" + "0" * 64))
    ear = Ear()
    heard(OPEN, fill(0, "0.2"), ear=ear)
    assert ear.observer.on_fill(dust) is None
    assert words(heard(fill(3), ear=ear)) == ["3"]


def test_race_11_two_actions_of_one_millisecond_have_two_nonces() -> None:
    nonces = NonceSource(last=1_000)
    assert [nonces.next(now) for now in (1_005, 1_005, 1_004, 1_007)] == [
        1_005,
        1_006,
        1_007,
        1_008,
    ]


def test_race_12_what_a_dead_agent_cannot_do_leaves_a_resting_order_alone() -> None:
    dead = "User or API Wallet 0x1 does not exist."
    ear = Ear()
    assert words(heard(OPEN, cancel_refused(dead), ear=ear)) == ["Accepted", "CancelRejected"]
    assert words(heard(fill(1, "1.0"), ear=ear)) == ["1"]


def test_race_12_an_order_of_a_dead_agent_is_rejected_and_stays_so() -> None:
    ear = Ear()
    assert words(ear.tracker.refused(ID, "User or API Wallet 0x1 does not exist.")) == ["Rejected"]
    assert heard(update("canceled"), ear=ear) == []


@pytest.mark.parametrize("lost", ["fill", "end", "order"])
def test_race_13_what_a_silent_stream_has_lost_the_list_of_open_orders_contradicts(
    lost: str,
) -> None:
    ear = Ear()
    listed = OpenOrders(ear.tracker, lambda _: True)
    heard(OPEN, ear=ear)
    rests = order_row(1, cloid="0x" + "c" * 32)
    listed.on_list(leaves_of([order_of(rests)]))
    assert listed.contradicted() == []
    match lost:
        case "fill":
            listed.on_list(leaves_of([order_of(rests | {"sz": "0.5"})]))
            found = fill(1)
        case "end":
            listed.on_list({})
            found = update("canceled")
        case "order":
            heard(modifying(1, "1.0", "59000"), ear=ear)
            replaced = order_of(rests | {"oid": 2, "limitPx": "59000.0"})
            listed.on_list(leaves_of([replaced]))
            ear.observer.on_listed(replaced)
            found = update("canceled")
    assert listed.contradicted() == [ID] or ear.tracker.has_made(ID, 1)
    heard(found, ear=ear)
    assert listed.contradicted() == []


def test_race_13_a_list_of_before_the_gap_contradicts_nothing() -> None:
    ear = Ear()
    listed = OpenOrders(ear.tracker, lambda _: True)
    listed.on_list({})
    heard(OPEN, ear=ear)
    assert listed.contradicted() == [ID]
    listed.forget()
    assert listed.contradicted() == []


def test_race_14_what_another_account_does_is_not_ours() -> None:
    ear = Ear()
    for hears in ((update("open", 9, cloid=None), OPEN), (OPEN, update("filled", 9, cloid="0x9"))):
        assert [hear(ear) is None for hear in hears].count(True) == 1
    assert ear.tracker.is_open(ID)


def test_race_15_all_connections_of_one_address_share_its_limit() -> None:
    mine = shared_governor("http://127.0.0.1:15")
    free = mine.remaining
    other = shared_governor("http://127.0.0.1:15")
    assert other.try_acquire(10)
    assert mine.try_acquire(20)
    assert mine.remaining == other.remaining == free - 30


def test_fills_are_told_in_the_order_in_which_they_came() -> None:
    events = heard(OPEN, fill(2, "0.3"), fill(1, "0.3"))
    assert [e.fill.trade_id for e in events if isinstance(e, Filled)] == ["2", "1"]
