"""Round trips made of orders, and those of a recorded run beside those of its replay; pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from backtest.orders import OrderRecord

BPS = 10_000
_HUNDREDTH = Decimal("0.01")


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """
    A position of one strategy in one instrument, from its opening to its end.

    Attributes
    ----------
    key : str
        That of the order which opened it.
    strategy, instrument : str
        Whose it was, and in what.
    side : str
        long or short.
    quantity : Decimal
        All that was bought, or sold, to open it; base units.
    entry_price, exit_price : Decimal
        Averages.
    fees, pnl : Decimal
        Paid for its orders, and earned after them; without funding.

    """

    key: str
    strategy: str
    instrument: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    fees: Decimal
    pnl: Decimal


class TripPair(msgspec.Struct, frozen=True, kw_only=True):
    """
    One round trip in both runs.

    Attributes
    ----------
    recorded, replayed : Trip or None
        None where only the other has it, or has not ended it.
    entry_worse_bps, exit_worse_bps : Decimal or None
        By how many hundredths of a percent the recorded price was worse, better if negative.
    pnl_apart : Decimal or None
        The recorded result less the replayed one, in the currency of the account.

    """

    recorded: Trip | None
    replayed: Trip | None
    entry_worse_bps: Decimal | None
    exit_worse_bps: Decimal | None
    pnl_apart: Decimal | None


def round_trips(orders: Iterable[OrderRecord]) -> list[Trip]:
    """Return the round trips that have ended, in the order of their ends."""
    open_: dict[tuple[str, str], _Open] = {}
    trips = []
    for order in sorted(
        (one for one in orders if one.filled and one.price is not None),
        key=lambda one: one.last_ns or one.time_ns,
    ):
        place = (order.strategy, order.instrument)
        held = open_.setdefault(place, _Open())
        trips += held.take(order)
    return trips


def pair_trips(recorded: Sequence[OrderRecord], replayed: Sequence[OrderRecord]) -> list[TripPair]:
    """Lay the round trips of two runs side by side, those that the same order has opened."""
    theirs, ours = ({trip.key: trip for trip in round_trips(one)} for one in (recorded, replayed))
    keys = [*theirs, *(key for key in ours if key not in theirs)]
    return [_pair(theirs.get(key), ours.get(key)) for key in keys]


def worse_bps(recorded: Decimal, replayed: Decimal, *, is_buy: bool) -> Decimal:
    """Return by how many hundredths of a percent a recorded price was worse than a replayed one."""
    dearer = (recorded / replayed - 1) * BPS
    return (dearer if is_buy else -dearer).quantize(_HUNDREDTH) + 0  # no -0.00


class _Open:
    """What is held of one instrument, and how it came about."""

    def __init__(self) -> None:
        self.size = Decimal(0)
        self._clear("")

    def _clear(self, key: str) -> None:
        self._key = key
        self._fees = self._entered = self._paid = self._left = self._got = Decimal(0)

    def take(self, order: OrderRecord) -> list[Trip]:
        """Count an order; return the trip that it has ended, if any."""
        assert order.price is not None, "asked of filled orders alone"  # noqa: S101 own promise
        signed = order.filled if order.side == "buy" else -order.filled
        is_against = self.size * signed < 0
        leaving = min(order.filled, abs(self.size)) if is_against else Decimal(0)
        ended = []
        if leaving:
            self._left += leaving
            self._got += leaving * order.price
            self._fees += order.fees * leaving / order.filled
            if leaving == abs(self.size):
                ended.append(self._trip(order))
        entering = order.filled - leaving
        if entering:
            if not self.size or leaving:
                self._clear(order.key)
            self._entered += entering
            self._paid += entering * order.price
            self._fees += order.fees * entering / order.filled
        self.size += signed
        return ended

    def _trip(self, last: OrderRecord) -> Trip:
        is_long = self.size > 0
        earned = self._got - self._paid if is_long else self._paid - self._got
        return Trip(
            key=self._key,
            strategy=last.strategy,
            instrument=last.instrument,
            side="long" if is_long else "short",
            quantity=self._entered,
            entry_price=self._paid / self._entered,
            exit_price=self._got / self._left,
            fees=self._fees,
            pnl=earned - self._fees,
        )


def _pair(recorded: Trip | None, replayed: Trip | None) -> TripPair:
    if recorded is None or replayed is None:
        return TripPair(
            recorded=recorded,
            replayed=replayed,
            entry_worse_bps=None,
            exit_worse_bps=None,
            pnl_apart=None,
        )
    is_long = recorded.side == "long"
    return TripPair(
        recorded=recorded,
        replayed=replayed,
        entry_worse_bps=worse_bps(recorded.entry_price, replayed.entry_price, is_buy=is_long),
        exit_worse_bps=worse_bps(recorded.exit_price, replayed.exit_price, is_buy=not is_long),
        pnl_apart=recorded.pnl - replayed.pnl,
    )
