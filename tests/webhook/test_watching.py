"""Gaps, silence and drift are told, each once, and nothing else is."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from strategies.alert_warning import AlertTrouble
from strategies.signals import Action
from tests.webhook.alert_forms import alert
from webhook.alerts import Alert
from webhook.continuity import Continuity
from webhook.drift import Drift
from webhook.silence import NANOS_PER_SEC, Silence

POSITIONS = st.decimals(-3, 3, places=1)
SEC = NANOS_PER_SEC


def chain(positions: Sequence[Decimal]) -> list[Alert]:
    """Make the alerts of a sender that states each position it comes from and goes to."""
    return [
        alert(str(i), Action.TARGET, before=str(before), stated=str(after), sequence=i)
        for i, (before, after) in enumerate(pairwise(positions))
    ]


@given(st.lists(POSITIONS, min_size=2))
def test_alerts_that_all_come_are_continuous(positions: list[Decimal]) -> None:
    continuity = Continuity()
    assert [gap for one in chain(positions) for gap in continuity.check(one)] == []


@given(st.lists(POSITIONS, min_size=4, unique=True), st.data())
def test_an_alert_that_is_missing_is_noticed_by_position_and_by_number(
    positions: list[Decimal], data: st.DataObject
) -> None:
    alerts = chain(positions)
    missing = data.draw(st.integers(1, len(alerts) - 2))
    continuity = Continuity()
    gaps = [continuity.check(one) for one in alerts[:missing] + alerts[missing + 1 :]]
    troubles = [gap.trouble for gap in gaps[missing]]
    assert troubles == [AlertTrouble.POSITION_GAP, AlertTrouble.SEQUENCE_GAP]
    assert [gap for others in gaps[:missing] + gaps[missing + 1 :] for gap in others] == []


@given(st.lists(POSITIONS, min_size=3), st.data())
def test_an_earlier_process_hands_over_where_it_stood(
    positions: list[Decimal], data: st.DataObject
) -> None:
    alerts = chain(positions)
    cut = data.draw(st.integers(1, len(alerts) - 1))
    assert Continuity(alerts[cut - 1]).check(alerts[cut]) == []


def test_what_states_nothing_is_not_compared() -> None:
    continuity = Continuity(alert(stated="1"))
    assert continuity.check(alert("2")) == []
    assert continuity.check(alert("3", before="5", stated="6")) == []
    assert continuity.check(alert("4", None)) == []  # a heartbeat
    (gap,) = continuity.check(alert("5", before="7"))
    assert gap.message.startswith("Expected an alert that starts from the position 6, was 7")


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=40))
def test_each_silence_is_told_once_and_only_when_it_is_long_enough(
    steps: list[tuple[int, bool]],
) -> None:
    silence = Silence({"a": 10.0}, 0)
    now = last = 0
    is_told = False
    for secs, is_alert in steps:
        now += secs * SEC
        if is_alert:
            silence.heard("a", now)
            silence.heard("b", now)  # nobody asked for it
            last, is_told = now, False
        expected = now - last >= 10 * SEC and not is_told
        assert silence.next_ns() == (None if is_told else last + 10 * SEC)
        found = silence.due(now)
        assert [(one.strategy, one.for_ns) for one in found] == (
            [("a", now - last)] if expected else []
        )
        is_told = is_told or expected


@given(POSITIONS, POSITIONS, st.sampled_from(["0.1", "0.5"]))
def test_a_position_that_differs_by_a_step_or_more_is_drift(
    stated: Decimal, held: Decimal, step: str
) -> None:
    drift = Drift(5 * SEC, lambda _alert: (held, Decimal(step)))
    drift.done(alert(stated=str(stated)), 0)
    assert drift.due(5 * SEC - 1) == []
    assert drift.next_ns() == 5 * SEC
    found = drift.due(5 * SEC)
    assert [(one.stated, one.held) for one in found] == (
        [(stated, held)] if abs(stated - held) >= Decimal(step) else []
    )
    assert drift.due(9 * SEC) == []
    assert drift.next_ns() is None


def test_only_the_latest_statement_is_compared() -> None:
    drift = Drift(5 * SEC, lambda _alert: (Decimal(0), Decimal("0.1")))
    drift.done(alert("1", stated="1"), 0)
    drift.done(alert("2", stated="2"), 1)
    drift.done(alert("3"), 2)  # states nothing
    assert [one.stated for one in drift.due(6 * SEC)] == [Decimal(2)]
    drift.done(alert("4", stated="3"), 0)
    drift.begun(alert("5"))
    assert drift.due(6 * SEC) == []


def test_a_strategy_without_a_position_to_tell_is_not_compared() -> None:
    drift = Drift(0, lambda _alert: None)
    drift.done(alert(stated="1"), 0)
    assert drift.due(1) == []
