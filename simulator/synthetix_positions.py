"""The positions of a subaccount since ever, told from its fills: ids, costs and ends; no margin."""

from collections import deque
from decimal import Decimal
from typing import Literal

import msgspec

from simulator.exchange.events import Fill, FundingPaid
from simulator.exchange.model import ZERO, Side

CLOSED_MAX = 10_000
FIRST_POSITION = 5_100_000_000_000

type Reason = Literal["close", "flip", "liquidation"]


class PositionRecord(msgspec.Struct):
    """One position from the fill that opened it to the one that closed it.

    `size` and `closed_size` are positive; `funding` is negative when it was paid. `trade_id` is
    that of the fill that touched it last.
    """

    id: str
    asset: int
    side: Side
    created_at: int
    updated_at: int
    size: Decimal = ZERO
    entry_notional: Decimal = ZERO
    closed_size: Decimal = ZERO
    closed_notional: Decimal = ZERO
    opened_size: Decimal = ZERO
    opened_notional: Decimal = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    trade_id: str = ""
    reason: Reason = "close"

    @property
    def entry_price(self) -> Decimal:
        """Return the mean price of what opened it."""
        return self.opened_notional / self.opened_size if self.opened_size else ZERO

    @property
    def open_entry_price(self) -> Decimal:
        """Return the mean price of what is open of it, or was last."""
        return self.entry_notional / self.size if self.size else self.entry_price

    @property
    def close_price(self) -> Decimal:
        """Return the mean price of what closed it."""
        return self.closed_notional / self.closed_size if self.closed_size else ZERO


class PositionBook:
    """The open positions of a subaccount by asset, and the closed ones, oldest first."""

    def __init__(self, first_id: int) -> None:
        self.open: dict[int, PositionRecord] = {}
        self.closed: deque[PositionRecord] = deque(maxlen=CLOSED_MAX)
        self._next_id = first_id

    def fill(self, fill: Fill, trade_id: str) -> tuple[PositionRecord, ...]:
        """Take a fill in and return the positions it touched, the one it leaves open last."""
        touched = []
        rest = fill.size
        record = self.open.get(fill.asset)
        if record is not None and record.side is not fill.side:
            closing = min(rest, record.size)
            self._close(record, fill, closing, flips=rest > closing)
            touched.append(record)
            rest -= closing
        if rest:
            record = self.open.get(fill.asset) or self._begin(fill)
            _add(record, rest, fill.price)
            touched.append(record)
        touched[0].fees += fill.fee
        for each in touched:
            each.trade_id, each.updated_at = trade_id, fill.time
        return tuple(touched)

    def pay(self, paid: FundingPaid) -> None:
        """Count a funding payment."""
        if (record := self.open.get(paid.asset)) is not None:
            record.funding += paid.amount

    def _begin(self, fill: Fill) -> PositionRecord:
        record = PositionRecord(str(self._next_id), fill.asset, fill.side, fill.time, fill.time)
        self._next_id += 1
        self.open[fill.asset] = record
        return record

    def _close(self, record: PositionRecord, fill: Fill, size: Decimal, *, flips: bool) -> None:
        record.entry_notional -= record.entry_notional * size / record.size
        record.size -= size
        record.closed_size += size
        record.closed_notional += size * fill.price
        record.realized += fill.closed_pnl
        if record.size:
            return
        record.reason = "flip" if flips else "liquidation" if fill.liquidation else "close"
        del self.open[record.asset]
        self.closed.append(record)


def _add(record: PositionRecord, size: Decimal, price: Decimal) -> None:
    record.size += size
    record.entry_notional += size * price
    record.opened_size += size
    record.opened_notional += size * price
