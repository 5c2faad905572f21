"""What the node believes of its orders on one coin, and what the venue's ledger says of them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.orders import Order

from adapters.hyperliquid.orders import cloid_from_client_order_id
from simulator.exchange.accounts import Account
from simulator.exchange.model import Order as VenueOrder
from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid_user_wire import UserFill

IN_FLIGHT = (OrderStatus.SUBMITTED, OrderStatus.PENDING_UPDATE, OrderStatus.PENDING_CANCEL)


class Ledgers:
    """The two sides of an account, for the orders of one coin."""

    def __init__(self, venue: HyperliquidVenue, address: str, cache: Cache) -> None:
        self._venue = venue
        self._address = address
        self._cache = cache
        self._since_ms = 0

    def begin(self) -> None:
        """Begin anew: only orders that are placed from now on are looked at."""
        self._since_ms = self._venue.clock.now_ms()
        self._venue.received.clear()

    @property
    def account(self) -> Account:
        return self._venue.trading.exchange.account(self._address)

    def differences(
        self, coin: str, instrument_id: InstrumentId, orders: Iterable[Order]
    ) -> list[str]:
        """Return in words what the two sides do not agree on; nothing if they do."""
        by_cloid = {cloid_from_client_order_id(o.client_order_id.value): o for o in orders}
        found = [*self._orders_only_there(coin, by_cloid), *self._position(coin, instrument_id)]
        fills = self._fills_by_cloid()
        for cloid, order in by_cloid.items():
            found += self._of_order(cloid, order)
            found += _fills(cloid, order, fills.get(cloid))
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
        """Return the cloids that were sent to be placed more than once."""
        placed: Counter[str] = Counter()
        for received in self._venue.received:
            for action in _actions(received.body):
                if action.get("type") == "order":
                    placed.update(order["c"] for order in action["orders"])
        return [f"{cloid} was sent {count} times" for cloid, count in placed.items() if count > 1]

    def describe(self, coin: str, orders: Iterable[Order]) -> str:
        """Return both sides in full, for a person."""
        here = [f"  {cloid_from_client_order_id(o.client_order_id.value)} {o!r}" for o in orders]
        records = self._venue.trading.records(self._address)
        there = [
            f"  {row.order.cloid} {row.order.oid} {row.status} {row.order.sz}"
            f" of {row.order.orig_sz} at {row.order.limit_px} ({row.status_timestamp})"
            for row in records.orders
            if row.order.coin == coin
        ]
        fills = [
            f"  {f.oid} {f.sz} {f.px} {f.tid} {f.time}" for f in records.fills if f.coin == coin
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

    def _orders_only_there(self, coin: str, by_cloid: dict[str, Order]) -> Iterator[str]:
        live: Counter[str | None] = Counter(o.request.client_id for o in self._live(coin))
        for cloid, count in live.items():
            order = by_cloid.get(cloid or "")
            if order is None or not order.is_open:
                yield f"order {cloid} rests there, here it is {order and order.status_string()}"
            if count > 1:
                yield f"order {cloid} rests there {count} times"

    def _of_order(self, cloid: str, order: Order) -> Iterator[str]:
        name = f"{order.client_order_id} {cloid}"
        live = [o for o in self.account.live.values() if o.request.client_id == cloid]
        if not order.is_closed and not live:
            yield f"{name} is {order.status_string()} here, and not there"
        for other in live:
            if order.status in IN_FLIGHT:
                yield f"{name} is still {order.status_string()} here"
            yield from _terms(name, order, other)

    def _fills_by_cloid(self) -> dict[str, list[UserFill]]:
        """Return the fills of each cloid that has had an order; none of it was filled: []."""
        records = self._venue.trading.records(self._address)
        cloids: dict[int, str] = {}
        for row in reversed(records.orders):
            if row.status_timestamp < self._since_ms:
                break
            cloids[row.order.oid] = row.order.cloid or ""
        fills: dict[str, list[UserFill]] = {cloid: [] for cloid in cloids.values()}
        for fill in reversed(records.fills):
            if fill.time < self._since_ms:
                break
            fills[cloids[fill.oid]].append(fill)
        return fills

    def _position(self, coin: str, instrument_id: InstrumentId) -> Iterator[str]:
        position = self.account.positions.get(self._asset(coin))
        there = Decimal(0) if position is None else position.size
        positions = self._cache.positions_open(instrument_id=instrument_id)
        here = sum((p.signed_decimal_qty() for p in positions), Decimal(0))
        if here != there:
            yield f"position {coin}: {here} here, {there} there"


def _fills(cloid: str, order: Order, fills: list[UserFill] | None) -> Iterator[str]:
    """Compare the fills of an order; None says that the venue has had no such order."""
    name = f"{order.client_order_id} {cloid}"
    there = Counter(str(fill.tid) for fill in fills or ())
    here = Counter(trade_id.value for trade_id in order.trade_ids)
    if here != there:
        yield f"{name} has fills {sorted(here - there)} only here, {sorted(there - here)} there"
    filled = sum((Decimal(fill.sz) for fill in fills or ()), Decimal(0))
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


def _actions(body: object) -> Iterator[dict]:
    """Give the action in what a client has said by HTTP or as a post, if there is one."""
    if not isinstance(body, dict):
        return
    payload = body.get("request", {}).get("payload", {}) if body.get("method") == "post" else body
    if isinstance(payload, dict) and isinstance(payload.get("action"), dict):
        yield payload["action"]
