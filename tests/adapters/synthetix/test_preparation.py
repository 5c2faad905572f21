"""An order is prepared by the terms that its instrument has now, not by those that it had."""

from typing import Any

import pytest
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import StrategyId, TraderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.common.order_tracker import OrderTracker
from adapters.synthetix.instruments import BASE_TIER, parse_perpetuals
from adapters.synthetix.preparation import OrderPreparation, Ready
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
