"""The steps of a trading cycle, each on a running node; they know no venue and seek no profit."""

import time
from collections.abc import Callable
from decimal import ROUND_UP, Decimal
from typing import Final

from nautilus_trader.core.message import Event
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import (
    OrderDenied,
    OrderFilled,
    OrderModifyRejected,
    OrderRejected,
)
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position
from nautilus_trader.trading.strategy import Strategy, StrategyConfig

from desk.exits import DeskError
from desk.waiting import until

STEP_SECS: Final = 15.0  # an adapter knows by then what became of an order
STOP_DISTANCE: Final = Decimal("0.05")  # of the price, where the stop rests at first
STOP_NEARER: Final = Decimal("0.04")  # and after it was moved
NO_DISTANCE: Final = Decimal("0.06")
OFFERS: Final = 3  # an order of so many times what is offered is hardly filled at once
PART_TRIES: Final = 3  # the price may go away from a bid before it arrives
PRICE_DIGITS: Final = 4  # round prices, which every venue takes


class CycleError(DeskError):
    """A step did not end as it must."""


class Hand(Strategy):
    """A strategy that does what the steps say, and keeps what it hears."""

    def __init__(self, instrument_id: InstrumentId) -> None:
        super().__init__(
            StrategyConfig(
                strategy_id="CYCLE", order_id_tag="001", external_order_claims=[instrument_id]
            )
        )
        self.instrument_id = instrument_id
        self.heard: list[Event] = []

    def on_start(self) -> None:
        """Want quotes."""
        self.subscribe_quote_ticks(self.instrument_id)

    def on_event(self, event: Event) -> None:
        """Keep it."""
        self.heard.append(event)

    @property
    def fills(self) -> list[OrderFilled]:
        """Return the fills that came while it ran."""
        return [event for event in self.heard if isinstance(event, OrderFilled)]

    @property
    def instrument(self) -> Instrument:
        """Return what it trades; None where the venue does not list it."""
        return self.cache.instrument(self.instrument_id)

    @property
    def position(self) -> Position | None:
        """Return the open position, or None when flat."""
        positions: list[Position] = self.cache.positions_open(instrument_id=self.instrument_id)
        return positions[0] if positions else None

    @property
    def open_orders(self) -> list[Order]:
        """Return the orders that rest, or are on their way."""
        orders: list[Order] = self.cache.orders(instrument_id=self.instrument_id)
        return [order for order in orders if not order.is_closed]

    def refusal_of(self, order: Order) -> str | None:
        """Return why the venue or the node refused something about an order, None if nothing."""
        for event in self.heard:
            is_refusal = isinstance(event, OrderRejected | OrderDenied | OrderModifyRejected)
            if is_refusal and event.client_order_id == order.client_order_id:
                return f"{type(event).__name__}: {event.reason}"
        return None


