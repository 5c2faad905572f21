"""The races of section 9.2 of the Hyperliquid protocol sheet, each in both orders of arrival."""

from decimal import Decimal
from itertools import permutations

import pytest

from adapters.common.order_events import (
    Accepted,
    CancelRejected,
    End,
    Filled,
    OrderEvent,
    Rejected,
    Unexplained,
    Updated,
)
from adapters.common.order_tracker import OrderTracker
from tests.adapters.common.stories import (
    ID,
    TEN,
    Observe,
    canceled,
    ended,
    fill_of,
    filled,
    modify_accepted,
    modify_refused,
    modify_sent,
    opened,
    refused,
    story,
    told,
    tracking,
)


def assert_in_any_order(
    expected: list[str], *observations: Observe, first: tuple[Observe, ...] = ()
) -> None:
    for arrival in permutations(observations):
        assert told(story(*first, *arrival)) == expected


# --- Section 9.2: the races, both orders of arrival ---


def test_race_01_order_update_and_acknowledgement_accept_once() -> None:
    assert_in_any_order(["Accepted"], opened(), opened(size=10))


def test_race_02_a_fill_before_open_and_acknowledgement_is_accepted_first() -> None:
    assert_in_any_order(["Accepted", "T1"], opened(), opened(size=10), filled("T1", 4))


def test_race_02_status_filled_before_its_fills_waits_for_them() -> None:
    early = story(opened(), ended(End.FILLED))
    assert told(early) == ["Accepted"]
    tracker = tracking()
    assert told(story(ended(End.FILLED), filled("T1", 4), tracker=tracker)) == ["Accepted", "T1"]
    assert tracker.doubtful() == [ID]
    assert told(story(filled("T2", 6), tracker=tracker)) == ["T2"]
    assert tracker.doubtful() == []


def test_race_02_several_fills_in_one_message_are_all_reported() -> None:
    arrivals = (opened(), ended(End.FILLED), filled("T1", 4), filled("T2", 4), filled("T3", 2))
    for arrival in permutations(arrivals):
        events = told(story(*arrival))
        assert events[0] == "Accepted"
        assert sorted(events[1:]) == ["T1", "T2", "T3"]


def test_race_03_an_order_unknown_to_the_venue_yet_stays_open_and_in_doubt() -> None:
    tracker = tracking()
    tracker.outcome_unknown(ID)
    assert tracker.doubtful() == [ID]
    assert told(story(opened(), tracker=tracker)) == ["Accepted"]
    assert tracker.doubtful() == []


def test_race_03_an_order_that_never_arrived_is_rejected_when_that_is_known() -> None:
    tracker = tracking()
    tracker.outcome_unknown(ID)
    assert told(story(refused("never arrived"), tracker=tracker)) == ["Rejected"]
    assert tracker.doubtful() == []


def test_race_04_open_and_filled_in_one_message_count_once() -> None:
    assert_in_any_order(["Accepted", "T1"], opened(size=10), ended(End.FILLED), filled("T1", 10))


def test_race_05_modify_in_any_order_is_one_update_and_no_cancel() -> None:
    assert_in_any_order(
        ["Accepted", "Updated"],
        canceled(0),
        opened("V2", 7),
        modify_accepted(1, "V2"),
        first=(opened(), modify_sent(1, 7)),
    )


def test_race_05_update_carries_the_new_id_quantity_and_price() -> None:
    first = (opened(), filled("T1", 3), modify_sent(1, 5, price=99))
    events = story(*first, canceled(3), opened("V2", 5))
    assert events[-1] == Updated(ID, "V2", Decimal(8), Decimal(99), None)


def test_race_05_a_fill_of_the_new_order_before_any_other_news_of_it_is_reported() -> None:
    news = (canceled(0), opened("V2", 7), modify_accepted(1, "V2"), filled("T1", 3, "V2"))
    for arrival in permutations(news):
        events = told(story(opened(), modify_sent(1, 7), *arrival))
        assert sorted(events) == ["Accepted", "T1", "Updated"]


def test_race_05_partial_fill_of_the_old_order_in_between_raises_the_quantity() -> None:
    news = (filled("T1", 2), canceled(2), modify_accepted(1, "V2"), filled("T2", 7, "V2"))
    for arrival in permutations(news):
        events = story(opened(), modify_sent(1, 7), *arrival)
        assert sorted(w for w in told(events) if w.startswith("T")) == ["T1", "T2"]
        updates = [event for event in events if isinstance(event, Updated)]
        assert updates[-1].quantity == 9
        assert isinstance(events[-1], Filled)


