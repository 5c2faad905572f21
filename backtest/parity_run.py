"""The orders of a recorded run beside those of its replay; pure, it runs nothing."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from backtest.orders import OrderRecord
from backtest.parity_trips import TripPair, pair_trips, worse_bps


class OrderPair(msgspec.Struct, frozen=True, kw_only=True):
    """
    One order in both runs.

    Attributes
    ----------
    key : str
        What both come from.
    recorded, replayed : OrderRecord or None
        None where only the other has it.
    worse_bps : Decimal or None
        By how many hundredths of a percent the recorded fill was worse than the replayed one,
        better if negative; None unless both are filled.
    faults : list of str
        What differs and should not, in words.

    """

    key: str
    recorded: OrderRecord | None
    replayed: OrderRecord | None
    worse_bps: Decimal | None
    faults: list[str]


class RunParity(msgspec.Struct, frozen=True, kw_only=True):
    """
    A recorded run beside its replay.

    Attributes
    ----------
    pairs : list of OrderPair
        In the order of the recorded run, then what only the replay has.
    matched_percent : Decimal or None
        Which share of the orders agrees; None where there is none.
    trips : list of TripPair
        The round trips that have ended in one of the two.
    filled : int
        Orders that both runs have filled.
    faulty : int
        Orders that differ in what they should not.
    worse_bps : Decimal or None
        The mean over what both have filled; None where there is none.
    notes : list of str
        What was not replayed or not judged, in words.

    """

    pairs: list[OrderPair]
    matched_percent: Decimal | None
    trips: list[TripPair]
    filled: int
    faulty: int
    worse_bps: Decimal | None
    notes: list[str] = []

    @property
    def is_equal(self) -> bool:
        """Whether there were orders and none of them differs."""
        return bool(self.pairs) and not self.faulty


def compare_runs(
    recorded: Sequence[OrderRecord], replayed: Sequence[OrderRecord], size_percent: Decimal
) -> RunParity:
    """
    Lay orders side by side.

    Which orders there are, their sides and their sizes must agree, and whether they were filled;
    prices are only measured, since a bar's close is not what a venue offers at that moment.

    Parameters
    ----------
    recorded, replayed : sequence of OrderRecord
        Each in its order.
    size_percent : Decimal
        How far apart two sizes may be.

    """
    ours = {order.key: order for order in replayed}
    theirs = {order.key: order for order in recorded}
    keys = [*theirs, *(key for key in ours if key not in theirs)]
    pairs = [_pair(key, theirs.get(key), ours.get(key), size_percent) for key in keys]
    worse = [pair.worse_bps for pair in pairs if pair.worse_bps is not None]
    faulty = sum(bool(pair.faults) for pair in pairs)
    return RunParity(
        pairs=pairs,
        matched_percent=_rounded(Decimal(100 * (len(pairs) - faulty)) / len(pairs))
        if pairs
        else None,
        trips=pair_trips(recorded, replayed),
        filled=len(worse),
        faulty=faulty,
        worse_bps=_rounded(sum(worse, Decimal(0)) / len(worse)) if worse else None,
    )


def _pair(
    key: str, recorded: OrderRecord | None, replayed: OrderRecord | None, size_percent: Decimal
) -> OrderPair:
    faults = []
    worse = None
    if recorded is None or replayed is None:
        faults.append("only in the replay" if recorded is None else "only in the recorded run")
    else:
        faults = _faults(recorded, replayed, size_percent)
        worse = _worse_bps(recorded, replayed)
    return OrderPair(key=key, recorded=recorded, replayed=replayed, worse_bps=worse, faults=faults)


def _faults(one: OrderRecord, other: OrderRecord, size_percent: Decimal) -> list[str]:
    faults = []
    if one.side != other.side:
        faults.append(f"{one.side} beside {other.side}")
    if abs(one.quantity - other.quantity) > other.quantity * size_percent / 100:
        faults.append(f"a size of {one.quantity:f} beside {other.quantity:f}")
    if bool(one.filled) != bool(other.filled):
        faults.append(f"{one.status} beside {other.status}")
    return faults


def _worse_bps(recorded: OrderRecord, replayed: OrderRecord) -> Decimal | None:
    if recorded.price is None or replayed.price is None:
        return None
    return worse_bps(recorded.price, replayed.price, is_buy=recorded.side == "buy")


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01"))
