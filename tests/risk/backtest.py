"""A backtest with the gate in its place: one perp at 50,000, and a strategy that a test scripts."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

from risk.events import REFUSALS, OrderRefused
from risk.gate import Gate
from risk.limits import LimitBook
from risk.observer import Observer

SECOND_NS = 1_000_000_000
BTC = TestInstrumentProvider.btcusdt_perp_binance()

type Step = Callable[["Hand"], object]


class Hand(Strategy):
    """Do one step of a script with each quote, a second apart."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(StrategyConfig(strategy_id="hand", order_id_tag="001"))
        self._steps = list(steps)
        self.step_count = len(self._steps)

    def on_start(self) -> None:
        self.subscribe_quote_ticks(BTC.id)

    def on_quote_tick(self, _tick: QuoteTick) -> None:
        if self._steps:
            self._steps.pop(0)(self)

    def market(self, side: str, size: str, **terms: Any) -> Order:  # noqa: ANN401 (the factory's)
        order = self.order_factory.market(BTC.id, OrderSide[side], _size(size), **terms)
        self.submit_order(order)
        return order

    def limit(self, side: str, size: str, price: str, **terms: Any) -> Order:  # noqa: ANN401
        order = self.order_factory.limit(
            BTC.id, OrderSide[side], _size(size), _price(price), **terms
        )
        self.submit_order(order)
        return order

    @property
    def position(self) -> Decimal:
        return Decimal(self.portfolio.net_position(BTC.id))


class Ran:
    """A backtest that has ended."""

    def __init__(self, engine: BacktestEngine, gate: Gate, refused: list[OrderRefused]) -> None:
        self.engine = engine
        self.gate = gate
        self.refused = refused

    @property
    def orders(self) -> list[Order]:
        """Return the orders, oldest first."""
        return sorted(self.engine.cache.orders(), key=lambda o: (o.ts_init, o.client_order_id))

    @property
    def statuses(self) -> list[str]:
        return [order.status_string() for order in self.orders]

    @property
    def reasons(self) -> list[str]:
        """Return the codes of the refusals, in order."""
        return [str(each.refusal.reason).removeprefix("RISK_") for each in self.refused]


def run(
    book: LimitBook,
    script: Hand | Sequence[Step],
    *,
    before: Callable[[BacktestEngine, Gate], object] = lambda _engine, _gate: None,
    quotes: int | None = None,
    latency_secs: int = 0,
) -> Ran:
    """Run a script over quotes of 49,999 and 50,001."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    money = [Money(100_000, USDT)]
    engine.add_venue(
        Venue("BINANCE"),
        OmsType.NETTING,
        AccountType.MARGIN,
        money,
        default_leverage=Decimal(10),
        latency_model=LatencyModel(latency_secs * SECOND_NS),
    )
    engine.add_instrument(BTC)
    hand = script if isinstance(script, Hand) else Hand(script)
    count = hand.step_count if quotes is None else quotes
    engine.add_data([_quote(index + 1) for index in range(count)])
    engine.add_strategy(hand)
    kernel = engine.kernel
    observer = Observer(kernel.cache, kernel.portfolio, kernel.clock)
    gate = Gate(observer, book, kernel.msgbus, kernel.cache, kernel.clock)
    gate.install(kernel.risk_engine, kernel.exec_engine)
    refused: list[OrderRefused] = []
    kernel.msgbus.subscribe(REFUSALS, refused.append)
    before(engine, gate)
    engine.run()
    return Ran(engine, gate, refused)


def _quote(second: int) -> QuoteTick:
    ts = second * SECOND_NS
    return QuoteTick(BTC.id, _price("49999"), _price("50001"), _size("50"), _size("50"), ts, ts)


def _price(text: str) -> Price:
    return Price(float(text), BTC.price_precision)


def _size(text: str) -> Quantity:
    return Quantity(float(text), BTC.size_precision)
