"""One coin of a storm: a little script of orders, told in words, that does what a trader would."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random

from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TimeInForce
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from tests.acceptance.storm_sea import Sea
from tests.acceptance.storm_venue import PATIENCE_SECS, StormVenue
from tests.acceptance.trading_run import Run
from tests.waiting import eventually

FLATTEN_SECS = 60.0
CANCEL_STEPS = 4
QUIET = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED, OrderStatus.TRIGGERED)


class Lane:
    """The orders of one coin, and what was done about them in words, oldest first."""

    def __init__(self, kind: StormVenue, run: Run, sea: Sea, coin: str, random: Random) -> None:
        self.coin = coin
        self.instrument_id = kind.instrument_id(coin)
        self.orders: list[Order] = []
        self.told: list[str] = []
        self._kind = kind
        self._run = run
        self._sea = sea
        self._random = random
        self._make = run.hand.order_factory

    # What waits

    async def drift(self, steps: int) -> None:
        """Let the market move on."""
        until = self._sea.steps + steps
        await eventually(lambda: self._sea.steps >= until, PATIENCE_SECS)

    async def quiet(self, order: Order) -> bool:
        """Wait for an order to rest or end; tell whether it rests."""
        try:
            await eventually(lambda: order.status in QUIET or order.is_closed, timeout_secs=10)
        except TimeoutError:
            self.told.append(f"{order.client_order_id} is {order.status_string()} for 10 s")
        return order.status in QUIET

    # What a trader does

    def market(self, side: OrderSide | None = None, *, reduce_only: bool = False) -> Order:
        order = self._make.market(
            self.instrument_id, side or self._side(), self._size(), reduce_only=reduce_only
        )
        return self._submit(order)

    def limit(self, away: float, side: OrderSide | None = None, **terms: object) -> Order:
        """Place a limit order so many percent behind the market (ahead of it if negative)."""
        side = side or self._side()
        price = self._price(-away if side == OrderSide.BUY else away)
        return self._submit(
            self._make.limit(self.instrument_id, side, self._size(), price, **terms)
        )

    def stop(
        self, away: float, side: OrderSide, *, is_limit: bool, is_touched: bool = False
    ) -> Order:
        """Place a trigger so many percent off the market."""
        is_above = (side == OrderSide.BUY) != is_touched
        trigger = self._price(away if is_above else -away)
        at = {"trigger_price": trigger}
        if is_limit:
            at["price"] = self._price(away * (1.2 if is_above else -1.2))
        kinds = ("stop_market", "stop_limit", "market_if_touched", "limit_if_touched")
        make = getattr(self._make, kinds[is_limit + 2 * is_touched])
        return self._submit(make(self.instrument_id, side, self._size(), **at))

    def bracket(self, away: float | None) -> None:
        """Place an entry, by market or so many percent behind it, with its exits."""
        side = self._side()
        sign = 1 if side == OrderSide.BUY else -1
        entry = {} if away is None else {
            "entry_order_type": OrderType.LIMIT, "entry_price": self._price(-sign * away)
        }  # fmt: skip
        bracket = self._make.bracket(
            self.instrument_id,
            side,
            self._size(),
            sl_trigger_price=self._price(-sign * self._random.uniform(0.4, 1.5)),
            tp_price=self._price(sign * self._random.uniform(0.4, 1.5)),
            tp_post_only=False,
            **entry,
        )
        self.orders += bracket.orders
        self.told.append("bracket of " + ", ".join(map(_brief, bracket.orders)))
        self._run.hand.submit_order_list(bracket)

    def modify(self, order: Order) -> None:
        """Change price, trigger or size of an order, or two of them."""
        terms: dict[str, Price | Quantity] = {}
        pick = self._random.random()
        if order.has_price and pick < 0.7:
            terms["price"] = self._moved(order.price)
        if order.has_trigger_price and pick < 0.7:
            terms["trigger_price"] = self._moved(order.trigger_price)
        if not terms or pick > 0.5:
            terms["quantity"] = self._quantity(order.quantity.as_decimal() + self._more())
        self._modify(order, **terms)

    def grow(self, order: Order) -> None:
        """Change size and price of an order a little."""
        self._modify(
            order,
            quantity=self._quantity(order.quantity.as_decimal() + Decimal("0.1")),
            price=self._whole(float(order.price) - 0.05),
        )

    def _modify(self, order: Order, **terms: Price | Quantity) -> None:
        self.told.append(f"modify {_brief(order)} to {terms}")
        self._run.hand.modify_order(order, **terms)

    def cancel(self, order: Order) -> None:
        self.told.append(f"cancel {_brief(order)}")
        self._run.hand.cancel_order(order)

    def cancel_all(self) -> None:
        self.told.append("cancel all")
        self._run.hand.cancel_all_orders(self.instrument_id)

    def open_orders(self) -> list[Order]:
        return [order for order in self.orders if order.status in QUIET]

    # A script by chance

    async def play(self) -> None:
        """Do two to five things, with the market moving in between."""
        for _ in range(self._random.randint(2, 5)):
            act = self._random.choices(*zip(*self._acts(), strict=True))[0]
            await act()
            await self.drift(self._random.choice((0, 0, 1, 2, 3)))

    def _acts(self) -> list[tuple[Callable[[], Awaitable[None]], float]]:
        return [
            (self._enter, 5),
            (self._rest, 5),
            (self._post_only_or_immediate, 1),
            (self._stop, 2),
            (self._bracket, 2),
            (self._modify_one, 5),
            (self._cancel_one, 3),
            (self._cancel_all, 1),
        ]

    async def _enter(self) -> None:
        self.market()

    async def _rest(self) -> None:
        self.limit(self._random.uniform(0.02, 0.9))

    async def _post_only_or_immediate(self) -> None:
        if self._random.random() < 0.5:
            self.limit(self._random.uniform(-0.05, 0.3), post_only=True)
        else:
            self.limit(self._random.uniform(-0.1, 0.02), time_in_force=TimeInForce.IOC)

    async def _stop(self) -> None:
        away = self._random.uniform(0.1, 1.2)
        is_limit, is_touched = self._random.random() < 0.5, self._random.random() < 0.3
        side = self._side()
        if self._kind.triggers_need_position:
            side = await self._exit_side()
        self.stop(away, side, is_limit=is_limit, is_touched=is_touched)

    async def _exit_side(self) -> OrderSide:
        """Return the side that ends a position; one is opened for it if there is none."""
        held = self._run.cache.positions_open(instrument_id=self.instrument_id)
        if not held:
            entry = self.market()
            await self.quiet(entry)
            return OrderSide.SELL if entry.side == OrderSide.BUY else OrderSide.BUY
        return OrderSide.SELL if held[0].is_long else OrderSide.BUY

    async def _bracket(self) -> None:
        self.bracket(None if self._random.random() < 0.5 else self._random.uniform(0.05, 0.5))

    async def _modify_one(self) -> None:
        order = await self._any_resting()
        if order is not None:
            for _ in range(self._random.choice((1, 1, 2))):
                self.modify(order)

    async def _cancel_one(self) -> None:
        order = await self._any_resting()
        if order is not None:
            self.cancel(order)

    async def _cancel_all(self) -> None:
        self.cancel_all()

    async def _any_resting(self) -> Order | None:
        """Return an order that rests; one placed for it if there is none."""
        resting = self.open_orders()
        if resting:
            return self._random.choice(resting)
        order = self.limit(self._random.uniform(0.1, 0.9))
        return order if await self.quiet(order) else None

    # The end

    async def flatten(self) -> None:
        """Cancel what rests and close what is held, as a trader would on a clear day."""
        self.told.append("flatten")
        async with asyncio.timeout(FLATTEN_SECS):
            while not self._are_all_closed():
                # A cancel may still be lost on a line that is dying.
                self._run.hand.cancel_all_orders(self.instrument_id)
                await self.drift(CANCEL_STEPS)
            while positions := self._run.cache.positions_open(instrument_id=self.instrument_id):
                side = OrderSide.SELL if positions[0].is_long else OrderSide.BUY
                size = positions[0].quantity
                # The book may be too thin for all of it at once.
                self._submit(self._make.market(self.instrument_id, side, size, reduce_only=True))
                await eventually(self._are_all_closed, PATIENCE_SECS)
                await self.drift(1)

    def _are_all_closed(self) -> bool:
        return all(order.is_closed for order in self.orders)

    # Numbers

    def _submit(self, order: Order) -> Order:
        self.orders.append(order)
        self.told.append(f"submit {_brief(order)}")
        self._run.hand.submit_order(order)
        return order

    def _side(self) -> OrderSide:
        return self._random.choice((OrderSide.BUY, OrderSide.SELL))

    def _size(self) -> Quantity:
        return self._quantity(Decimal(self._random.randint(20, 200)) / 100)

    def _more(self) -> Decimal:
        return Decimal(self._random.randint(-15, 80)) / 100

    def _quantity(self, value: Decimal) -> Quantity:
        return self._run.instrument(self.instrument_id).make_qty(value)

    def _price(self, percent: float) -> Price:
        """Return a price so many percent above the middle of the market."""
        quote = self._run.cache.quote_tick(self.instrument_id)
        middle = (float(quote.bid_price) + float(quote.ask_price)) / 2
        return self._whole(middle * (1 + percent / 100))

    def _moved(self, price: Price) -> Price:
        return self._whole(float(price) * (1 + self._random.uniform(-0.3, 0.3) / 100))

    def _whole(self, price: float) -> Price:
        # Two decimals of a price of three digits are the venue's five significant figures.
        return self._run.instrument(self.instrument_id).make_price(round(price, 2))


def _brief(order: Order) -> str:
    return f"{order.client_order_id} {order.info()}"
