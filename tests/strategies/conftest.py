"""A backtest in a few words: one perp, one strategy, one-minute bars from a list of closes."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

import pytest
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig
from nautilus_trader.core.data import Data
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType, CustomData
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import ClientId, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

MINUTE_NS = 60_000_000_000


@pytest.fixture
def instrument() -> CryptoPerpetual:
    return TestInstrumentProvider.btcusdt_perp_binance()


@pytest.fixture
def bar_type(instrument: CryptoPerpetual) -> BarType:
    return BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")


@pytest.fixture
def bars(bar_type: BarType) -> Callable[[Iterable[float]], list[Bar]]:
    """Make flat one-minute bars; bar i closes at minute i + 1."""

    def build(closes: Iterable[float]) -> list[Bar]:
        made = []
        for index, close in enumerate(closes):
            price, ts = Price(close, 1), (index + 1) * MINUTE_NS
            made.append(Bar(bar_type, price, price, price, price, Quantity(100, 3), ts, ts))
        return made

    return build


@pytest.fixture
def run(instrument: CryptoPerpetual) -> Iterator[Callable[..., BacktestEngine]]:
    """Run one strategy over data; custom data is delivered by the WEBHOOK client."""
    engines = []

    def go(strategy: Strategy, data: list[Data], **venue_options: object) -> BacktestEngine:
        engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
        engines.append(engine)
        engine.add_venue(
            Venue("BINANCE"),
            OmsType.NETTING,
            AccountType.MARGIN,
            [Money(100_000, USDT)],
            default_leverage=Decimal(10),
            **venue_options,
        )
        engine.add_instrument(instrument)
        engine.add_data([item for item in data if not isinstance(item, CustomData)])
        custom = [item for item in data if isinstance(item, CustomData)]
        if custom:
            engine.add_data(custom, client_id=ClientId("WEBHOOK"))
        engine.add_strategy(strategy)
        engine.run()
        return engine

    yield go
    for engine in engines:
        engine.dispose()