class Steps:
    """
    Play the steps with a hand whose node runs.

    Every step returns in words what it saw, and raises CycleError if that is not what it must be.

    Parameters
    ----------
    hand : Hand
        Sends the orders.
    notional : Decimal
        About how much to enter with, in the quote currency.
    notional_max : Decimal
        How much one order may be worth, to be filled in part.

    """

    def __init__(self, hand: Hand, notional: Decimal, notional_max: Decimal) -> None:
        self._hand = hand
        self._notional = notional
        self._notional_max = notional_max

    def begin(self) -> None:
        """Check that there is something to trade, and that nobody trades it already."""
        if self._hand.instrument is None:
            raise CycleError(f"Expected the venue to list {self._hand.instrument_id}")
        if self._hand.position or self._hand.open_orders:
            raise CycleError(f"Expected no position and no orders in {self._hand.instrument_id}")

    async def quote(self) -> str:
        """Wait for a price."""
        await self._until(self._has_quote, "a quote")
        quote = self._quote()
        return f"{quote.bid_price} x {quote.ask_price}"

    async def enter(self) -> str:
        """Buy at the market."""
        order = self._market(OrderSide.BUY, self._size(self._notional))
        await self._until_closed(order)
        if order.filled_qty != order.quantity or self._hand.position is None:
            raise CycleError(f"Expected {order.quantity} bought, was {order.filled_qty}")
        return f"bought {order.quantity} at {order.avg_px}"

    async def protect(self) -> str:
        """Let a stop rest for the whole position."""
        order = self._hand.order_factory.stop_market(
            instrument_id=self._hand.instrument_id,
            order_side=OrderSide.SELL,
            quantity=self._held(),
            trigger_price=self._below(STOP_DISTANCE),
            reduce_only=True,
        )
        self._hand.submit_order(order)
        await self._until(lambda: order.is_open, "the stop to rest", order)
        return f"a stop of {order.quantity} rests at {order.trigger_price}"

    async def modify(self) -> str:
        """Move the stop nearer, and have it of the position's size."""
        stop = self._stop()
        price, size = self._below(STOP_NEARER), self._held()
        if (stop.trigger_price, stop.quantity) == (price, size):
            price = self._below(NO_DISTANCE)
        self._hand.modify_order(stop, quantity=size, trigger_price=price)
        await self._until(
            lambda: (stop.trigger_price, stop.quantity) == (price, size), "the stop moved", stop
        )
        return f"the stop of {stop.quantity} rests at {stop.trigger_price}"

    async def fill_in_part(self) -> str:
        """Buy more than is offered at the best price, and cancel what is left of it."""
        room = self._notional_max
        for _ in range(PART_TRIES):
            quote = self._quote()
            price = quote.ask_price
            offered = quote.ask_size.as_decimal()
            least = offered + self._size(self._notional).as_decimal()
            if least * price.as_decimal() > room:
                return f"left out: {quote.ask_size} are offered, more than this cycle may buy"
            # By the time that it arrives more may be offered at this price.
            size = max(least, min(offered * OFFERS, room / price.as_decimal()))
            order = await self._filled_in_part(size, price)
            if 0 < order.filled_qty < order.quantity:
                status = order.status_string()
                return f"{order.filled_qty} of {order.quantity} bought at {price}, then {status}"
            room -= order.filled_qty.as_decimal() * price.as_decimal()  # all of it, or nothing
        raise CycleError(f"Expected a part to be filled, {order.last_event} ended the last try")

    async def _filled_in_part(self, size: Decimal, price: Price) -> Order:
        """Return a bid that has ended; none of it is filled where the price went away from it."""
        order = self._hand.order_factory.limit(
            instrument_id=self._hand.instrument_id,
            order_side=OrderSide.BUY,
            quantity=self._hand.instrument.make_qty(size, round_down=True),
            price=price,
        )
        self._hand.submit_order(order)
        await self._until(lambda: order.filled_qty > 0 or order.is_closed, "a part filled", order)
        if not order.is_closed:
            self._hand.cancel_order(order)
            await self._until_closed(order)
        return order

    def known_again(self, position: Decimal, stop: tuple[Quantity, Price]) -> str:
        """Check that a fresh node holds the position and the stop of the one before."""
        held = self._held().as_decimal()
        found = self._stop()
        if held != position or (found.quantity, found.trigger_price) != stop:
            raise CycleError(
                f"Expected {position} held and a stop of {stop[0]} at {stop[1]},"
                f" was {held}, {found.quantity} and {found.trigger_price}"
            )
        return f"{held} held, the stop of {found.quantity} rests at {found.trigger_price}"

    async def leave(self) -> str:
        """Sell all at the market."""
        order = self._market(OrderSide.SELL, self._held(), reduce_only=True)
        await self._until_closed(order)
        await self._until(lambda: self._hand.position is None, "no position")
        return f"sold {order.filled_qty} at {order.avg_px}"

    async def clear(self) -> str:
        """Have nothing rest."""
        left = self._hand.open_orders
        for order in left:
            if not order.is_pending_cancel:
                self._hand.cancel_order(order)
        await self._until(lambda: not self._hand.open_orders, "no orders")
        return f"canceled {len(left)}" if left else "the venue took the stop away"

    def flat(self) -> str:
        """Check that a fresh node finds nothing at the venue."""
        if self._hand.position or self._hand.open_orders:
            raise CycleError(
                f"Expected nothing at the venue, found {self._hand.position}"
                f" and {self._hand.open_orders}"
            )
        return "no position and no orders at the venue"

    @property
    def held(self) -> tuple[Decimal, tuple[Quantity, Price]]:
        """Return the position's size, and the stop's size and price."""
        stop = self._stop()
        return self._held().as_decimal(), (stop.quantity, stop.trigger_price)

    def _has_quote(self) -> bool:
        return self._hand.cache.quote_tick(self._hand.instrument_id) is not None

    def _quote(self) -> QuoteTick:
        return self._hand.cache.quote_tick(self._hand.instrument_id)

    def _size(self, notional: Decimal) -> Quantity:
        instrument, price = self._hand.instrument, self._quote().ask_price.as_decimal()
        least = [self._step()]
        if instrument.min_quantity is not None:
            least.append(instrument.min_quantity.as_decimal())
        steps = (notional / price / self._step()).quantize(Decimal(1), ROUND_UP)
        return instrument.make_qty(max(steps * self._step(), *least))

    def _step(self) -> Decimal:
        step: Decimal = self._hand.instrument.size_increment.as_decimal()
        return step

    def _below(self, distance: Decimal) -> Price:
        price = self._quote().bid_price.as_decimal() * (1 - distance)
        return self._hand.instrument.make_price(Decimal(f"{price:.{PRICE_DIGITS}g}"))

    def _held(self) -> Quantity:
        position = self._hand.position
        if position is None:
            raise CycleError("Expected a position, found none")
        return position.quantity

    def _stop(self) -> Order:
        stops = [order for order in self._hand.open_orders if order.has_trigger_price]
        if len(stops) != 1:
            raise CycleError(f"Expected one stop, found {len(stops)}")
        return stops[0]

    def _market(self, side: OrderSide, size: Quantity, *, reduce_only: bool = False) -> Order:
        order = self._hand.order_factory.market(
            instrument_id=self._hand.instrument_id,
            order_side=side,
            quantity=size,
            reduce_only=reduce_only,
        )
        self._hand.submit_order(order)
        return order

    async def _until_closed(self, order: Order) -> None:
        await self._until(lambda: order.is_closed, "the order's end", order)
        if refusal := self._hand.refusal_of(order):
            raise CycleError(refusal)

    async def _until(
        self, condition: Callable[[], object], what: str, order: Order | None = None
    ) -> None:
        def is_over() -> bool:
            return bool(condition()) or bool(order and self._hand.refusal_of(order))

        if not await until(is_over, time.monotonic() + STEP_SECS):
            status = (
                "" if order is None else f"; {order.client_order_id} is {order.status_string()}"
            )
            raise CycleError(f"Expected {what} within {STEP_SECS:g} s{status}")
        if not condition() and order is not None:
            raise CycleError(f"Expected {what}: {self._hand.refusal_of(order)}")


def cash_of(fills: list[OrderFilled]) -> Decimal:
    """Return what fills have brought, less fees, each counted once; exact once they net to zero."""
    unique = {fill.trade_id: fill for fill in fills}
    return sum((_cash(fill) for fill in unique.values()), Decimal(0))


def _cash(fill: OrderFilled) -> Decimal:
    worth: Decimal = fill.last_px.as_decimal() * fill.last_qty.as_decimal()
    fee: Decimal = fill.commission.as_decimal()
    return (worth if fill.order_side == OrderSide.SELL else -worth) - fee
