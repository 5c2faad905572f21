"""The exchange's whole state and its smallest moves: a new order, a change of one, one trade.

It decides nothing: what is allowed and what follows stands in the modules above it.
"""

import copy
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from heapq import heappop, heappush

import msgspec

from simulator.exchange.accounts import Account, Position
from simulator.exchange.events import Event, Fill, LiquidationMark, OrderChanged
from simulator.exchange.margin import Market
from simulator.exchange.model import Order, OrderRequest, Phase, Status
from simulator.exchange.rules import DEFAULT_LEVERAGE, FEE_DECIMALS, Knobs, VenueRules
from simulator.numbers import truncate

ENDED_ORDERS_MAX = 100_000
"""How many ended orders can still be looked up; the oldest are forgotten first."""


class Group(msgspec.Struct):
    """Orders that live and die together; only live ones are in it. A `parent` of None is gone.

    A `bracket` began with a parent.
    """

    parent: int | None
    children: list[int]
    bracket: bool = False


class Trade(msgspec.Struct, frozen=True):
    """A match of two sides: `tid` is its id for both."""

    tid: int
    price: Decimal
    size: Decimal
    liquidation: LiquidationMark | None = None


class State:
    """Everything the exchange knows; `events` collects what happens during one command.

    Attributes
    ----------
    touched : deque of Order
        Orders that traded or ended, whose consequences are still to be drawn (settling.py).
    traded : dict
        Markets whose last price is new, whose triggers on it are still to be looked at.
    """

    def __init__(self, venue: VenueRules, knobs: Knobs, first_oid: int, now: int) -> None:
        self.venue = venue
        self.knobs = knobs
        self.now = now
        self.markets: dict[int, Market] = {}
        self.accounts: dict[str, Account] = {}
        self.orders: dict[int, Order] = {}
        self.groups: dict[int, Group] = {}
        self.client_ids: dict[tuple[str, str], int] = {}
        self.events: list[Event] = []
        self.touched: deque[Order] = deque()
        self.traded: dict[int, None] = {}
        self._ended: deque[int] = deque()
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._next_oid = first_oid
        self._next_id = 0

    def new_id(self) -> int:
        """Return the next id of anything but an order."""
        self._next_id += 1
        return self._next_id

    def at(self, due: int, action: Callable[[], None]) -> None:
        """Call `action`, which must check that it still has a purpose, at a time in ms."""
        heappush(self._timers, (due, self.new_id(), action))

    def next_timer(self, until: int) -> Callable[[], None] | None:
        """Move the time to the next action due by `until` and return it; None when none is."""
        if not self._timers or self._timers[0][0] > until:
            return None
        due, _, action = heappop(self._timers)
        self.now = max(self.now, due)
        return action

    def position(self, account: Account, asset: int) -> Position:
        """Return an account's position in a market, flat with default leverage at first."""
        if asset not in account.positions:
            rules = self.markets[asset].rules
            leverage = min(DEFAULT_LEVERAGE, rules.max_leverage)
            account.positions[asset] = Position(asset, leverage, rules.only_isolated)
        return account.positions[asset]

    def position_of(self, order: Order) -> Position:
        """Return the position an order trades."""
        return self.position(self.accounts[order.account], order.asset)

    def new_order(self, account: str, request: OrderRequest, oid: int | None = None) -> Order:
        """Register an order under a new id, or under one that it takes over; it is not yet live."""
        if oid is None:
            oid = self._next_oid
            self._next_oid += 1
        order = Order(oid, account, request, self.now, request.size, self.now)
        order.tracks_position = request.closes_position
        self.orders[oid] = order
        if request.client_id is not None:
            self.client_ids[account, request.client_id] = oid
        return order

    def restore(self, order: Order) -> None:
        """Put an order back under its id after another that was to take it over."""
        replaced = self.orders[order.oid].request.client_id
        if replaced is not None and replaced != order.request.client_id:
            del self.client_ids[order.account, replaced]
        self.orders[order.oid] = order
        if order.request.client_id is not None:
            self.client_ids[order.account, order.request.client_id] = order.oid

    def report(self, order: Order, status: Status) -> None:
        """Tell that an order has reached a status, with a copy of it as it is now."""
        order.status, order.status_time = status, self.now
        changed = OrderChanged(copy.copy(order), status, self.now)
        self.accounts[order.account].history.append(changed)
        self.events.append(changed)

    def open(self, order: Order) -> None:
        """Make an order live and tell it, once."""
        if order.status is Status.NEW:
            self.accounts[order.account].live[order.oid] = order
            self.report(order, Status.OPEN)

    def finish(self, order: Order, status: Status) -> None:
        """End an order and tell it; what follows from it is drawn by `settle`."""
        self.remove(order)
        self.report(order, status)
        self.touched.append(order)
        self._ended.append(order.oid)
        if len(self._ended) > ENDED_ORDERS_MAX:
            self._forget(self._ended.popleft())

    def is_live(self, order: Order) -> bool:
        """Say whether an order is open, waiting orders included."""
        return self.accounts[order.account].live.get(order.oid) is order

    def remove(self, order: Order) -> None:
        """Take an order from everywhere it waits."""
        market = self.markets[order.asset]
        market.book.remove(order)
        market.armed.pop(order.oid, None)
        self.accounts[order.account].live.pop(order.oid, None)

    def arm(self, order: Order) -> None:
        """Let an order wait for the mark."""
        order.phase = Phase.WAITING_FOR_TRIGGER
        self.markets[order.asset].armed[order.oid] = None

    def new_group(self, parent: Order | None = None) -> int:
        """Make a group, of a parent where there is one, and return its id."""
        group = self.new_id()
        self.groups[group] = Group(parent.oid if parent else None, [], bool(parent))
        if parent is not None:
            parent.group = group
        return group

    def _forget(self, oid: int) -> None:
        order = self.orders.pop(oid)
        key = (order.account, order.request.client_id or "")
        if self.client_ids.get(key) == oid:
            del self.client_ids[key]

    def fee_rate(self, order: Order, *, crossed: bool) -> Decimal:
        """Return an order's fee as a fraction."""
        taker, maker = self.fee_rates(self.accounts[order.account])
        return (taker if crossed else maker) * self.markets[order.asset].rules.fee_scale

    def fee_rates(self, account: Account) -> tuple[Decimal, Decimal]:
        """Return an account's fees as taker and maker, by its volume of 14 days."""
        volume = account.fee_volume(self.now)
        tier = next(x for x in reversed(self.venue.fee_tiers) if volume >= x.volume)
        return tier.taker * account.fee_scale, tier.maker * account.fee_scale

    def fee(self, order: Order, notional: Decimal, *, crossed: bool) -> tuple[Decimal, Decimal]:
        """Return the whole fee of a fill and the builder's part, each cut to 6 decimals."""
        builder = truncate(notional * order.request.builder_rate, FEE_DECIMALS)
        venue = truncate(notional * self.fee_rate(order, crossed=crossed), FEE_DECIMALS)
        return venue + builder, builder

    def only_reduces(self, order: Order) -> bool:
        """Say whether an order may never open a position, by its own or by the venue's rule."""
        triggered = self.venue.triggers_need_position and order.request.trigger is not None
        return order.request.reduce_only or triggered

    def print_price(self, asset: int, price: Decimal) -> None:
        """Note that the market traded at a price."""
        self.markets[asset].last = price
        self.traded[asset] = None

    def trade(self, taker: Order | None, maker: Order | None, trade: Trade) -> None:
        """Match two orders, or one with the outside (None); a filled maker ends here."""
        order = taker or maker
        if order is not None:
            self.print_price(order.asset, trade.price)
        if taker is not None:
            self._fill(taker, trade, maker.account if maker else None, crossed=True)
        if maker is not None:
            self._fill(maker, trade, taker.account if taker else None, crossed=False)
            self._after_fill(maker)

    def _fill(self, order: Order, trade: Trade, counterparty: str | None, *, crossed: bool) -> None:
        account, position = self.accounts[order.account], self.position_of(order)
        notional = trade.price * trade.size
        fee, builder_fee = self.fee(order, notional, crossed=crossed)
        start = position.size
        profit = account.fill(position, order.side.value * trade.size, trade.price, fee)
        account.count_volume(notional, self.now, crossed=crossed)
        order.filled += trade.size
        order.notional += notional
        fill = Fill(
            account=order.account,
            asset=order.asset,
            oid=order.oid,
            client_id=order.request.client_id,
            side=order.side,
            price=trade.price,
            size=trade.size,
            time=self.now,
            start_position=start,
            closed_pnl=profit,
            fee=fee,
            tid=trade.tid,
            crossed=crossed,
            builder_fee=builder_fee,
            counterparty=counterparty,
            twap_id=order.twap_id,
            liquidation=trade.liquidation,
        )
        account.fills.append(fill)
        self.events.append(fill)
        self.touched.append(order)

    def _after_fill(self, maker: Order) -> None:
        if not maker.remaining:
            self.finish(maker, Status.FILLED)
        elif self.knobs.partial_fill_reports_open:
            self.report(maker, Status.OPEN)
