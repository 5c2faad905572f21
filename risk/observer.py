"""Looks at cache and portfolio for what the controls need; it judges nothing and sends nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import Clock
from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId, StrategyId, Venue
from nautilus_trader.model.orders import Order
from nautilus_trader.portfolio.base import PortfolioFacade

from risk.exposure import Holding, only_reduces, worst_gross, worst_position
from risk.limits import Scope
from risk.pace import Pace
from risk.picture import Picture, Totals

MARK_BEHIND_NS_MAX = 30_000_000_000
"""A mark that is so much older than the quote has stopped coming; the quote's middle counts."""

NANOS_PER_SECOND = 1_000_000_000

# Not yet open nor in flight for the cache: on its way through Nautilus's queues.
_ON_ITS_WAY = {OrderStatus.INITIALIZED, OrderStatus.RELEASED}


class Proposal(msgspec.Struct, frozen=True):
    """
    An order as it would be.

    Parameters
    ----------
    order : Order
        The order itself, as it is now.
    size : Decimal
        What it may still fill, in the order's own unit.
    price : Decimal or None
        Its limit, else its trigger; None for a market order.
    """

    order: Order
    size: Decimal
    price: Decimal | None


def proposal_of(order: Order) -> Proposal:
    """Return an order as a proposal of itself."""
    return Proposal(order, order.leaves_qty.as_decimal(), _own_price(order))


def name_of(strategy_id: StrategyId) -> str:
    """Return a strategy's id as the profile calls it, without its tag."""
    name: str = strategy_id.value.rsplit("-", 1)[0]  # EXTERNAL has no tag
    return name


class Observer:
    """
    Make pictures of orders.

    It remembers what has passed and is not known to the cache as open yet, so that two orders in
    a row are not judged by the same position.

    Parameters
    ----------
    cache, portfolio, clock
        The node's.
    """

    def __init__(self, cache: Cache, portfolio: PortfolioFacade, clock: Clock) -> None:
        self._cache = cache
        self._portfolio = portfolio
        self._clock = clock
        self._passed: dict[ClientOrderId, Order] = {}
        self._paces: defaultdict[tuple[Scope, str], Pace] = defaultdict(Pace)

    def note_passed(self, order: Order) -> None:
        """Count an order that may open something, until the cache does, and for the rate."""
        self._passed[order.client_order_id] = order
        now = self._clock.timestamp_ns()
        for scope, name in _scopes(order).items():
            self._paces[scope, name].add(now)

    def forget(self, order: Order) -> None:
        """Count an order no more: it was refused after all."""
        self._passed.pop(order.client_order_id, None)

    def look(self, proposal: Proposal) -> Picture | None:
        """Return what the controls may know of an order; None if it can open nothing."""
        order = proposal.order
        if order.is_reduce_only:
            return None
        prices = _Prices(self._cache, self._clock.timestamp_ns())
        before = self._holdings(order.client_order_id, prices)
        itself = _as_holding(proposal, prices)
        mine = [each for each in before if each.instrument == itself.instrument]
        if _only_reduces(itself, mine):
            return None
        return self._picture(proposal, itself, before, prices.of(order.instrument_id))

    def _picture(
        self, proposal: Proposal, itself: Holding, before: Sequence[Holding], priced: "_Priced"
    ) -> Picture:
        order = proposal.order
        names = _scopes(order)
        after = [*before, itself]
        here = [each for each in after if each.instrument == itself.instrument]
        venue_gross = worst_gross(_within(after, Scope.VENUE, names))
        return Picture(
            is_buy=itself.signed > 0,
            size=abs(itself.signed),
            price=proposal.price,
            is_limit=order.has_price,
            mark=priced.price,
            data_age_secs=priced.age_secs,
            multiplier=priced.multiplier,
            position_after=worst_position(here, is_long=itself.signed > 0),
            venue_gross=venue_gross,
            adds_exposure=venue_gross > worst_gross(_within(before, Scope.VENUE, names)),
            equity=self.equity(order.instrument_id.venue),
            totals={
                scope: self._totals(scope, names, before=before, after=after) for scope in Scope
            },
        )

    def equity(self, venue: Venue) -> Decimal | None:
        """Return the equity at a venue, its currencies counted at par; None without an account."""
        amounts = self._portfolio.equity(venue).values()
        if not amounts:
            return None
        return sum((money.as_decimal() for money in amounts), Decimal(0))

    def _totals(
        self,
        scope: Scope,
        names: dict[Scope, str],
        *,
        before: Sequence[Holding],
        after: Sequence[Holding],
    ) -> Totals:
        pace = self._paces[scope, names[scope]]
        return Totals(
            gross=worst_gross(_within(after, scope, names)),
            open_orders=sum(each.count for each in _within(before, scope, names) if each.is_order),
            recent_orders=pace.count(self._clock.timestamp_ns()),
        )

    def _holdings(self, but: ClientOrderId, prices: "_Prices") -> list[Holding]:
        """Return all positions, and all orders that may open something but one."""
        positions = [
            _holding(
                position.instrument_id,
                position.strategy_id,
                position.signed_decimal_qty(),
                prices,
                Decimal(str(position.avg_px_open)),
            )
            for position in self._cache.positions_open()
        ]
        return positions + self._waiting(but, prices)

    def _waiting(self, but: ClientOrderId, prices: "_Prices") -> list[Holding]:
        """Return all orders that may open something but one, summed up.

        Hundreds may rest, and all of them count for each new one: what cannot differ in any sum of
        the controls is one holding.
        """
        sums: dict[tuple[InstrumentId, StrategyId, bool], _Sum] = {}
        for order in self._open_orders():
            if order.client_order_id == but or order.is_reduce_only or order.is_closed:
                continue
            key = (order.instrument_id, order.strategy_id, order.is_buy)
            sums.setdefault(key, _Sum()).add(proposal_of(order), prices)
        return [
            _holding(
                instrument_id,
                strategy_id,
                each.size if is_buy else -each.size,
                prices,
                each.price,
                orders=each.count,
            )
            for (instrument_id, strategy_id, is_buy), each in sums.items()
        ]

    def _open_orders(self) -> Iterable[Order]:
        self._passed = {
            id_: order for id_, order in self._passed.items() if order.status in _ON_ITS_WAY
        }
        known = [*self._cache.orders_open(), *self._cache.orders_inflight()]
        return (self._passed | {order.client_order_id: order for order in known}).values()


