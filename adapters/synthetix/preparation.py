"""Whether an order may be sent, and as what: sizes converted; it sends no order."""

from collections.abc import Callable
from decimal import Decimal

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.order_amends import Terms
from adapters.common.order_tracker import OrderTracker
from adapters.synthetix.actions import OrderKind, OrderWire, decimal_to_wire
from adapters.synthetix.constants import NANOS_PER_MILLI, NANOS_PER_SECOND
from adapters.synthetix.order_checks import check_order
from adapters.synthetix.orders import (
    Asset,
    base_size,
    normalize_price,
    order_kind,
    order_to_wire,
)

# A quote changes with the market's best prices; one older than this may be of a lost subscription.
QUOTE_AGE_MAX_NS = 10_000_000_000


class Ready(msgspec.Struct, frozen=True):
    """An order that may be sent, as the venue takes it."""

    order: Order
    wire: OrderWire

    @property
    def size(self) -> Decimal:
        """All of it, in base units."""
        return Decimal(self.wire.quantity)


class Change(msgspec.Struct, frozen=True):
    """A change that may be sent: all terms as they are to be and were, and which are new."""

    terms: Terms
    before: Terms
    quantity: str
    price: str
    trigger_price: str


class OrderPreparation:
    """
    Turn Nautilus orders into what the venue takes, or say in one sentence why not.

    Parameters
    ----------
    cache : Cache
        Instruments, quotes, positions, and the parents of exits.
    tracker : OrderTracker
        Tells what has been filled of an order that is to be modified.
    venue_ms : Callable[[], int]
        The venue's time, Unix milliseconds.

    """

    def __init__(self, cache: Cache, tracker: OrderTracker, venue_ms: Callable[[], int]) -> None:
        self._cache = cache
        self._tracker = tracker
        self._venue_ms = venue_ms
        # By instrument id, with the instrument itself: the cache may be given a new one.
        self._assets: dict[InstrumentId, tuple[Instrument, Asset]] = {}

    def prepare(self, order: Order, *, in_bracket: bool) -> Ready | str:
        """Return the order ready to send, or why it must be denied."""
        instrument = self._cache.instrument(order.instrument_id)
        if instrument is None:
            return f"Expected an instrument that is loaded, was {order.instrument_id}"
        asset = self._asset(instrument)
        now_ns = self._venue_ms() * NANOS_PER_MILLI
        size: Decimal = order.quantity.as_decimal()
        if order.is_quote_quantity:
            price = self._price_of(order, now_ns)
            if price is None:
                age_secs = QUOTE_AGE_MAX_NS // NANOS_PER_SECOND
                return f"Expected a quote of the last {age_secs} s to convert {size} by, found none"
            size = base_size(size, price, asset)
        position = self._position(order)
        reason = check_order(
            order, asset, now_ns, size=size, position=position, in_bracket=in_bracket
        )
        return reason or Ready(order, order_to_wire(order, asset, size=size, in_bracket=in_bracket))

    def _price_of(self, order: Order, now_ns: int) -> Decimal | None:
        """Return the price by which quote units become base units, None if there is none now."""
        # The exits of a bracket are as large as its entry.
        parent = self._cache.order(order.parent_order_id) if order.parent_order_id else None
        priced: Order = order if parent is None else parent
        price: Price | None = priced.price if priced.has_price else None
        if price is None and priced.has_trigger_price:
            price = priced.trigger_price
        if price is None:
            quote = self._cache.quote_tick(priced.instrument_id)
            if quote is None or now_ns - quote.ts_event > QUOTE_AGE_MAX_NS:
                return None
            price = quote.ask_price if priced.is_buy else quote.bid_price
        found: Decimal = price.as_decimal()
        return found if found > 0 else None

    def modification(
        self,
        order: Order,
        quantity: Quantity | None,
        price: Price | None,
        trigger_price: Price | None,
    ) -> Change | str:
        """Return the change as the venue takes it, or why there is none."""
        key = order.client_order_id.value
        if self._tracker.venue_order_id(key) is None:
            return "Expected an order that the venue has accepted, was one in flight or closed"
        instrument: Instrument = self._cache.instrument(order.instrument_id)
        asset, known = self._asset(instrument), terms_of(order)
        if known is None:
            return f"Expected an order in base units, was {order.quantity} in quote units"
        is_buy = order.is_buy
        new = Terms(
            known.size if quantity is None else quantity.as_decimal(),
            _on_tick(price, asset, is_buy=is_buy) if price and order.has_price else known.price,
            _on_tick(trigger_price, asset, is_buy=is_buy)
            if trigger_price and order.has_trigger_price
            else known.trigger_price,
        )
        return self._refusal(key, new, known, asset) or _change(new, known, order)

    def _refusal(self, key: str, new: Terms, known: Terms, asset: Asset) -> str | None:
        done = self._tracker.done(key)
        if new == known:
            return "Expected another size or price, were those that the order has"
        if new.size <= done:
            return f"Expected a quantity above the filled {done}, was {new.size}"
        if new.size % asset.size_step:
            return f"Expected a size in steps of {asset.size_step}, was {new.size}"
        if asset.limit_size_max and new.size > asset.limit_size_max:
            return f"Expected a size of at most {asset.limit_size_max}, was {new.size}"
        least = max(asset.price_min, asset.price_step)
        for price in (new.price, new.trigger_price):
            if price is not None and price < least:
                return f"Expected a price of at least {least}, was {price}"
        return None

    def _asset(self, instrument: Instrument) -> Asset:
        known = self._assets.get(instrument.id)
        if known is None or known[0] is not instrument:
            known = self._assets[instrument.id] = (instrument, Asset.of(instrument))
        return known[1]

    def _position(self, order: Order) -> Decimal | None:
        """Return the signed position that an exit meets, None if it is not known."""
        positions = self._cache.positions_open(instrument_id=order.instrument_id)
        if not positions:
            return None  # a fill may be on its way; the venue knows
        return sum((position.signed_decimal_qty() for position in positions), Decimal(0))


def terms_of(order: Order) -> Terms | None:
    """
    Return the whole size and the prices of an order as Nautilus holds them.

    None of one that is still in quote units: what the venue calls its size is no change of it.
    """
    if order.is_quote_quantity:
        return None
    return Terms(
        order.quantity.as_decimal(),
        order.price.as_decimal() if order.has_price else None,
        order.trigger_price.as_decimal() if order.has_trigger_price else None,
    )


def _on_tick(price: Price, asset: Asset, *, is_buy: bool) -> Decimal:
    value: Decimal = price.as_decimal()
    return normalize_price(value, asset, is_buy=is_buy) if value > 0 else value


def _change(new: Terms, known: Terms, order: Order) -> Change:
    price = _text(new.price, known.price)
    # A limit child of a bracket rests at the venue as a take-profit whose trigger is its price.
    in_bracket = order.parent_order_id is not None and order.is_reduce_only
    is_both = order_kind(order, in_bracket=in_bracket) is OrderKind.TAKE_PROFIT and (
        not order.has_trigger_price
    )
    trigger_price = price if is_both else _text(new.trigger_price, known.trigger_price)
    return Change(new, known, _text(new.size, known.size), price, trigger_price)


def _text(new: Decimal | None, known: Decimal | None) -> str:
    return "" if new is None or new == known else decimal_to_wire(new)
