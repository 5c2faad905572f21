"""Keeps a stop and a take-profit resting beside an open position; it never opens a position."""

from collections.abc import Callable
from decimal import Decimal

from nautilus_trader.common.component import Logger
from nautilus_trader.core.message import Event
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import OrderSide, OrderType
from nautilus_trader.model.events import (
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderRejected,
    PositionChanged,
    PositionClosed,
    PositionOpened,
)
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position
from nautilus_trader.trading.strategy import Strategy

from strategies.atr import Atr
from strategies.protection import AtrDistance, Distance, PriceLevel, resting_price
from strategies.resting_order import RestingOrder


class Protector:
    """
    Keep the strategy's position protected on every kind of venue alike.

    Nautilus's sandbox rejects the children of a bracket whose entry is a market order and so
    leaves the position naked. Here nothing is attached to the entry: reduce-only orders follow
    each change of the position, which the cache knows by then. Prices are set when the average
    entry changes and stay where they are when the position shrinks.

    Parameters
    ----------
    strategy : Strategy
        Owns the position and sends the orders.
    instrument_id : InstrumentId
        The only instrument it trades.
    stop, take_profit : Distance or None
        How far from the average entry they rest, until `set_distances` says otherwise.
    on_unprotected : callable
        Called with the reason when the stop ended while the position is open.
    """

    def __init__(
        self,
        strategy: Strategy,
        instrument_id: InstrumentId,
        stop: Distance | None,
        take_profit: Distance | None,
        on_unprotected: Callable[[str], None],
    ) -> None:
        self._strategy = strategy
        self._instrument_id = instrument_id
        self._distances: tuple[Distance | None, Distance | None] = (stop, take_profit)
        self._atrs = {d: Atr(d.period) for d in self._distances if isinstance(d, AtrDistance)}
        self._on_unprotected = on_unprotected
        self._entry: float | None = None
        self._prices: tuple[Price | None, Price | None] = (None, None)
        self._stop = RestingOrder(strategy, self._make_stop)
        self._take_profit = RestingOrder(strategy, self._make_take_profit)

    @property
    def is_stop_missing(self) -> bool:
        """Tell whether a position is open that should have a stop and has none working."""
        wants_stop = self._distances[0] is not None
        return wants_stop and self.position() is not None and not self._stop.is_working

    @property
    def distances(self) -> tuple[Distance | None, Distance | None]:
        """Return how far from the average entry stop and take-profit rest."""
        return self._distances

    def set_distances(self, stop: Distance | None, take_profit: Distance | None) -> None:
        """
        Use other distances from the next `protect` on; what rests stays until its successor does.

        Distances in true ranges must be of a period that the first ones had, which is observed.
        """
        if (stop, take_profit) != self._distances:
            self._distances = (stop, take_profit)
            self._entry = None

    def can_measure(self, distance: Distance | None) -> bool:
        """Tell whether a distance can be turned into a price here."""
        return not isinstance(distance, AtrDistance) or distance in self._atrs

    def position(self) -> Position | None:
        """Return the strategy's open position, or None when flat."""
        positions: list[Position] = self._strategy.cache.positions_open(
            instrument_id=self._instrument_id, strategy_id=self._strategy.id
        )
        return positions[0] if positions else None

    def observe(self, bar: Bar) -> None:
        """Take a closed bar, for distances measured in true ranges."""
        for atr in self._atrs.values():
            atr.update(float(bar.high), float(bar.low), float(bar.close))

    def adopt(self, *, are_prices_kept: bool = False) -> None:
        """
        Take over protective orders left resting by an earlier start, then check them.

        A start that was killed between sending one and canceling the one before leaves two of a
        kind. One is kept, the others are canceled: they would reduce what is opened later.

        Parameters
        ----------
        are_prices_kept : bool
            Whether the position's protection goes on where it rests, until `set_distances` says
            otherwise: its distances may have been another's than those of this start.
        """
        left: list[Order] = self._strategy.cache.orders_open(
            instrument_id=self._instrument_id, strategy_id=self._strategy.id
        )
        kinds = {OrderType.STOP_MARKET: self._stop, OrderType.LIMIT: self._take_profit}
        protective = [order for order in left if order.order_type in kinds]
        # Of two of a kind the later one is the successor.
        for order in sorted(protective, key=lambda order: int(order.ts_accepted)):
            kinds[order.order_type].adopt(order)
        if are_prices_kept:
            self._keep_prices()
        self.protect()
        for order in protective:
            is_kept = kinds[order.order_type].is_order(order.client_order_id)
            if not is_kept and not order.is_pending_cancel:
                self._strategy.cancel_order(order)

    def protect(self) -> None:
        """Make the resting orders fit the position; does nothing when they fit already."""
        position = self.position()
        if position is None:
            return
        if position.avg_px_open != self._entry:
            self._set_prices(position)
        side = OrderSide.SELL if position.is_long else OrderSide.BUY
        for resting, price in zip((self._stop, self._take_profit), self._prices, strict=True):
            if price is not None:
                resting.keep(side, position.quantity, price)

    def cancel(self) -> None:
        """Take both orders away."""
        self._entry = None
        self._stop.cancel()
        self._take_profit.cancel()

    def on_event(self, event: Event) -> None:
        """Follow the position and notice when a protective order ends."""
        match event:
            case PositionOpened() | PositionChanged():
                self.protect()
            case PositionClosed():
                self.cancel()
            case OrderAccepted():
                self._cancel_if_replaced(event.client_order_id)
            case OrderRejected() | OrderDenied():
                self._on_order_ended(event.client_order_id, event.reason)
            case OrderCanceled() | OrderExpired():
                self._on_order_ended(event.client_order_id, type(event).__name__)
            case _:
                pass

    @property
    def _log(self) -> Logger:
        # Not kept: Nautilus replaces it when it registers the strategy.
        return self._strategy.log

    def _on_order_ended(self, client_order_id: ClientOrderId, reason: str) -> None:
        if self._stop.is_order(client_order_id) and self.position() is not None:
            self._on_unprotected(f"the stop ended: {reason}")
        elif self._take_profit.is_order(client_order_id):
            self._log.warning(f"The take-profit ended: {reason}")

    def _cancel_if_replaced(self, client_order_id: ClientOrderId) -> None:
        # A cancel may find its order not yet accepted; only protective orders rest at all.
        order = self._strategy.cache.order(client_order_id)
        is_protective = order.order_type in {OrderType.STOP_MARKET, OrderType.LIMIT}
        is_held = self._stop.is_order(client_order_id) or self._take_profit.is_order(
            client_order_id
        )
        if is_protective and not is_held and not order.is_closed and not order.is_pending_cancel:
            self._strategy.cancel_order(order)

    def _keep_prices(self) -> None:
        position = self.position()
        if position is None:
            return
        stop, take_profit = self._distances
        self.set_distances(
            self._rule_of(self._stop, stop, position, is_stop=True),
            self._rule_of(self._take_profit, take_profit, position, is_stop=False),
        )

    def _rule_of(
        self, resting: RestingOrder, rule: Distance | None, position: Position, *, is_stop: bool
    ) -> Distance | None:
        """Return the rule where it leads to where the order rests, else that price itself."""
        price = resting.price
        if price is None or price == self._price(position, rule, is_stop=is_stop):
            return rule
        return PriceLevel(price.as_decimal())

    def _set_prices(self, position: Position) -> None:
        stop, take_profit = self._distances
        self._prices = (
            self._price(position, stop, is_stop=True),
            self._price(position, take_profit, is_stop=False),
        )
        is_complete = all(
            rule is None or price is not None
            for rule, price in zip(self._distances, self._prices, strict=True)
        )
        self._entry = position.avg_px_open if is_complete else None

    def _price(self, position: Position, rule: Distance | None, *, is_stop: bool) -> Price | None:
        if rule is None:
            return None
        instrument: Instrument = self._strategy.cache.instrument(self._instrument_id)
        atr = self._atrs[rule].value if isinstance(rule, AtrDistance) else None
        price = resting_price(
            rule,
            Decimal(str(position.avg_px_open)),
            None if atr is None else Decimal(str(atr)),
            instrument.price_increment.as_decimal(),
            is_long=position.is_long,
            is_stop=is_stop,
        )
        return None if price is None else Price(price, instrument.price_precision)

    def _make_stop(self, side: OrderSide, quantity: Quantity, price: Price) -> Order:
        return self._strategy.order_factory.stop_market(
            instrument_id=self._instrument_id,
            order_side=side,
            quantity=quantity,
            trigger_price=price,
            reduce_only=True,
            tags=["STOP"],
        )

    def _make_take_profit(self, side: OrderSide, quantity: Quantity, price: Price) -> Order:
        return self._strategy.order_factory.limit(
            instrument_id=self._instrument_id,
            order_side=side,
            quantity=quantity,
            price=price,
            reduce_only=True,
            tags=["TAKE_PROFIT"],
        )