def test_race_05_second_modify_in_flight_ends_with_its_own_terms() -> None:
    news = (canceled(0), opened("V2", 7), modify_accepted(1, "V2"), canceled(0, "V2"))
    more = (opened("V3", 6), modify_accepted(2, "V3"))
    first = (opened(), modify_sent(1, 7, price=100), modify_sent(2, 6, price=101))
    for arrival in permutations((*news, *more)):
        tracker = tracking()
        events = story(*first, *arrival, tracker=tracker)
        assert events[-1] == Updated(ID, "V3", Decimal(6), Decimal(101), None)
        assert {type(event) for event in events} == {Accepted, Updated}
        assert tracker.leaves(ID) == 6


def test_race_05_modify_that_timed_out_but_was_executed_is_found_by_a_look_up() -> None:
    tracker = tracking()
    story(opened(), modify_sent(1, 7), tracker=tracker)
    tracker.outcome_unknown(ID)
    assert tracker.doubtful() == [ID]
    assert told(story(canceled(0), opened("V2", 7), tracker=tracker)) == ["Updated"]
    assert tracker.doubtful() == []


def test_race_05_modify_refused_after_its_cancel_leg_ran_ends_the_order() -> None:
    for arrival in permutations((canceled(0), modify_refused(1))):
        events = told(story(opened(), modify_sent(1, 7), *arrival))
        assert events == ["Accepted", "ModifyRejected", "Canceled"]


def test_race_05_modify_refused_because_the_order_was_filled() -> None:
    late = story(opened(), modify_sent(1, 7), filled("T1", 10), modify_refused(1))
    assert told(late) == ["Accepted", "T1"]
    early = story(opened(), modify_sent(1, 7), modify_refused(1), filled("T1", 10))
    assert told(early) == ["Accepted", "ModifyRejected", "T1"]


def test_race_05_a_complete_order_waits_for_the_fills_of_one_before_it_that_was_not_seen() -> None:
    tracker = tracking()
    early = story(opened(), modify_sent(1, 7), modify_sent(2, 5), canceled(0), tracker=tracker)
    early += story(opened("V3", 5), filled("T2", 5, "V3"), tracker=tracker)
    assert "T2" not in told(early)
    assert tracker.doubtful() == [ID]
    late = story(canceled(1, "V2"), filled("T1", 1, "V2"), tracker=tracker)
    assert sorted(word for word in told(late) if word != "Updated") == ["T1", "T2"]
    assert isinstance(late[-1], Filled)
    assert tracker.leaves(ID) is None


def test_race_05_a_fill_does_not_complete_an_order_whose_size_is_a_guess() -> None:
    first = (opened(), modify_sent(1, 5), modify_sent(2, 7), canceled(0), filled("T1", 5, "V2"))
    tracker = tracking()
    assert told(story(*first, tracker=tracker)) == ["Accepted"]
    assert tracker.doubtful() == [ID]
    late = story(
        modify_refused(1), modify_accepted(2, "V2"), filled("T2", 2, "V2"), tracker=tracker
    )
    assert told(late) == ["ModifyRejected", "Updated", "T1", "T2"]


def test_race_06_cancel_refused_and_the_fill_that_caused_it() -> None:
    def cancel_refused(tracker: OrderTracker) -> list[OrderEvent]:
        return tracker.cancel_refused(ID, "already filled")

    refusal_first = story(opened(), cancel_refused, filled("T1", 10))
    assert refusal_first[1] == CancelRejected(ID, "V1", "already filled")
    assert told(refusal_first) == ["Accepted", "CancelRejected", "T1"]
    assert told(story(opened(), filled("T1", 10), cancel_refused)) == ["Accepted", "T1"]


def test_race_06_canceled_waits_for_the_fills_before_it() -> None:
    assert_in_any_order(["Accepted", "T1", "Canceled"], opened(), filled("T1", 4), canceled(4))


def test_race_07_a_fill_from_two_channels_and_a_snapshot_counts_once() -> None:
    twice = (filled("T1", 4), filled("T1", 4))
    assert told(story(opened(), *twice, filled("T2", 6), *twice)) == ["Accepted", "T1", "T2"]


def test_race_08_error_acknowledgement_and_rejected_status_reject_once() -> None:
    assert_in_any_order(["Rejected"], refused(), refused(venue_order_id="V1"))


def test_race_08_a_refused_second_copy_leaves_the_order_open() -> None:
    assert told(story(opened(), refused("duplicate nonce"))) == ["Accepted"]


