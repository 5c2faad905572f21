"""A paused strategy opens nothing new, leaves what it has to leave, and keeps its stop."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual

from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.protection import PercentDistance
from strategies.signals import DECISIONS, Action, Decision, Reason, Signal, wrap_signal
from strategies.sizing import FixedSize

MINUTE_NS = 60_000_000_000
PRICES = [50_000.0] * 10

type Run = Callable[..., BacktestEngine]
type Bars = Callable[[list[float]], list[Bar]]


class Pausing(AlertStrategy):
    """Paused by hand at minute 3, resumed at minute 7; keeps the decisions."""

    def __init__(self, config: AlertStrategyConfig) -> None:
        super().__init__(config)
        self.reasons: list[Reason | None] = []
        self.change: AlertStrategyConfig | None = None

    def on_start(self) -> None:
        super().on_start()
        self.msgbus.subscribe(DECISIONS, self._keep)
        self.clock.set_time_alert_ns("pause", 3 * MINUTE_NS, lambda _: self._set(is_paused=True))
        self.clock.set_time_alert_ns("go on", 7 * MINUTE_NS, lambda _: self._set(is_paused=False))

    def _keep(self, decision: Decision) -> None:
        self.reasons.append(decision.reason)

    def _set(self, *, is_paused: bool) -> None:
        self.is_paused = is_paused
        if is_paused and self.change is not None:
            self.reconfigure(self.change)


@pytest.fixture
def strategy(instrument: CryptoPerpetual) -> Pausing:
    return Pausing(
        AlertStrategyConfig(
            instrument_id=instrument.id,
            name="alerts",
            sizing=FixedSize(Decimal("0.2")),
            stop=PercentDistance(Decimal(2)),
        )
    )


def signals(*wanted: tuple[float, Action], quantity: str | None = None) -> list[object]:
    return [
        wrap_signal(
            Signal(
                source="test",
                key=f"key-{minute}",
                strategy="alerts",
                instrument_id=InstrumentId.from_str("BTCUSDT-PERP.BINANCE"),
                action=action,
                quantity=None if quantity is None else Decimal(quantity),
                ts_event=int(minute * MINUTE_NS),
                ts_init=int(minute * MINUTE_NS),
            )
        )
        for minute, action in wanted
    ]


def test_no_entry_while_paused_and_one_after(run: Run, bars: Bars, strategy: Pausing) -> None:
    run(strategy, [*bars(PRICES), *signals((3.5, Action.BUY), (7.5, Action.BUY))])

    assert strategy.reasons == [Reason.PAUSED, None]
    assert strategy.status().position == Decimal("0.2")


def test_no_addition_and_the_stop_stays(run: Run, bars: Bars, strategy: Pausing) -> None:
    engine = run(strategy, [*bars(PRICES[:5]), *signals((2.5, Action.BUY), (3.5, Action.BUY))])

    assert strategy.status().position == Decimal("0.2")
    (stop,) = [o for o in engine.cache.orders() if o.order_type == OrderType.STOP_MARKET]
    assert stop.is_open


def test_an_exit_goes_on(run: Run, bars: Bars, strategy: Pausing) -> None:
    run(strategy, [*bars(PRICES), *signals((2.5, Action.BUY), (3.5, Action.CLOSE))])

    assert strategy.reasons == [None, None]
    assert strategy.status().position == 0


def test_an_exit_without_a_position_is_nothing_to_do(
    run: Run, bars: Bars, strategy: Pausing
) -> None:
    run(strategy, [*bars(PRICES), *signals((3.5, Action.CLOSE))])

    assert strategy.reasons == [Reason.NOTHING_TO_DO]


def test_a_turn_becomes_an_exit(run: Run, bars: Bars, strategy: Pausing) -> None:
    turn = signals((3.5, Action.BUY), quantity="0.5")
    run(strategy, [*bars(PRICES), *signals((2.5, Action.SELL)), *turn])

    assert strategy.status().position == 0
    assert strategy.status().last_refusal == "No new entries, the strategy is paused"


def test_the_stop_fires_while_paused(run: Run, bars: Bars, strategy: Pausing) -> None:
    falling = [50_000.0] * 4 + [48_000.0] * 6
    run(strategy, [*bars(falling), *signals((2.5, Action.BUY))])

    assert strategy.status().position == 0


def test_other_parameters_hold_from_the_next_trade(
    run: Run, bars: Bars, strategy: Pausing, instrument: CryptoPerpetual
) -> None:
    strategy.change = AlertStrategyConfig(
        instrument_id=instrument.id,
        name="alerts",
        sizing=FixedSize(Decimal("0.3")),
        stop=PercentDistance(Decimal(4)),
    )
    engine = run(strategy, [*bars(PRICES), *signals((2.5, Action.BUY), (7.5, Action.BUY))])

    assert strategy.status().position == Decimal("0.5")
    stops = [o for o in engine.cache.orders() if o.order_type == OrderType.STOP_MARKET]
    assert [o.trigger_price.as_decimal() for o in stops if o.is_open] == [Decimal(48_000)]
    assert strategy.config.sizing == FixedSize(Decimal("0.3"))
