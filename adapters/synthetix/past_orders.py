"""Put together what several looks at an account tell of each order; pure, it asks nobody."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from adapters.synthetix.account_schemas import AccountOrder, AccountTrade
from adapters.synthetix.replies import OrderRef
from adapters.synthetix.reports import OrderState, order_state
from adapters.synthetix.wire import Amount


class OrderRecord(msgspec.Struct, frozen=True):
    """An order as it was last told, and its fills, oldest first."""

    latest: AccountOrder
    fills: tuple[AccountTrade, ...]

    @property
    def is_open(self) -> bool:
        """Whether it may still be filled."""
        return order_state(self.latest) is OrderState.OPEN

    @property
    def is_rejected(self) -> bool:
        """Whether the venue never took it."""
        return order_state(self.latest) is OrderState.REJECTED and not self.filled

    @property
    def filled(self) -> Decimal:
        """What its fills come to."""
        return sum((fill.quantity for fill in self.fills), Decimal(0))

    @property
    def average_price(self) -> Decimal | None:
        """The mean price of its fills; None without one."""
        notional = sum((fill.price * fill.quantity for fill in self.fills), Decimal(0))
        return notional / self.filled if self.filled else None

    @property
    def last_ns(self) -> int:
        """When something was told of it last, Unix nanoseconds."""
        return last_ns(self.latest)


def last_ns(order: AccountOrder) -> int:
    """Return when the venue told of an order last, Unix nanoseconds."""
    return order.updatedTime or order.updateTime or order.createdTime


def order_records(
    orders: Iterable[AccountOrder], fills: Sequence[AccountTrade]
) -> list[OrderRecord]:
    """
    Return one record for each order, oldest first; of one that nobody tells of, its fills do.

    Parameters
    ----------
    orders : Iterable[AccountOrder]
        Each order once.
    fills : Sequence[AccountTrade]
        Oldest first.

    """
    by_order: dict[str, list[AccountTrade]] = {}
    for fill in fills:
        by_order.setdefault(fill.venue_id, []).append(fill)
    known = {order.venue_id: order for order in orders}
    told = known | {key: _of_fills(by_order[key]) for key in by_order if key not in known}
    records = [OrderRecord(order, tuple(by_order.get(key, ()))) for key, order in told.items()]
    return sorted(records, key=lambda record: record.latest.createdTime)


def _of_fills(fills: list[AccountTrade]) -> AccountOrder:
    first, last = fills[0], fills[-1]
    filled = Amount(sum((fill.quantity for fill in fills), Decimal(0)))
    return AccountOrder(
        symbol=first.symbol,
        side=first.side,
        type="market",
        quantity=filled,
        order=OrderRef(first.order.venueId or first.orderId, first.order.clientId),
        createdTime=first.timestamp or first.tradedAt,
        updatedTime=last.timestamp or last.tradedAt,
        filledQuantity=filled,
        status="filled",
        triggeredByLiquidation=first.triggeredByLiquidation,
    )