def test_race_09_capped_reduce_only_order_ends_with_what_was_filled() -> None:
    news = (opened(), ended(End.FILLED), canceled(4), filled("T1", 4))
    assert_in_any_order(["Accepted", "T1", "Canceled"], *news)
    told_twice = (opened(), ended(End.FILLED, 10), canceled(4), filled("T1", 4))
    assert_in_any_order(["Accepted", "T1", "Canceled"], *told_twice)


def test_race_09_sibling_cancel_before_the_order_is_known_is_accepted_and_canceled() -> None:
    assert_in_any_order(["Accepted", "Canceled"], opened(), canceled(0))


def test_race_09_liquidation_of_no_order_of_ours_has_no_events() -> None:
    tracker = OrderTracker()
    assert tracker.filled("somebody", fill_of("T1", 4)) == []
    assert not tracker.knows("somebody")


def test_race_12_refused_commands_of_a_dead_agent_leave_a_resting_order_alone() -> None:
    tracker = tracking()
    story(opened(), modify_sent(1, 7), tracker=tracker)
    assert told(tracker.modify_refused(ID, 1, "does not exist")) == ["ModifyRejected"]
    assert told(tracker.cancel_refused(ID, "does not exist")) == ["CancelRejected"]
    assert tracker.leaves(ID) == 10


def test_race_13_fills_lost_with_the_socket_keep_the_order_doubtful_until_recovered() -> None:
    tracker = tracking()
    assert told(story(opened(), canceled(4), tracker=tracker)) == ["Accepted"]
    assert tracker.doubtful() == [ID]
    assert told(story(filled("T1", 4), tracker=tracker)) == ["T1", "Canceled"]


def test_race_13_fills_lost_of_a_replaced_order_keep_its_successor_doubtful() -> None:
    tracker = tracking()
    story(opened(), modify_sent(1, 6), canceled(4), opened("V2", 6), tracker=tracker)
    assert tracker.doubtful() == [ID]
    assert told(story(filled("T1", 4), tracker=tracker)) == ["T1"]
    assert tracker.doubtful() == []
    assert tracker.leaves(ID) == 6


def test_race_14_events_of_another_account_have_no_effect() -> None:
    tracker = tracking()
    assert tracker.opened("of another account", "V9") == []
    assert tracker.ended("of another account", "V9", End.CANCELED, TEN) == []
    assert tracker.leaves(ID) == 10


# --- What is not a race ---


def test_trigger_is_reported_once_between_accepted_and_its_fill() -> None:
    def triggered(tracker: OrderTracker) -> list[OrderEvent]:
        return tracker.triggered(ID, "V1")

    tracker = tracking(reports_trigger=True)
    events = story(triggered, opened(), triggered, filled("T1", 10), triggered, tracker=tracker)
    assert told(events) == ["Accepted", "Triggered", "T1"]
    assert told(story(opened(), triggered)) == ["Accepted"]
    late = story(filled("T1", 4), triggered, tracker=tracking(reports_trigger=True))
    assert told(late) == ["Accepted", "T1"]


def test_trigger_that_goes_on_under_another_id_is_an_update() -> None:
    def triggered(tracker: OrderTracker) -> list[OrderEvent]:
        return tracker.triggered(ID, "V1")

    for arrival in permutations((triggered, opened("V2", 10))):
        events = story(opened(), *arrival, filled("T1", 10, "V2"), ended(End.FILLED, None, "V2"))
        assert told(events) == ["Accepted", "Updated", "T1"]


def test_a_modified_trigger_that_goes_on_under_another_id_is_an_update() -> None:
    news = (lambda t: t.triggered(ID, "V2"), opened("V3", 7), filled("T1", 7, "V3"))
    for arrival in permutations((*news, ended(End.FILLED, venue_order_id="V3"))):
        first = (opened(), modify_sent(1, 7), canceled(0), modify_accepted(1, "V2"))
        tracker = tracking()
        events = story(*first, *arrival, tracker=tracker)
        assert told(events)[:2] == ["Accepted", "Updated"]
        assert told(events)[-1] == "T1"
        assert not tracker.is_open(ID)


def test_trigger_that_fires_without_margin_is_canceled() -> None:
    assert told(story(opened(), refused("margin", "V1"))) == ["Accepted", "Canceled"]


def test_trigger_whose_other_order_is_refused_at_once_is_canceled() -> None:
    news = (lambda t: t.triggered(ID, "V1"), refused("no position", "V2"))
    assert_in_any_order(["Accepted", "Canceled"], *news, first=(opened(),))
    moved = (opened(), modify_sent(1, 7), canceled(0), modify_accepted(1, "V2"))
    for arrival in permutations((lambda t: t.triggered(ID, "V2"), refused("no", "V3"))):
        tracker = tracking()
        assert told(story(*moved, *arrival, tracker=tracker))[-1] == "Canceled"
        assert not tracker.is_open(ID)


