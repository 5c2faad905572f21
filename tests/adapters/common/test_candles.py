"""Each candle becomes final once, in order, and only if it was seen to its end."""

import math

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from adapters.common.candles import CandleBoard, CandleSeries
from adapters.hyperliquid.schemas import Candle

STEP = 60_000
GRACE = 2_000


def candle(index: int, n: int = 1, close: float = 100.0) -> Candle:
    t = index * STEP
    return Candle(t, t + STEP - 1, "BTC", "1m", 100.0, close, 200.0, 50.0, float(n), n)


def finals_of(series: CandleSeries[Candle], updates: list[Candle]) -> list[Candle]:
    return [final for update in updates if (final := series.on_candle(update)) is not None]


def test_a_later_candle_makes_the_open_one_final() -> None:
    series = CandleSeries[Candle](GRACE)

    finals = finals_of(series, [candle(1, 1), candle(1, 5), candle(2, 1)])

    assert finals == [candle(1, 5)]


def test_an_open_candle_is_not_final_before_the_grace_is_over() -> None:
    series = CandleSeries[Candle](GRACE)
    series.on_candle(candle(1))

    assert series.on_time(2 * STEP + GRACE - 1) is None
    assert series.on_time(2 * STEP + GRACE) == candle(1)
    assert series.on_time(2 * STEP + GRACE) is None
    assert series.due_ms == math.inf


def test_updates_of_a_final_candle_are_ignored() -> None:
    series = CandleSeries[Candle](GRACE)
    finals_of(series, [candle(1), candle(2)])

    assert finals_of(series, [candle(1, 9), candle(0, 9)]) == []
    assert series.on_time(10 * STEP) == candle(2)
    assert finals_of(series, [candle(2, 9)]) == []


def test_an_older_state_of_the_open_candle_does_not_replace_a_newer_one() -> None:
    series = CandleSeries[Candle](GRACE)

    assert finals_of(series, [candle(1, 5), candle(1, 3), candle(2)]) == [candle(1, 5)]


def test_no_history_is_needed_if_the_gap_lies_within_one_candle() -> None:
    series = CandleSeries[Candle](GRACE)
    series.on_candle(candle(1, 2))
    series.mark_gap()

    assert series.on_time(9 * STEP) is None
    assert series.on_candle(candle(1, 7)) is None
    assert series.missing is None
    assert series.on_candle(candle(2)) == candle(1, 7)


def test_a_gap_over_candles_holds_everything_back_until_history_has_come() -> None:
    series = CandleSeries[Candle](GRACE)
    series.on_candle(candle(1, 2))
    series.mark_gap()

    assert finals_of(series, [candle(4, 1), candle(4, 2), candle(5, 1)]) == []
    assert series.missing == (1 * STEP, 4 * STEP)
    assert series.on_time(9 * STEP) is None

    history = [candle(0), candle(3, 8), candle(1, 8), candle(2, 8), candle(4, 1)]
    finals = series.fill(4 * STEP, history)

    assert finals == [candle(1, 8), candle(2, 8), candle(3, 8), candle(4, 2)]
    assert series.missing is None
    assert series.on_candle(candle(6)) == candle(5, 1)


def test_history_that_another_gap_has_overtaken_is_not_used() -> None:
    series = CandleSeries[Candle](GRACE)
    series.on_candle(candle(1))
    series.mark_gap()
    series.on_candle(candle(3))
    series.mark_gap()

    assert series.fill(3 * STEP, [candle(1), candle(2)]) == []
    assert series.missing is None

    series.on_candle(candle(5))
    assert series.missing == (1 * STEP, 5 * STEP)
    assert series.fill(5 * STEP, [candle(i) for i in (1, 2, 3, 4)]) == [
        candle(i) for i in (1, 2, 3, 4)
    ]


def test_a_candle_cut_off_by_a_gap_is_never_emitted_from_the_stream_alone() -> None:
    series = CandleSeries[Candle](GRACE)
    series.on_candle(candle(1, 2))
    series.mark_gap()
    series.on_candle(candle(3))

    assert series.fill(3 * STEP, []) == []
    assert series.on_candle(candle(4)) == candle(3)


@given(st.data())
def test_finals_are_unique_ordered_and_complete_under_repeats_and_reorder(
    data: st.DataObject,
) -> None:
    # What the venue prints: for each minute a growing candle; some minutes have no trade at all.
    minutes = sorted(data.draw(st.sets(st.integers(0, 30), min_size=2, max_size=12)))
    truth = [candle(m, data.draw(st.integers(1, 4))) for m in minutes]
    stream: list[Candle] = []
    for last in truth:
        grown = [candle(last.t // STEP, n) for n in range(1, last.n + 1)]
        # Within a minute frames may repeat and come out of order, but the last state does come.
        stream += [*data.draw(st.lists(st.sampled_from(grown), max_size=5)), last]
        stream += data.draw(st.lists(st.sampled_from(stream), max_size=2))

    series = CandleSeries[Candle](GRACE)
    finals: list[Candle] = []
    for update in stream:
        final = series.on_candle(update)
        finals += [final] if final else []
        if data.draw(st.booleans()):
            # The venue's time never runs ahead of what it has printed by the grace.
            final = series.on_time(update.T + 1)
            finals += [final] if final else []

    last = series.on_time(truth[-1].T + 1 + GRACE)
    assert [*finals, last] == truth


@given(st.data())
def test_with_gaps_each_candle_is_still_final_once_and_as_the_venue_has_it(
    data: st.DataObject,
) -> None:
    truth = [candle(m, 4) for m in range(data.draw(st.integers(3, 15)))]
    cut = data.draw(st.sets(st.sampled_from(truth[:-1])))
    series = CandleSeries[Candle](GRACE)
    finals: list[Candle] = []
    for last in truth:
        for n in range(1, 5):
            if last in cut and data.draw(st.booleans()):
                series.mark_gap()
            elif final := series.on_candle(msgspec.structs.replace(last, n=n, v=float(n))):
                finals.append(final)
        if series.missing and data.draw(st.booleans()):
            from_t, before_t = series.missing
            finals += series.fill(before_t, [c for c in truth if from_t <= c.t < before_t])
    if series.missing:
        from_t, before_t = series.missing
        finals += series.fill(before_t, [c for c in truth if from_t <= c.t < before_t])

    opens = [final.t for final in finals]
    assert opens == sorted(set(opens))
    first = finals[0].t if finals else 0
    assert all(final in truth for final in finals)
    assert opens == [c.t for c in truth if first <= c.t <= (opens[-1] if opens else -1)]


def test_the_board_closes_only_what_is_due_and_keeps_the_venues_latest_time() -> None:
    board = CandleBoard[Candle](GRACE)
    board.add("BTC", "1m")
    board.add("ETH", "1m")
    eth = msgspec.structs.replace(candle(5), s="ETH")
    board.on_candle(candle(1))
    board.on_candle(eth)

    assert board.on_time(2 * STEP) == []
    assert board.on_time(2 * STEP + GRACE) == [candle(1)]
    assert board.on_time(STEP) == []
    assert board.now_ms == 2 * STEP + GRACE
    assert board.on_time(6 * STEP + GRACE) == [eth]


def test_the_board_ignores_what_is_not_subscribed() -> None:
    board = CandleBoard[Candle](GRACE)
    board.add("BTC", "1m")
    board.on_candle(candle(1))
    board.remove("BTC", "1m")

    assert board.on_candle(candle(2)) is None
    assert board.on_time(9 * STEP) == []
    assert board.missing("BTC", "1m") is None
    assert board.fill("BTC", "1m", STEP, [candle(1)]) == []
