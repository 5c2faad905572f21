"""An order is prepared by the terms that its instrument has now, in base units."""

from decimal import Decimal
from typing import Any

import pytest
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide, OrderType
from nautilus_trader.model.identifiers import StrategyId, TraderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.order_amends import Terms
from adapters.common.order_tracker import OrderTracker
from adapters.synthetix.instruments import BASE_TIER, parse_perpetuals
from adapters.synthetix.preparation import OrderPreparation, Ready, terms_of
from tests.adapters.synthetix.conftest import BTC


def perpetual(**changed: Any) -> Instrument:  # noqa: ANN401 (of the venue's record)
    return parse_perpetuals([BTC | changed], BASE_TIER, 1, pytest.fail)[0]


def test_a_new_tick_holds_from_the_next_order_on() -> None:
    cache = Cache()
    preparation = OrderPreparation(cache, OrderTracker(), lambda: 1)
    factory = OrderFactory(TraderId("TESTER-000"), StrategyId("S-1"), LiveClock())
    prices = []
    for tick in ("1", "5", "1"):
        instrument = perpetual(priceIncrement=tick)
        cache.add_instrument(instrument)
        size, price = Quantity.from_str("0.01000"), Price.from_str("90003")
        order = factory.limit(instrument.id, OrderSide.BUY, size, price)
        ready = preparation.prepare(order, in_bracket=False)
        assert isinstance(ready, Ready)
        prices.append(ready.wire.price)
    assert prices == ["90003", "90000", "90003"]


NOW_MS = 20_000
FACTORY = OrderFactory(TraderId("TESTER-000"), StrategyId("S-1"), LiveClock())


def prepared(
    order: Order, *, quote_ms: int | None = None, parent: Order | None = None
) -> Ready | str:
    """Prepare an order of the tests' instrument, quoted 100,000 to 100,010 at some time."""
    cache, btc = Cache(), perpetual()
    cache.add_instrument(btc)
    if parent is not None:
        cache.add_order(parent)
    if quote_ms is not None:
        sizes, stamp = (Quantity.from_str("1.00000"),) * 2, quote_ms * 1_000_000
        prices = (Price.from_str("100000"), Price.from_str("100010"))
        cache.add_quote_tick(QuoteTick(btc.id, *prices, *sizes, stamp, stamp))
    preparation = OrderPreparation(cache, OrderTracker(), lambda: NOW_MS)
    return preparation.prepare(order, in_bracket=parent is not None)


def in_quote(make: str, side: OrderSide, *prices: str, amount: str = "1000") -> Order:
    order: Order = getattr(FACTORY, make)(
        perpetual().id,
        side,
        Quantity.from_str(f"{amount}.00000"),
        *map(Price.from_str, prices),
        quote_quantity=True,
    )
    return order


@pytest.mark.parametrize(
    ("order", "quantity"),
    [
        (in_quote("market", OrderSide.BUY), "0.00999"),  # at the ask, rounded down
        (in_quote("market", OrderSide.SELL), "0.01"),  # at the bid
        (in_quote("limit", OrderSide.BUY, "50000"), "0.02"),
        (in_quote("stop_market", OrderSide.SELL, "80000"), "0.0125"),
        (in_quote("stop_limit", OrderSide.SELL, "40000", "80000"), "0.025"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_quote_units_are_converted_at_the_price_that_the_order_has(
    order: Order, quantity: str
) -> None:
    ready = prepared(order, quote_ms=NOW_MS)
    assert isinstance(ready, Ready)
    assert (ready.wire.quantity, ready.size) == (quantity, Decimal(quantity))


def test_the_exits_of_a_bracket_are_as_large_as_its_entry() -> None:
    entry, stop, target = FACTORY.bracket(
        perpetual().id,
        OrderSide.BUY,
        Quantity.from_str("1000.00000"),
        entry_order_type=OrderType.LIMIT,
        entry_price=Price.from_str("50000"),
        tp_price=Price.from_str("100000"),
        sl_trigger_price=Price.from_str("40000"),
        quote_quantity=True,
    ).orders
    for order in (stop, target):
        ready = prepared(order, parent=entry)
        assert isinstance(ready, Ready)
        assert ready.wire.quantity == "0.02"


@pytest.mark.parametrize("quote_ms", [None, NOW_MS - 10_001])
def test_quote_units_without_a_fresh_quote_are_denied(quote_ms: int | None) -> None:
    reason = prepared(in_quote("market", OrderSide.BUY), quote_ms=quote_ms)
    assert reason == "Expected a quote of the last 10 s to convert 1000 by, found none"


def test_quote_units_that_come_to_less_than_an_order_are_denied() -> None:
    reason = prepared(in_quote("market", OrderSide.BUY, amount="99"), quote_ms=NOW_MS)
    assert reason == "Expected a size of at least 0.001, was 0.00098"


def test_an_order_in_quote_units_has_no_terms_to_compare_with_the_venues() -> None:
    """Or its acceptance, told with the size in base units, would look like a change of it."""
    assert terms_of(in_quote("limit", OrderSide.BUY, "50000")) is None
    size, price = Quantity.from_str("0.02000"), Price.from_str("50000")
    order = FACTORY.limit(perpetual().id, OrderSide.BUY, size, price)
    assert terms_of(order) == Terms(Decimal("0.02"), Decimal(50000), None)
