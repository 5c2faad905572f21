"""What the node believes of its orders on one coin, and what the venue's ledger says of them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.orders import Order

from simulator.exchange.accounts import Account
from simulator.exchange.events import Fill
from simulator.exchange.model import Order as VenueOrder
from tests.acceptance.storm_venue import StormVenue
from tests.acceptance.trading_run import Run

IN_FLIGHT = (OrderStatus.SUBMITTED, OrderStatus.PENDING_UPDATE, OrderStatus.PENDING_CANCEL)


class Ledgers:
    """The two sides of an account, for the orders of one coin."""

    def __init__(self, kind: StormVenue, run: Run) -> None:
        self._kind = kind
        self._venue = run.venue
        self._cache = run.cache
        self._since_ms = 0

    def begin(self) -> None:
        """Begin anew: only orders that are placed from now on are looked at."""
        self._since_ms = self._venue.clock.now_ms()
        self._venue.received.clear()

    @property
    def account(self) -> Account:
        return self._venue.trading.exchange.account(self._kind.account)

    def differences(
        self, coin: str, instrument_id: InstrumentId, orders: Iterable[Order]
    ) -> list[str]:
        """Return in words what the two sides do not agree on; nothing if they do."""
        by_name = {self._kind.client_id(o.client_order_id.value): o for o in orders}
        found = [*self._orders_only_there(coin, by_name), *self._position(coin, instrument_id)]
        fills = self._fills_by_name()
        for name, order in by_name.items():
            found += self._of_order(name, order)
            found += self._fills(name, order, fills.get(name))
        return found

    def cash_difference(self) -> str | None:
        """Say how the node's balance differs from the venue's cash, if by more than 1e-6 each."""
        held = [p for p in self.account.positions.values() if p.size]
        opened = (p.entry_notional.copy_sign(p.size) for p in held)
        there = sum(opened, self.account.raw)
        here = self._cache.accounts()[0].balances_total()
        (total,) = [money.as_decimal() for money in here.values()]
        # The venue cuts its answer at six decimals, once for each number in it.
        allowed = Decimal("1e-6") * (1 + len(held))
        return None if abs(there - total) <= allowed else f"cash: {total} here, {there} there"

    def placed_twice(self) -> list[str]:
        """Return the orders that were sent to be placed more than once."""
        placed: Counter[str] = Counter()
        for received in self._venue.received:
            placed.update(self._kind.placed(received.body))
        return [f"{name} was sent {count} times" for name, count in placed.items() if count > 1]

    def describe(self, coin: str, orders: Iterable[Order]) -> str:
        """Return both sides in full, for a person."""
        here = [f"  {self._kind.client_id(o.client_order_id.value)} {o!r}" for o in orders]
        asset = self._asset(coin)
        there = [
            f"  {row.order.request.client_id} {row.order.oid} {row.status} {row.order.remaining}"
            f" of {row.order.size} at {row.order.request.price} ({row.time})"
            for row in self.account.history
            if row.order.asset == asset
        ]
        fills = [
            f"  {f.oid} {f.size} {f.price} {self._kind.trade_id(f.tid)} {f.time}"
            for f in self.account.fills
            if f.asset == asset
        ]
        tail = slice(-40, None)
        return "\n".join(
            ["node:", *here, "venue's orders:", *there[tail], "venue's fills:", *fills[tail]]
        )

    def _live(self, coin: str) -> list[VenueOrder]:
        asset = self._asset(coin)
        return [order for order in self.account.live.values() if order.asset == asset]

    def _asset(self, coin: str) -> int:
        return self._venue.market.universe.listings[coin].asset

    def _orders_only_there(self, coin: str, by_name: dict[str, Order]) -> Iterator[str]:
        live: Counter[str | None] = Counter(o.request.client_id for o in self._live(coin))
        for name, count in live.items():
            order = by_name.get(name or "")
            if order is None or not order.is_open:
                yield f"order {name} rests there, here it is {order and order.status_string()}"
            if count > 1:
                yield f"order {name} rests there {count} times"

    def _of_order(self, client_id: str, order: Order) -> Iterator[str]:
        name = f"{order.client_order_id} {client_id}"
        live = [o for o in self.account.live.values() if o.request.client_id == client_id]
        if not order.is_closed and not live:
            yield f"{name} is {order.status_string()} here, and not there"
        for other in live:
            if order.status in IN_FLIGHT:
                yield f"{name} is still {order.status_string()} here"
            yield from _terms(name, order, other)

    def _fills_by_name(self) -> dict[str, list[Fill]]:
        """Return the fills of each name that has had an order; none of it was filled: []."""
        names: dict[int, str] = {}
        for row in reversed(self.account.history):
            if row.time < self._since_ms:
                break
            names[row.order.oid] = row.order.request.client_id or ""
        fills: dict[str, list[Fill]] = {name: [] for name in names.values()}
        for fill in reversed(self.account.fills):
            if fill.time < self._since_ms:
                break
            fills[names[fill.oid]].append(fill)
        return fills

    def _position(self, coin: str, instrument_id: InstrumentId) -> Iterator[str]:
        position = self.account.positions.get(self._asset(coin))
        there = Decimal(0) if position is None else position.size
        positions = self._cache.positions_open(instrument_id=instrument_id)
        here = sum((p.signed_decimal_qty() for p in positions), Decimal(0))
        if here != there:
            yield f"position {coin}: {here} here, {there} there"

    def _fills(self, name: str, order: Order, fills: list[Fill] | None) -> Iterator[str]:
        """Compare the fills of an order; None says that the venue has had no such order."""
        name = f"{order.client_order_id} {name}"
        there = Counter(self._kind.trade_id(fill.tid) for fill in fills or ())
        here = Counter(trade_id.value for trade_id in order.trade_ids)
        if here != there:
            yield f"{name} has fills {sorted(here - there)} only here, {sorted(there - here)} there"
        filled = sum((fill.size for fill in fills or ()), Decimal(0))
        if filled != order.filled_qty.as_decimal():
            yield f"{name} has {order.filled_qty} filled here, {filled} there"
        if fills is not None and order.status in {OrderStatus.DENIED, OrderStatus.INITIALIZED}:
            yield f"{name} is {order.status_string()} here, there it was placed"


def _terms(name: str, order: Order, other: VenueOrder) -> Iterator[str]:
    """Compare what an order that rests on both sides asks for."""
    request = other.request
    if order.leaves_qty.as_decimal() != other.remaining:
        yield f"{name} leaves {order.leaves_qty} here, {other.remaining} there"
    if order.has_price and order.price.as_decimal() != request.price:
        yield f"{name} has price {order.price} here, {request.price} there"
    # A take-profit limit of a bracket rests as a trigger at its own price.
    at = order.trigger_price if order.has_trigger_price else order.parent_order_id and order.price
    has_fired = order.parent_order_id or getattr(order, "is_triggered", False)
    if (request.trigger or not has_fired) and (
        (request.trigger and request.trigger.price) != (at and at.as_decimal())
    ):
        yield f"{name} has trigger {at} here, {request.trigger} there"
    if order.side.name != request.side.name:
        yield f"{name} is {order.side.name} here, {request.side.name} there"
    if order.venue_order_id is None or order.venue_order_id.value != str(other.oid):
        yield f"{name} is {order.venue_order_id} here, {other.oid} there"
