"""Looks at cache and portfolio for what the controls need; it judges nothing and sends nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
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

    def note_passed(self, order: Order, *, is_new: bool) -> None:
        """Count an order that may open something, until the cache does; a new one for the rate."""
        self._passed[order.client_order_id] = order
        if is_new:
            now = self._clock.timestamp_ns()
            for scope, name in _scopes(order).items():
                self._paces[scope, name].add(now)

    def forget(self, order: Order) -> None:
        """Count an order no more: it was refused after all."""
        self._passed.pop(order.client_order_id, None)

    def only_reduces(self, proposal: Proposal) -> bool:
        """Tell whether an order can do nothing but make its strategy's position smaller."""
        order = proposal.order
        if order.is_reduce_only:
            return True
        mine = [
            each
            for each in self._holdings(order.client_order_id)
            if each.instrument == order.instrument_id.value
            and each.strategy == name_of(order.strategy_id)
        ]
        position = sum((each.signed for each in mine if not each.is_order), Decimal(0))
        size = self._signed(proposal)
        waiting = (each.signed for each in mine if each.is_order and each.signed * size > 0)
        return only_reduces(position, sum(waiting, Decimal(0)), size)

    def picture(self, proposal: Proposal) -> Picture:
        """Return what the controls may know of an order that may open something."""
        order = proposal.order
        instrument_id: InstrumentId = order.instrument_id
        names = _scopes(order)
        mark, age = self._mark(instrument_id)
        before = list(self._holdings(order.client_order_id))
        size = self._signed(proposal)
        itself = Holding(
            instrument_id.value,
            instrument_id.venue.value,
            name_of(order.strategy_id),
            size,
            max(mark or Decimal(0), proposal.price or Decimal(0)) * self._multiplier(instrument_id),
            is_order=True,
        )
        after = [*before, itself]
        here = [each for each in after if each.instrument == instrument_id.value]
        venue_gross = worst_gross(_within(after, Scope.VENUE, names))
        return Picture(
            is_buy=size > 0,
            size=abs(size),
            price=proposal.price,
            is_limit=order.has_price,
            mark=mark,
            data_age_secs=age,
            multiplier=self._multiplier(instrument_id),
            position_after=worst_position(here, is_long=size > 0),
            venue_gross=venue_gross,
            adds_exposure=venue_gross > worst_gross(_within(before, Scope.VENUE, names)),
            equity=self.equity(instrument_id.venue),
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
        before: Iterable[Holding],
        after: Iterable[Holding],
    ) -> Totals:
        pace = self._paces[scope, names[scope]]
        return Totals(
            gross=worst_gross(_within(after, scope, names)),
            open_orders=sum(each.is_order for each in _within(before, scope, names)),
            recent_orders=pace.count(self._clock.timestamp_ns()),
        )

    def _holdings(self, but: ClientOrderId) -> Iterator[Holding]:
        """Return all positions, and all orders that may open something but one."""
        for position in self._cache.positions_open():
            price, _ = self._mark(position.instrument_id)
            yield self._holding(
                position.instrument_id,
                position.strategy_id,
                position.signed_decimal_qty(),
                Decimal(str(position.avg_px_open)) if price is None else price,
            )
        for order in self._open_orders():
            if order.client_order_id != but and not order.is_reduce_only and not order.is_closed:
                proposal = proposal_of(order)
                price, _ = self._mark(order.instrument_id)
                yield self._holding(
                    order.instrument_id,
                    order.strategy_id,
                    self._signed(proposal),
                    max(price or Decimal(0), proposal.price or Decimal(0)),
                    is_order=True,
                )

    def _open_orders(self) -> Iterable[Order]:
        self._passed = {
            id_: order for id_, order in self._passed.items() if order.status in _ON_ITS_WAY
        }
        known = [*self._cache.orders_open(), *self._cache.orders_inflight()]
        return (self._passed | {order.client_order_id: order for order in known}).values()

    def _holding(
        self,
        instrument_id: InstrumentId,
        strategy_id: StrategyId,
        signed: Decimal,
        price: Decimal,
        *,
        is_order: bool = False,
    ) -> Holding:
        return Holding(
            instrument_id.value,
            instrument_id.venue.value,
            name_of(strategy_id),
            signed,
            price * self._multiplier(instrument_id),
            is_order,
        )

    def _signed(self, proposal: Proposal) -> Decimal:
        """Return a proposal's size in base units, negative for a sale."""
        order, size = proposal.order, proposal.size
        if order.is_quote_quantity:
            price, _ = self._mark(order.instrument_id)
            price = price or proposal.price
            size = size / price if price else size
        return Decimal(size if order.is_buy else -size)

    def _multiplier(self, instrument_id: InstrumentId) -> Decimal:
        instrument = self._cache.instrument(instrument_id)
        return Decimal(1) if instrument is None else Decimal(instrument.multiplier.as_decimal())

    def _mark(self, instrument_id: InstrumentId) -> tuple[Decimal | None, Decimal | None]:
        """Return the mark, else the quote's middle, and the age of the newer in seconds."""
        mark = self._cache.mark_price(instrument_id)
        quote = self._cache.quote_tick(instrument_id)
        newest = max((each.ts_init for each in (mark, quote) if each is not None), default=None)
        if newest is None:
            return None, None
        age = Decimal(self._clock.timestamp_ns() - newest) / NANOS_PER_SECOND
        if mark is not None and newest - mark.ts_init <= MARK_BEHIND_NS_MAX:
            return mark.value.as_decimal(), age
        middle = (quote.bid_price.as_decimal() + quote.ask_price.as_decimal()) / 2
        return middle, age


def _scopes(order: Order) -> dict[Scope, str]:
    return {
        Scope.DESK: "",
        Scope.VENUE: order.instrument_id.venue.value,
        Scope.STRATEGY: name_of(order.strategy_id),
        Scope.INSTRUMENT: order.instrument_id.value,
    }


def _within(
    holdings: Iterable[Holding], scope: Scope, names: dict[Scope, str]
) -> Iterator[Holding]:
    name = names[scope]
    for each in holdings:
        its = {
            Scope.DESK: "",
            Scope.VENUE: each.venue,
            Scope.STRATEGY: each.strategy,
            Scope.INSTRUMENT: each.instrument,
        }
        if its[scope] == name:
            yield each


def _own_price(order: Order) -> Decimal | None:
    if order.has_price:
        return Decimal(order.price.as_decimal())
    if order.has_trigger_price and order.trigger_price is not None:
        return Decimal(order.trigger_price.as_decimal())
    return None