class _Priced(msgspec.Struct, frozen=True):
    """An instrument's mark, or its quote's middle, and the age of the newer of the two."""

    price: Decimal | None
    age_secs: Decimal | None
    multiplier: Decimal


class _Prices:
    """The prices of one moment, each read once."""

    def __init__(self, cache: Cache, now_ns: int) -> None:
        self._cache = cache
        self._now_ns = now_ns
        self._known: dict[InstrumentId, _Priced] = {}

    def of(self, instrument_id: InstrumentId) -> _Priced:
        """Return an instrument's price."""
        if instrument_id not in self._known:
            instrument = self._cache.instrument(instrument_id)
            multiplier = Decimal(1) if instrument is None else instrument.multiplier.as_decimal()
            self._known[instrument_id] = _Priced(*self._mark(instrument_id), multiplier)
        return self._known[instrument_id]

    def _mark(self, instrument_id: InstrumentId) -> tuple[Decimal | None, Decimal | None]:
        mark = self._cache.mark_price(instrument_id)
        quote = self._cache.quote_tick(instrument_id)
        newest = max((each.ts_init for each in (mark, quote) if each is not None), default=None)
        if newest is None:
            return None, None
        age = Decimal(self._now_ns - newest) / NANOS_PER_SECOND
        if mark is not None and newest - mark.ts_init <= MARK_BEHIND_NS_MAX:
            return mark.value.as_decimal(), age
        middle = (quote.bid_price.as_decimal() + quote.ask_price.as_decimal()) / 2
        return middle, age


class _Sum:
    """Orders of one strategy, on one side of an instrument."""

    __slots__ = ("count", "price", "size")

    def __init__(self) -> None:
        self.size = self.price = Decimal(0)
        self.count = 0

    def add(self, proposal: Proposal, prices: _Prices) -> None:
        """Add an order; the highest of their own prices counts for all."""
        self.size += _base_size(proposal, prices)
        self.count += 1
        if proposal.price is not None and proposal.price > self.price:
            self.price = proposal.price


def _as_holding(proposal: Proposal, prices: _Prices) -> Holding:
    """Return an order as what it adds to a position once it has filled."""
    order, size = proposal.order, _base_size(proposal, prices)
    return _holding(
        order.instrument_id,
        order.strategy_id,
        size if order.is_buy else -size,
        prices,
        proposal.price or Decimal(0),
        orders=1,
    )


def _base_size(proposal: Proposal, prices: _Prices) -> Decimal:
    order = proposal.order
    if order.is_quote_quantity:
        price = prices.of(order.instrument_id).price or proposal.price
        if price:
            return proposal.size / price
    return proposal.size


def _holding(
    instrument_id: InstrumentId,
    strategy_id: StrategyId,
    signed: Decimal,
    prices: _Prices,
    own_price: Decimal,
    *,
    orders: int = 0,
) -> Holding:
    """Return a holding, orders at the higher of the mark and their own price."""
    priced = prices.of(instrument_id)
    if priced.price is None:
        price = own_price
    else:
        price = max(priced.price, own_price) if orders else priced.price
    return Holding(
        instrument_id.value,
        instrument_id.venue.value,
        name_of(strategy_id),
        signed,
        price * priced.multiplier,
        is_order=orders > 0,
        count=max(orders, 1),
    )


def _only_reduces(itself: Holding, here: Iterable[Holding]) -> bool:
    """Tell whether an order can do nothing but make its strategy's position smaller."""
    mine = [each for each in here if each.strategy == itself.strategy]
    position = sum((each.signed for each in mine if not each.is_order), Decimal(0))
    waiting = (each.signed for each in mine if each.is_order and each.signed * itself.signed > 0)
    return only_reduces(position, sum(waiting, Decimal(0)), itself.signed)


def _scopes(order: Order) -> dict[Scope, str]:
    return {
        Scope.DESK: "",
        Scope.VENUE: order.instrument_id.venue.value,
        Scope.STRATEGY: name_of(order.strategy_id),
        Scope.INSTRUMENT: order.instrument_id.value,
    }


def _within(
    holdings: Sequence[Holding], scope: Scope, names: dict[Scope, str]
) -> Sequence[Holding]:
    name = names[scope]
    match scope:
        case Scope.DESK:
            return holdings
        case Scope.VENUE:
            return [each for each in holdings if each.venue == name]
        case Scope.STRATEGY:
            return [each for each in holdings if each.strategy == name]
        case Scope.INSTRUMENT:
            return [each for each in holdings if each.instrument == name]


def _own_price(order: Order) -> Decimal | None:
    if order.has_price:
        return Decimal(order.price.as_decimal())
    if order.has_trigger_price and order.trigger_price is not None:
        return Decimal(order.trigger_price.as_decimal())
    return None
