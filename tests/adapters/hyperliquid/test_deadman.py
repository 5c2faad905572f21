"""The scheduled cancel is moved at half of its time, and known when it protects nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hyperliquid.deadman import DeadMansSwitch

DAY = 86_400_000
NOON = 20_000 * DAY + DAY // 2
GATE = (
    "Cannot set scheduled cancel time until enough volume traded. Required: $1000000."
    " Traded: $12066.75."
)


def test_it_is_armed_at_once_and_moved_at_half_of_its_time() -> None:
    switch = DeadMansSwitch(60)
    assert not switch.is_armed
    assert switch.due(NOON) == NOON + 60_000

    switch.armed(NOON + 60_000)
    assert switch.is_armed
    assert switch.due(NOON + 29_999) is None
    assert switch.due(NOON + 30_000) == NOON + 90_000


def test_an_answer_that_stayed_away_is_asked_for_again() -> None:
    switch = DeadMansSwitch(60)
    assert switch.due(NOON) == NOON + 60_000
    assert switch.due(NOON + 1_000) == NOON + 61_000


def test_a_clean_stop_leaves_nothing_armed() -> None:
    switch = DeadMansSwitch(60)
    switch.armed(NOON + 60_000)
    switch.cleared()
    assert not switch.is_armed
    assert switch.protects(NOON + 61_000)


def test_the_volume_gate_ends_it_and_calls_for_the_watchdog() -> None:
    switch = DeadMansSwitch(60)
    assert switch.protects(NOON)
    assert switch.refused(GATE)
    assert not switch.protects(NOON)
    assert switch.due(NOON) is None


def test_other_refusals_do_not_end_it() -> None:
    switch = DeadMansSwitch(60)
    assert not switch.refused("Invalid nonce: duplicate nonce 1764221206959")
    assert switch.due(NOON) == NOON + 60_000


def fire(switch: DeadMansSwitch, now_ms: int) -> None:
    switch.armed(now_ms)
    switch.due(now_ms)


def test_ten_triggers_use_up_the_day_until_midnight_utc() -> None:
    switch = DeadMansSwitch(10)
    for number in range(10):
        assert switch.protects(NOON + number)
        fire(switch, NOON + number)
        assert not switch.is_armed
    assert not switch.protects(NOON + 10)
    assert switch.due(20_001 * DAY - 1) is None
    assert switch.due(20_001 * DAY) == 20_001 * DAY + 10_000


def test_a_trigger_counts_for_the_day_in_which_it_fired() -> None:
    switch = DeadMansSwitch(10)
    for number in range(9):
        fire(switch, NOON + number)
    switch.armed(20_001 * DAY - 1)
    # It is noticed only after midnight, with a new day's triggers all there.
    assert switch.protects(20_001 * DAY + 5)
    for number in range(10):
        assert switch.protects(20_001 * DAY + 5 + number)
        fire(switch, 20_001 * DAY + 5 + number)
    assert not switch.protects(20_001 * DAY + 100)


@pytest.mark.parametrize("secs", [0, 5, 9])
def test_too_short_a_time_is_refused(secs: int) -> None:
    with pytest.raises(ValueError, match=f"at least 10 s before the cancel, was {secs}"):
        DeadMansSwitch(secs)


@given(
    st.integers(10, 600),
    st.lists(st.tuples(st.integers(1, 2_000), st.booleans()), max_size=200),
)
def test_while_it_is_asked_and_answered_it_never_fires_nor_breaks_the_venues_minimum(
    secs: int, steps: list[tuple[int, bool]]
) -> None:
    switch, now, held = DeadMansSwitch(secs), NOON, NOON + secs * 1_000
    switch.armed(held)
    is_missed = False
    for elapsed, answered in steps:
        now += elapsed
        time_ms = switch.due(now)
        if time_ms is None:
            assert held - now > secs * 500
            continue
        assert time_ms - now >= 10_000
        # At most one answer in a row stays away.
        is_missed = not (answered or is_missed)
        if not is_missed:
            switch.armed(time_ms)
            held = time_ms
        assert held > now
