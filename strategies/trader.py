"""Moves one strategy's position in one instrument and keeps it protected; it decides nothing."""

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any, Protocol

import msgspec
from nautilus_trader.common.component import Logger
from nautilus_trader.core.message import Event
from nautilus_trader.model.enums import OrderSide, PriceType
from nautilus_trader.model.events import (
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderRejected,
)
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.strategy import Strategy

from strategies.protection import Distance
from strategies.protector import Protector
from strategies.signals import Reason, Signal
from strategies.sizing import PercentSize, Refusal, Sizing, round_size, wanted_size

ENDS = OrderCanceled | OrderDenied | OrderExpired | OrderRejected
"""How an order ends that is not filled."""


class StrategyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    A snapshot of a strategy, for people.

    `position` is signed and in base units; `degraded` says why no entries are taken any more, or
    None; `indicator` is None for a strategy without one, or before its first value.
    """

    position: Decimal
    degraded: str | None
    last_signal: Signal | None
    last_refusal: str | None
    is_warm: bool = True
    bars_seen: int = 0
    indicator: float | None = None


class Trader:
    """
    Move a position with market orders, one order for each move.

    Moves are made from the exposure, which counts orders under way, so two moves in a row do not
    trade the same difference twice. Needs a venue that nets positions.

    Parameters
    ----------
    strategy : Strategy
        Owns the position and sends the orders.
    instrument_id : InstrumentId
        The only instrument it trades.
    stop, take_profit : Distance or None
        Where the protection of the position rests.
    is_paused : callable
        Asked before each move: while it says so, the position may only shrink.
    """

    def __init__(
        self,
        strategy: Strategy,
        instrument_id: InstrumentId,
        stop: Distance | None,
        take_profit: Distance | None,
        is_paused: Callable[[], bool] = lambda: False,
    ) -> None:
        self._strategy = strategy
        self._is_paused = is_paused
        self._instrument_id = instrument_id
        self._working: list[Order] = []
        self.protector = Protector(strategy, instrument_id, stop, take_profit, self._on_unprotected)
        self.degraded: str | None = None
        self.last_refusal: str | None = None
        self.last_signal: Signal | None = None

    @property
    def position(self) -> Decimal:
        """Return the signed position in base units."""
        position = self.protector.position()
        return Decimal(0) if position is None else position.signed_decimal_qty()

    @property
    def is_moving(self) -> bool:
        """Return whether an order that moves the position has not ended yet."""
        return any(not order.is_closed for order in self._working)

    @property
    def exposure(self) -> Decimal:
        """Return the signed position once all orders under way are filled."""
        self._working = [order for order in self._working if not order.is_closed]
        return self.position + sum(
            (_signed(order.side, order.leaves_qty) for order in self._working), Decimal(0)
        )

    def price(self) -> Decimal | None:
        """Return the market's price: mid, else last, else mark; None before any is known."""
        for kind in (PriceType.MID, PriceType.LAST, PriceType.MARK):
            price = self._strategy.cache.price(self._instrument_id, kind)
            if price is not None:
                return Decimal(price.as_decimal())
        return None

    def size(self, sizing: Sizing | Decimal, price: Decimal | None) -> Decimal | Reason:
        """
        Return a size that the venue takes.

        Parameters
        ----------
        sizing : Sizing or Decimal
            The rule, or the wish itself in base units.
        price : Decimal or None
            The price to value the order at.

        Returns
        -------
        Decimal or Reason
            Base units, rounded down; or why there is none, which is noted in words.
        """
        if price is None:
            words = f"Expected a price to size the order, found none ({self._instrument_id})"
            return self.refuse(Reason.NO_PRICE, words)
        if not isinstance(sizing, Decimal):
            equity = self._equity() if isinstance(sizing, PercentSize) else Decimal(0)
            sizing = wanted_size(sizing, price, equity)
        rounded = round_size(sizing, price, self._instrument())
        if isinstance(rounded, Refusal):
            return self.refuse(Reason.BAD_SIZE, rounded.reason)
        return Decimal(rounded.as_decimal())

    def move_to(
        self, target: Decimal, tag: str, client_order_id: ClientOrderId | None = None
    ) -> ClientOrderId | Reason:
        """
        Send the one market order that takes the exposure to `target`.

        Parameters
        ----------
        target : Decimal
            Signed base units, a multiple of the size increment; zero closes.
        tag : str
            Written on the order, to trace it to its cause.
        client_order_id : ClientOrderId, optional
            The order's id; None lets Nautilus make one.

        Returns
        -------
        ClientOrderId or Reason
            The order that was sent, or why none was. A degraded or paused strategy that was asked
            to turn its position only closes it, and notes in words that it did no more.
        """
        exposure = self.exposure
        if target == exposure:
            return Reason.NOTHING_TO_DO
        reduces = abs(target) < abs(exposure) and target * exposure >= 0
        if not reduces and (refusal := self._refusal_of_entries()):
            if target * exposure >= 0:
                return refusal
            target, reduces = Decimal(0), True
        return self._send(
            target - exposure, reduce_only=reduces, tag=tag, client_order_id=client_order_id
        )

    def flatten(self, reason: str) -> None:
        """Close the position at once, because something went wrong."""
        self._log.error(f"Closing the position: {reason}")
        self._note(f"Closed the position: {reason}")
        self.move_to(Decimal(0), "FLATTEN")

    def refuse(self, reason: Reason, words: str) -> Reason:
        """Note in words why something wanted was not done, and return the reason as a code."""
        self._note(words)
        return reason

    def degrade(self, reason: str) -> None:
        """Take no new entries from now on; close a position whose stop is missing."""
        self.degraded = self.degraded or reason
        if self.protector.is_stop_missing:
            self.flatten(reason)

    def on_event(self, event: Event) -> None:
        """Follow orders and position; the strategy passes every event on."""
        is_move_ended = isinstance(event, ENDS) and self._is_move(event.client_order_id)
        self.protector.on_event(event)
        if isinstance(event, OrderRejected | OrderDenied):
            self._note(f"Order {event.client_order_id} was refused: {event.reason}")
        if isinstance(event, OrderDenied) and is_move_ended and self._is_turn(event):
            # Whoever may not open the other side still wants to be out of this one.
            self.move_to(Decimal(0), "EXIT")
        if is_move_ended and self.protector.is_stop_missing:
            self.protector.protect()

    def stop(self, *, cancel_orders: bool, close_positions: bool) -> None:
        """
        Leave things as the configuration says.

        Protective orders go only with the position: canceled alone they would leave it naked.
        """
        if cancel_orders:
            for order in self._working:
                if not order.is_closed:
                    self._strategy.cancel_order(order)
        if close_positions:
            if self.position:
                self._send(-self.position, reduce_only=True, tag="STOPPED")
            self.protector.cancel()

    @property
    def _log(self) -> Logger:
        # Not kept: Nautilus replaces it when it registers the strategy.
        return self._strategy.log

    def _refusal_of_entries(self) -> Reason | None:
        if self.degraded:
            words = f"No new entries, the strategy is degraded: {self.degraded}"
            return self.refuse(Reason.DEGRADED, words)
        if self._is_paused():
            return self.refuse(Reason.PAUSED, "No new entries, the strategy is paused")
        return None

    def _note(self, words: str) -> None:
        self.last_refusal = words
        self._log.warning(words)

    def _is_move(self, client_order_id: ClientOrderId) -> bool:
        return any(order.client_order_id == client_order_id for order in self._working)

    def _is_turn(self, event: OrderDenied) -> bool:
        order = self._strategy.cache.order(event.client_order_id)
        is_against = _signed(order.side, order.quantity) * self.position < 0
        return is_against and not order.is_reduce_only

    def _on_unprotected(self, reason: str) -> None:
        # A venue takes a reduce-only stop away by itself when an order ends or turns the position,
        # and may tell of that first. Should the order fail after all, `on_event` protects again.
        if self.exposure * self.position > 0:
            self.flatten(reason)

    def _send(
        self,
        delta: Decimal,
        *,
        reduce_only: bool,
        tag: str,
        client_order_id: ClientOrderId | None = None,
    ) -> ClientOrderId:
        order = self._strategy.order_factory.market(
            instrument_id=self._instrument_id,
            order_side=OrderSide.BUY if delta > 0 else OrderSide.SELL,
            quantity=Quantity(abs(delta), self._instrument().size_precision),
            reduce_only=reduce_only,
            tags=[tag],
            client_order_id=client_order_id,
        )
        self._working.append(order)
        self._strategy.submit_order(order)
        return order.client_order_id

    def _equity(self) -> Decimal:
        instrument = self._instrument()
        equity = self._strategy.portfolio.equity(self._instrument_id.venue)
        money = equity.get(instrument.get_settlement_currency())
        return Decimal(0) if money is None else Decimal(money.as_decimal())

    def _instrument(self) -> Instrument:
        return self._strategy.cache.instrument(self._instrument_id)


def _signed(side: OrderSide, quantity: Quantity) -> Decimal:
    size = Decimal(quantity.as_decimal())
    return size if side == OrderSide.BUY else -size


class Contained(Protocol):
    """What `contained` needs of the class whose handlers it guards."""

    _log: Any
    trader: Trader


def contained[S: Contained, E](handler: Callable[[S, E], None]) -> Callable[[S, E], None]:
    """
    Keep an exception of a handler inside the strategy.

    Nautilus ends the process, without stopping anything, when a handler raises. The strategy
    logs the traceback instead, takes no new entries and keeps protecting what it holds.
    """

    @wraps(handler)
    def guarded(self: S, event: E) -> None:
        try:
            handler(self, event)
        except Exception as e:  # noqa: BLE001  the one boundary, logged with its traceback
            self._log.exception(f"{handler.__name__} failed on {event!r}", e)
            self.trader.degrade(f"{handler.__name__} failed: {e!r}")

    return guarded
