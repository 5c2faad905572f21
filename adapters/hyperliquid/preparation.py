"""Whether an order may be sent, and as what: prices bound, sizes converted; it sends no order."""

from decimal import Decimal

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.model.enums import OrderSide, OrderType
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.errors import VenueError
from adapters.common.order_tracker import OrderTracker
from adapters.hyperliquid.actions import OrderWire
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.config import HyperliquidExecClientConfig
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.order_checks import check_order, check_twap
from adapters.hyperliquid.orders import Asset, base_size, order_to_wire, slippage_price

# A quote changes with the market's best prices; one older than this may be of a lost subscription.
QUOTE_AGE_MAX_NS = 10_000_000_000
# Parameters of SubmitOrder that trade a market order over time (the venue's TWAP).
TWAP_MINUTES = "twap_minutes"
TWAP_RANDOMIZE = "twap_randomize"


class Ready(msgspec.Struct, frozen=True):
    """An order that may be sent: as the venue takes it, and its size in base units."""

    order: Order
    wire: OrderWire
    size: Decimal

    @property
    def cloid(self) -> str:
        """The venue's name of the order."""
        return self.wire.c or ""


class OrderPreparation:
    """
    Turn Nautilus orders into what the venue takes, or say in one sentence why not.

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask for a book when the cache has no fresh quote.
    cache : Cache
        Instruments, quotes and positions.
    clock : LiveClock
        Tells how old a quote is.
    tracker : OrderTracker
        Tells what has been filled of an order that is to be modified.
    budget : AddressBudget
        Tells what the account may still send.
    config : HyperliquidExecClientConfig
        The bounds of slippage.

    """

    def __init__(
        self,
        http: HyperliquidHttpClient,
        cache: Cache,
        clock: LiveClock,
        tracker: OrderTracker,
        budget: AddressBudget,
        config: HyperliquidExecClientConfig,
    ) -> None:
        self._http = http
        self._cache = cache
        self._clock = clock
        self._tracker = tracker
        self._budget = budget
        self._config = config

    async def prepare(self, order: Order, *, in_bracket: bool) -> Ready | str:
        """Return the order ready to send, or why it must be denied."""
        instrument = self._cache.instrument(order.instrument_id)
        if instrument is None:
            return f"Expected an instrument that is loaded, was {order.instrument_id}"
        asset = asset_of(instrument)
        is_buy = order.side == OrderSide.BUY
        best: Decimal | None = None
        if order.order_type == OrderType.MARKET or order.is_quote_quantity:
            best = await self._best_price(instrument, is_buy=is_buy)
            if best is None:
                return f"Expected a market to bound the order's price, found none ({instrument.id})"
        price = None
        if order.order_type == OrderType.MARKET and best is not None:
            price = slippage_price(best, self._config.market_slippage_bps, asset, is_buy=is_buy)
        size: Decimal = order.quantity.as_decimal()
        if order.is_quote_quantity and best is not None:
            size = base_size(size, order.price.as_decimal() if order.has_price else best, asset)
        position = None if in_bracket else self._position(order)
        reason = check_order(order, asset, size=size, price=price, position=position)
        reason = reason or self._budget.refusal(1, reduces=order.is_reduce_only)
        if reason is not None:
            return reason
        wire = order_to_wire(
            order,
            asset,
            size=size,
            price=price,
            trigger_slippage_bps=self._config.trigger_slippage_bps,
            in_bracket=in_bracket,
        )
        return Ready(order, wire, size)

    async def _best_price(self, instrument: Instrument, *, is_buy: bool) -> Decimal | None:
        quote = self._cache.quote_tick(instrument.id)
        if quote is not None and self._clock.timestamp_ns() - quote.ts_init < QUOTE_AGE_MAX_NS:
            best: Decimal = (quote.ask_price if is_buy else quote.bid_price).as_decimal()
            return best
        try:
            book = await self._http.l2_book(instrument.raw_symbol.value)
        except VenueError:
            return None
        levels = book.levels[1 if is_buy else 0]
        return Decimal(str(levels[0].px)) if levels else None

    def _position(self, order: Order) -> Decimal | None:
        """Return the signed position that a reduce-only order meets, None if it is not needed."""
        if not order.is_reduce_only:
            return None
        positions = self._cache.positions_open(instrument_id=order.instrument_id)
        if not positions:
            return None  # a fill may be on its way; the venue knows
        return sum((position.signed_decimal_qty() for position in positions), Decimal(0))

    def modification(
        self,
        order: Order,
        quantity: Quantity | None,
        price: Price | None,
        trigger_price: Price | None,
    ) -> OrderWire | str:
        """Return the order that takes the place of this one, or why there is none."""
        key = order.client_order_id.value
        if self._tracker.venue_order_id(key) is None:
            return "Expected an order that the venue has accepted, was one in flight or closed"
        whole: Decimal = (order.quantity if quantity is None else quantity).as_decimal()
        size = whole - self._tracker.done(key)
        if size <= 0:
            return f"Expected a quantity above the filled {self._tracker.done(key)}, was {whole}"
        asset = asset_of(self._cache.instrument(order.instrument_id))
        new_price = None if price is None else price.as_decimal()
        new_trigger = None if trigger_price is None else trigger_price.as_decimal()
        reason = check_order(order, asset, size=size, price=new_price, trigger_price=new_trigger)
        reason = reason or self._budget.refusal(1, reduces=order.is_reduce_only)
        if reason is not None:
            return reason
        return order_to_wire(
            order,
            asset,
            size=size,
            price=new_price,
            trigger_price=new_trigger,
            trigger_slippage_bps=self._config.trigger_slippage_bps,
            in_bracket=order.parent_order_id is not None and order.is_reduce_only,
        )

    async def twap_minutes(self, order: Order, params: dict[str, object]) -> int | str:
        """Return over how many minutes the venue is to trade an order, or why it must not."""
        minutes = params[TWAP_MINUTES]
        if not isinstance(minutes, int) or isinstance(minutes, bool):
            return f"Expected a whole number of {TWAP_MINUTES}, was {minutes!r}"
        if order.order_type != OrderType.MARKET or order.is_quote_quantity:
            return "Expected a market order in base units to be traded as a TWAP"
        instrument = self._cache.instrument(order.instrument_id)
        if instrument is None:
            return f"Expected an instrument that is loaded, was {order.instrument_id}"
        best = await self._best_price(instrument, is_buy=order.side == OrderSide.BUY)
        if best is None:
            return f"Expected a market for the TWAP, found none ({instrument.id})"
        reason = check_twap(order.quantity.as_decimal(), best, minutes)
        return reason or self._budget.refusal(1, reduces=order.is_reduce_only) or minutes


def asset_of(instrument: Instrument) -> Asset:
    """Return what an order needs to know of its instrument."""
    return Asset(instrument.info["asset_id"], instrument.price_precision, instrument.size_precision)