def test_a_refusal_that_may_be_a_modifys_ends_no_order_that_has_fired() -> None:
    first = (opened(), lambda t: t.triggered(ID, "V1"), modify_sent(1, 7))
    for arrival in permutations((refused("would match", "V2"), modify_refused(1))):
        tracker = tracking()
        assert told(story(*first, *arrival, tracker=tracker)) == ["Accepted", "ModifyRejected"]
        assert tracker.is_open(ID)


def test_expired_order_ends_as_expired() -> None:
    assert told(story(opened(), ended(End.EXPIRED, 0))) == ["Accepted", "Expired"]


def test_post_only_refusal_says_so() -> None:
    tracker = tracking()
    assert tracker.refused(ID, "would match", due_post_only=True) == [
        Rejected(ID, "would match", due_post_only=True)
    ]


def test_unnamed_modify_stays_in_doubt_until_its_order_is_seen() -> None:
    tracker = tracking()
    story(opened(), modify_sent(1, 7, price=99), modify_accepted(1, None), tracker=tracker)
    assert tracker.doubtful() == [ID]
    events = story(opened("V2", 7), canceled(0), tracker=tracker)
    assert events == [Updated(ID, "V2", Decimal(7), Decimal(99), None)]


def test_leaves_is_what_the_venue_may_still_fill() -> None:
    tracker = tracking()
    assert tracker.leaves(ID) == 10
    story(opened(), filled("T1", 4), tracker=tracker)
    assert tracker.leaves(ID) == 6
    story(modify_sent(1, 3), modify_accepted(1, "V2"), tracker=tracker)
    assert tracker.leaves(ID) == 3
    story(canceled(4), canceled(0, "V2"), tracker=tracker)
    assert tracker.leaves(ID) is None


def test_fill_that_contradicts_the_end_is_unexplained_once() -> None:
    events = story(opened(), canceled(0), filled("T1", 4), filled("T1", 4))
    assert told(events) == ["Accepted", "Canceled", "Unexplained"]
    assert events[-1] == Unexplained(ID, fill_of("T1", 4))


def test_adopted_order_goes_on_where_it_was() -> None:
    tracker = OrderTracker()
    tracker.adopt(
        ID, "V2", quantity=TEN, filled=Decimal(5), size=Decimal(7), trade_ids=["T1", "T2"]
    )
    assert tracker.leaves(ID) == 5
    assert story(opened("V2", 7), filled("T2", 2, "V2"), tracker=tracker) == []
    events = story(canceled(4, "V2"), filled("T3", 2, "V2"), tracker=tracker)
    assert told(events) == ["T3", "Canceled"]


def test_older_venue_orders_of_an_adopted_order_only_bring_fills_that_were_missed() -> None:
    tracker = OrderTracker()
    tracker.adopt(ID, "V2", quantity=TEN, filled=Decimal(3), size=Decimal(7), trade_ids=["T1"])
    assert story(opened("V1", 10), canceled(5), filled("T1", 3), tracker=tracker) == []
    missed = story(filled("T2", 2), filled("T3", 7, "V2"), tracker=tracker)
    assert told(missed) == ["Updated", "T2", "T3"]
    assert missed[0] == Updated(ID, "V2", Decimal(12), None, None)
    assert not tracker.doubtful()


def test_order_cannot_be_tracked_twice() -> None:
    with pytest.raises(ValueError, match="Expected a new client order id, was O-1"):
        tracking().submitted(ID, TEN)


def test_late_duplicates_do_not_revive_a_forgotten_order() -> None:
    life = (opened(), filled("T1", 4), canceled(4))
    tracker = OrderTracker(closed_max=2)
    for client_order_id in ("O-1", "O-2", "O-3", "O-4"):
        tracker.submitted(client_order_id, TEN)
        tracker.opened(client_order_id, "V")
        tracker.ended(client_order_id, "V", End.CANCELED, Decimal(0))
    assert [tracker.knows(f"O-{number}") for number in (1, 2, 3, 4)] == [False, False, True, True]
    assert story(*life, *life, tracker=tracker) == []
    assert not tracker.knows(ID)
    assert tracker.doubtful() == []


def test_order_that_is_not_accepted_cannot_be_modified() -> None:
    with pytest.raises(ValueError, match="Expected an accepted order to modify, was O-1"):
        story(modify_sent(1, 7))
