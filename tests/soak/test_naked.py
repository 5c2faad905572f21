"""Stretches without a stop are found in a venue's records, and outages are taken out of them."""

from decimal import Decimal

import pytest

from simulator.exchange.events import Fill, OrderChanged
from simulator.exchange.model import Order, OrderRequest, Side, Status, Trigger, TriggerKind
from tests.soak.naked import Span, naked_spans, overlap_ms

ONE = Decimal(1)


def fill(time_ms: int, change: int, start: int = 0) -> Fill:
    side = Side.BUY if change > 0 else Side.SELL
    size = Decimal(abs(change))
    return Fill(
        "a", 0, 1, None, side, ONE, size, time_ms, Decimal(start), ONE, ONE, 1, crossed=True
    )


def stop(
    time_ms: int, status: Status, side: Side = Side.SELL, size: int = 1, oid: int = 7
) -> OrderChanged:
    trigger = Trigger(TriggerKind.STOP, ONE, is_market=True)
    request = OrderRequest(0, side, ONE, Decimal(size), reduce_only=True, trigger=trigger)
    order = Order(oid, "a", request, time_ms, Decimal(size), time_ms, status)
    return OrderChanged(order, status, time_ms)


def lengths(*changes: Fill | OrderChanged, end_ms: int = 1_000) -> list[tuple[int, int]]:
    fills = [each for each in changes if isinstance(each, Fill)]
    rows = [each for each in changes if isinstance(each, OrderChanged)]
    return [(span.start_ms, span.end_ms) for span in naked_spans(fills, rows, end_ms)]


def test_a_position_is_naked_from_its_fill_until_its_stop_rests() -> None:
    assert lengths(fill(100, 1), stop(130, Status.OPEN)) == [(100, 130)]


def test_a_position_without_any_stop_is_naked_until_it_is_flat_or_until_now() -> None:
    assert lengths(fill(100, 1), fill(400, -1, start=1)) == [(100, 400)]
    assert lengths(fill(100, 1)) == [(100, 1_000)]


def test_a_stop_that_ends_leaves_it_naked_and_a_replacement_in_the_same_instant_does_not() -> None:
    entered = (fill(100, 1), stop(100, Status.OPEN))
    assert lengths(*entered, stop(300, Status.CANCELED), stop(350, Status.OPEN, oid=8)) == [
        (300, 350)
    ]
    assert not lengths(*entered, stop(300, Status.CANCELED), stop(300, Status.OPEN, oid=8))


def test_a_stop_on_the_wrong_side_or_for_a_part_covers_nothing() -> None:
    assert lengths(fill(100, 1), stop(100, Status.OPEN, Side.BUY)) == [(100, 1_000)]
    assert lengths(fill(100, 2), stop(100, Status.OPEN)) == [(100, 1_000)]
    # The stop of a long does not protect the short that it was turned into.
    assert lengths(fill(100, 1), stop(100, Status.OPEN), fill(200, -2, start=1)) == [(200, 1_000)]


@pytest.mark.parametrize(
    ("others", "wanted_ms"),
    [
        ([], 0),
        ([Span(0, 150, "")], 50),
        ([Span(120, 130, ""), Span(125, 140, ""), Span(190, 300, "")], 30),
        ([Span(0, 50, ""), Span(250, 300, "")], 0),
        ([Span(0, 1_000, ""), Span(110, 120, "")], 100),
    ],
)
def test_what_overlaps_counts_once(others: list[Span], wanted_ms: int) -> None:
    assert overlap_ms(Span(100, 200, ""), others) == wanted_ms
