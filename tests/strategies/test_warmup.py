"""History and live bars, merged."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from strategies.warmup import BarMerger


@dataclass(frozen=True)
class Stub:
    ts_event: int
    is_live: bool


@given(
    history=st.lists(st.integers(1, 60)),
    live=st.lists(st.integers(1, 80), unique=True).map(sorted),
    answered_after=st.integers(0, 80),
)
def test_every_bar_comes_once_and_in_order_whenever_the_history_is_answered(
    history: list[int], live: list[int], answered_after: int
) -> None:
    merger: BarMerger[Stub] = BarMerger(wait_max=1_000)
    seen: list[Stub] = []
    answered = min(answered_after, len(live))
    for ts in live[:answered]:
        assert merger.add_live(Stub(ts, is_live=True)) == []
    for ts in history:
        merger.add_history(Stub(ts, is_live=False))
    seen += merger.finish()
    for ts in live[answered:]:
        seen += merger.add_live(Stub(ts, is_live=True))
    times = [bar.ts_event for bar in seen]
    assert times == sorted(set(times))
    newest_before = max([*history, *live[:answered]], default=0)
    late = {ts for ts in live[answered:] if ts > newest_before}
    assert set(times) == {*history, *live[:answered], *late}


def test_a_history_that_never_comes_is_not_waited_for_forever() -> None:
    merger: BarMerger[Stub] = BarMerger(wait_max=3)
    first, second, third = (Stub(ts, is_live=True) for ts in (1, 2, 3))
    assert merger.add_live(first) == []
    assert merger.add_live(second) == []
    assert merger.add_live(third) == [first, second, third]
    assert not merger.is_waiting
    merger.add_history(Stub(0, is_live=False))
    assert merger.finish() == []
