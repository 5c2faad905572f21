"""What is due for a position without its stop, and when at the latest."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from risk.events import StopAction
from risk.stops import Cover, Stop, StopWatch, cover_of

D = Decimal
SECOND = 1_000_000_000
NAKED = 15 * SECOND


def test_only_what_rests_for_all_of_it_covers_a_position() -> None:
    assert cover_of(D(2), [Stop(D(2), is_resting=True)]) is Cover.RESTING
    assert cover_of(D(2), [Stop(D(1), is_resting=True)]) is Cover.MISSING
    halves = [Stop(D(1), is_resting=True), Stop(D(1), is_resting=True)]
    assert cover_of(D(2), halves) is Cover.RESTING
    halves[1] = Stop(D(1), is_resting=False)
    assert cover_of(D(2), halves) is Cover.ON_ITS_WAY
    assert cover_of(D(2), []) is Cover.MISSING


def test_a_replacement_is_left_alone_and_a_missing_stop_is_not() -> None:
    watch = StopWatch(NAKED)
    assert watch.look("p", Cover.MISSING, 0) is None
    assert watch.look("p", Cover.RESTING, SECOND) is None
    assert watch.look("p", Cover.MISSING, 2 * SECOND) is None
    assert watch.look("p", Cover.MISSING, 3 * SECOND) is StopAction.REATTACH
    assert watch.look("p", Cover.ON_ITS_WAY, 4 * SECOND) is None
    assert watch.naked_ns("p", 4 * SECOND) == 2 * SECOND


def test_what_is_on_its_way_for_too_long_is_no_stop() -> None:
    watch = StopWatch(NAKED)
    watch.look("p", Cover.ON_ITS_WAY, 0)
    assert watch.look("p", Cover.ON_ITS_WAY, NAKED - 1) is None
    assert watch.look("p", Cover.ON_ITS_WAY, NAKED) is StopAction.FLATTEN


def test_another_position_of_the_same_id_starts_anew() -> None:
    watch = StopWatch(NAKED)
    watch.look("p", Cover.MISSING, 0)
    watch.keep_only(["q"])
    assert watch.look("p", Cover.MISSING, NAKED) is None


@given(st.lists(st.sampled_from([Cover.MISSING, Cover.ON_ITS_WAY]), min_size=17, max_size=30))
def test_no_position_is_naked_for_longer_than_the_bound(covers: list[Cover]) -> None:
    watch = StopWatch(NAKED)
    for second, cover in enumerate(covers):
        action = watch.look("p", cover, second * SECOND)
        assert (action is StopAction.FLATTEN) == (second >= 15)
