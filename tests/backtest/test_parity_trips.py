"""Round trips made of orders, worked out by hand, and those of two runs side by side."""

from decimal import Decimal

import msgspec

from backtest.orders import OrderRecord
from backtest.parity_trips import pair_trips, round_trips


def filled(
    key: str, side: str, size: str, price: str, *, at: int, made: int = 0, fees: str = "0"
) -> OrderRecord:
    return OrderRecord(
        key=key,
        strategy="s",
        instrument="i",
        kind="MARKET",
        side=side,
        status="FILLED",
        time_ns=made or at,
        quantity=Decimal(size),
        filled=Decimal(size),
        price=Decimal(price),
        trigger=None,
        fees=Decimal(fees),
        last_ns=at,
    )


def test_a_turn_ends_one_trip_and_begins_another() -> None:
    orders = [
        filled("s:1", "buy", "2", "100", at=1, fees="1"),
        filled("s:2", "sell", "6", "110", at=2, fees="3"),
        filled("s:3", "buy", "4", "105", at=3, fees="2"),
    ]

    long, short = round_trips(orders)

    assert (long.key, long.side, long.quantity) == ("s:1", "long", Decimal(2))
    assert (long.entry_price, long.exit_price) == (Decimal(100), Decimal(110))
    # A third of the turning order's fee is of what left.
    assert (long.fees, long.pnl) == (Decimal(2), Decimal(18))
    assert (short.key, short.side, short.quantity) == ("s:2", "short", Decimal(4))
    assert (short.fees, short.pnl) == (Decimal(4), Decimal(16))


def test_what_adds_and_what_leaves_in_parts_is_averaged() -> None:
    orders = [
        filled("s:1", "sell", "1", "100", at=1),
        filled("s:2", "sell", "3", "104", at=2),
        filled("s:3", "buy", "2", "90", at=3),
        filled("s:4", "buy", "2", "94", at=4),
    ]

    (trip,) = round_trips(orders)

    assert (trip.key, trip.side, trip.quantity) == ("s:1", "short", Decimal(4))
    assert (trip.entry_price, trip.exit_price) == (Decimal(103), Decimal(92))
    assert trip.pnl == Decimal(44)


def test_a_stop_counts_when_it_fills_and_not_when_it_was_made() -> None:
    stop = filled("s:1 STOP", "sell", "2", "95", made=2, at=9)
    orders = [
        filled("s:1", "buy", "1", "100", at=1),
        stop,
        filled("s:2", "buy", "1", "102", at=5),
    ]

    (trip,) = round_trips(orders)

    assert (trip.quantity, trip.exit_price) == (Decimal(2), Decimal(95))


def test_what_is_not_filled_or_still_held_is_no_trip() -> None:
    resting = msgspec.structs.replace(
        filled("s:1 STOP", "sell", "1", "95", at=2), filled=Decimal(0), price=None
    )

    assert round_trips([filled("s:1", "buy", "1", "100", at=1), resting]) == []


def test_trips_of_two_runs_are_laid_side_by_side_by_what_opened_them() -> None:
    recorded = [
        filled("s:1", "buy", "1", "100.01", at=1),
        filled("s:2", "sell", "1", "109.989", at=2),
        filled("s:5", "buy", "1", "100", at=5),
        filled("s:6", "sell", "1", "100", at=6),
    ]
    replayed = [filled("s:1", "buy", "1", "100", at=1), filled("s:2", "sell", "1", "110", at=2)]

    both, only = pair_trips(recorded, replayed)

    # A basis point dearer in, one cheaper out.
    assert (both.entry_worse_bps, both.exit_worse_bps) == (Decimal("1.00"), Decimal("1.00"))
    assert both.pnl_apart == Decimal("-0.021")
    assert only.recorded is not None
    assert (only.replayed, only.pnl_apart) == (None, None)
