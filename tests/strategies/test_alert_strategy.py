"""AlertStrategy in Nautilus's own backtest engine, fed with Signals as custom data."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.core.message import Event
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType
from nautilus_trader.model.events import OrderCanceled, PositionOpened
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price
from nautilus_trader.model.orders import Order
from nautilus_trader.test_kit.stubs.events import TestEventStubs

from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.protection import PercentDistance
from strategies.signals import Action, Reason, Signal, wrap_signal
from strategies.sizing import FixedSize, NotionalSize

MINUTE_NS = 60_000_000_000
PRICES = [50_000.0] * 10
BTC = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")

type Run = Callable[..., BacktestEngine]
type Bars = Callable[[list[float]], list[Bar]]


@pytest.fixture
def config(instrument: CryptoPerpetual) -> AlertStrategyConfig:
    return AlertStrategyConfig(
        instrument_id=instrument.id,
        name="alerts",
        sizing=FixedSize(Decimal("0.2")),
        stop=PercentDistance(Decimal(2)),
    )


def signal(
    minute: float,
    action: Action,
    quantity: str | None = None,
    *,
    key: str | None = None,
    strategy: str = "alerts",
    instrument_id: InstrumentId = BTC,
) -> Signal:
    ts = int(minute * MINUTE_NS)
    return Signal(
        source="test",
        key=key or f"key-{minute}",
        strategy=strategy,
        instrument_id=instrument_id,
        action=action,
        quantity=None if quantity is None else Decimal(quantity),
        ts_event=ts,
        ts_init=ts,
    )


def market_orders(engine: BacktestEngine) -> list[Order]:
    found = [order for order in engine.cache.orders() if order.order_type == OrderType.MARKET]
    return sorted(found, key=lambda order: order.ts_init)


@pytest.mark.parametrize(
    ("signals", "position", "order_count"),
    [
        ([signal(2.5, Action.BUY)], "0.2", 1),
        ([signal(2.5, Action.BUY, "0.3")], "0.3", 1),
        ([signal(2.5, Action.SELL, "0.3009")], "-0.3", 1),
        ([signal(2.5, Action.BUY), signal(3.5, Action.BUY)], "0.4", 2),
        ([signal(2.5, Action.BUY), signal(3.5, Action.SELL, "0.5")], "-0.3", 2),
        ([signal(2.5, Action.BUY), signal(3.5, Action.CLOSE)], "0", 2),
        ([signal(2.5, Action.CLOSE)], "0", 0),
        ([signal(2.5, Action.TARGET, "-0.4")], "-0.4", 1),
        ([signal(2.5, Action.TARGET, "0.4"), signal(3.5, Action.TARGET, "0.1")], "0.1", 2),
        ([signal(2.5, Action.TARGET, "0.4"), signal(3.5, Action.TARGET, "0.4")], "0.4", 1),
        ([signal(2.5, Action.TARGET, "0.4"), signal(3.5, Action.TARGET, "-0.1")], "-0.1", 2),
        ([signal(2.5, Action.TARGET, "0.4"), signal(3.5, Action.TARGET, "0")], "0", 2),
        ([signal(2.5, Action.TARGET)], "0", 0),
        ([signal(2.5, Action.BUY, "0.0001")], "0", 0),
        ([signal(2.5, Action.BUY, "-1")], "0", 0),
        ([signal(2.5, Action.BUY, strategy="other")], "0", 0),
        ([signal(2.5, Action.BUY, instrument_id=InstrumentId.from_str("A.B"))], "0", 0),
        ([signal(2.5, Action.BUY, key="k"), signal(3.5, Action.BUY, key="k")], "0.2", 1),
    ],
)
def test_signals_become_positions(
    run: Run,
    bars: Bars,
    config: AlertStrategyConfig,
    signals: list[Signal],
    position: str,
    order_count: int,
) -> None:
    strategy = AlertStrategy(config)
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, signals)])
    assert strategy.status().position == Decimal(position)
    assert len(market_orders(engine)) == order_count
    assert strategy.status().degraded is None


def test_two_signals_at_once_do_not_trade_the_same_difference_twice(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    twins = [signal(2.5, Action.TARGET, "0.4", key=key) for key in ("a", "b")]
    strategy = AlertStrategy(config)
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, twins)])
    assert strategy.status().position == Decimal("0.4")
    assert len(market_orders(engine)) == 1


@pytest.mark.parametrize(
    ("burst", "position"),
    [
        ([(Action.SELL, "0.5"), (Action.BUY, "0.2")], "-0.1"),
        ([(Action.SELL, "0.5"), (Action.CLOSE, None)], "0"),
        ([(Action.BUY, "0.1"), (Action.SELL, "0.1"), (Action.BUY, "0.3")], "0.5"),
    ],
)
def test_a_signal_waits_for_the_order_of_the_one_before(
    run: Run,
    bars: Bars,
    config: AlertStrategyConfig,
    burst: list[tuple[Action, str | None]],
    position: str,
) -> None:
    strategy = AlertStrategy(config)
    signals = [signal(2.5, action, size, key=str(n)) for n, (action, size) in enumerate(burst)]
    data = [*bars(PRICES), *map(wrap_signal, [signal(1.5, Action.BUY), *signals])]
    engine = run(strategy, data, latency_model=LatencyModel(base_latency_nanos=100_000_000))
    assert strategy.status().position == Decimal(position)
    orders = market_orders(engine)
    assert [order.status for order in orders] == [OrderStatus.FILLED] * (1 + len(burst))
    assert all(order.ts_closed <= later.ts_init for order, later in pairwise(orders))


def test_a_signal_that_became_too_old_while_it_waited_is_refused(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    strategy = AlertStrategy(config)
    first, second = (signal(2.5, Action.BUY, "0.1", key=key) for key in ("a", "b"))
    second = replace(second, ts_expires=second.ts_init + 50_000_000)
    data = [*bars(PRICES), *map(wrap_signal, (first, second))]
    run(strategy, data, latency_model=LatencyModel(base_latency_nanos=100_000_000))
    assert strategy.status().position == Decimal("0.1")
    assert "became too old" in (strategy.status().last_refusal or "")


def test_an_order_carries_the_key_of_its_signal(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    strategy = AlertStrategy(config)
    alert = signal(2.5, Action.BUY, key="tv-4711")
    engine = run(strategy, [*bars(PRICES), wrap_signal(alert)])
    assert market_orders(engine)[0].tags == ["tv-4711"]
    assert strategy.status().last_signal is alert


def test_the_stop_follows_the_size_of_the_position(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    moves = [
        signal(2.5, Action.TARGET, "0.4"),
        signal(3.5, Action.TARGET, "0.1"),
        signal(4.5, Action.TARGET, "-0.3"),
        signal(5.5, Action.CLOSE),
    ]
    engine = run(AlertStrategy(config), [*bars(PRICES), *map(wrap_signal, moves)])
    stops = [o for o in engine.cache.orders() if o.order_type == OrderType.STOP_MARKET]
    stops.sort(key=lambda order: order.ts_init)
    assert [(o.side, o.quantity.as_decimal()) for o in stops] == [
        (OrderSide.SELL, Decimal("0.4")),
        (OrderSide.SELL, Decimal("0.1")),
        (OrderSide.BUY, Decimal("0.3")),
    ]
    assert {order.status for order in stops} == {OrderStatus.CANCELED}
    assert all(order.is_reduce_only for order in stops)


class Counting(AlertStrategy):
    """An AlertStrategy that counts how often it began to listen."""

    subscriptions = 0

    def subscribe_data(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  Nautilus's own
        self.subscriptions += 1
        super().subscribe_data(*args, **kwargs)


def test_signals_are_heard_from_the_first_price_on(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    strategy = AlertStrategy(config)
    early, late = signal(0.5, Action.BUY, "0.3"), signal(1.5, Action.BUY, "0.1")
    run(strategy, [*bars(PRICES), *map(wrap_signal, (early, late))])
    assert strategy.status().last_signal == late
    assert strategy.status().position == Decimal("0.1")


def test_a_strategy_begins_to_listen_once(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    strategy = Counting(config)
    run(strategy, bars(PRICES))
    # A backtest makes all events of the timer up to the second bar before it handles one.
    assert strategy.subscriptions == 1


@pytest.mark.parametrize(
    ("held", "target", "position"),
    [
        ("0.4", "0.1", "0.1"),
        ("0.1", "0.4", "0.1"),
        ("-0.4", "0.1", "0"),
        ("-0.4", "-0.1", "-0.1"),
        ("0", "0.1", "0"),
    ],
)
def test_an_exit_never_opens_nor_adds_to_a_position(
    run: Run, bars: Bars, config: AlertStrategyConfig, held: str, target: str, position: str
) -> None:
    strategy = AlertStrategy(config)
    leave = replace(signal(3.5, Action.TARGET, target), is_exit=True)
    signals = [signal(2.5, Action.TARGET, held), leave]
    run(strategy, [*bars(PRICES), *map(wrap_signal, signals)])
    assert strategy.status().position == Decimal(position)


def test_a_notional_size_uses_the_price_of_the_market(
    run: Run, bars: Bars, instrument: CryptoPerpetual
) -> None:
    strategy = AlertStrategy(
        AlertStrategyConfig(
            instrument_id=instrument.id, name="alerts", sizing=NotionalSize(Decimal(7_777))
        )
    )
    run(strategy, [*bars(PRICES), wrap_signal(signal(2.5, Action.BUY))])
    assert strategy.status().position == Decimal("0.155")


def test_a_degraded_strategy_still_leaves_but_enters_no_more(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    class Broken(AlertStrategy):
        def _target(self, wanted: Signal) -> Decimal | Reason:
            if wanted.reason == "boom":
                raise RuntimeError(wanted.reason)
            return super()._target(wanted)

    bad = Signal(
        source="test",
        key="bad",
        strategy="alerts",
        instrument_id=BTC,
        action=Action.BUY,
        reason="boom",
        ts_event=int(3.5 * MINUTE_NS),
        ts_init=int(3.5 * MINUTE_NS),
    )
    strategy = Broken(config)
    moves = [
        signal(2.5, Action.BUY),
        bad,
        signal(4.5, Action.BUY),
        signal(5.5, Action.TARGET, "0.1"),
        signal(6.5, Action.TARGET, "-0.4"),
        signal(7.5, Action.SELL),
    ]
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, moves)])
    sizes = [(o.side, o.quantity.as_decimal()) for o in market_orders(engine)]
    assert sizes == [
        (OrderSide.BUY, Decimal("0.2")),
        (OrderSide.SELL, Decimal("0.1")),
        (OrderSide.SELL, Decimal("0.1")),
    ]
    assert strategy.status().position == 0
    assert strategy.status().degraded == "on_data failed: RuntimeError('boom')"


def test_a_position_that_cannot_be_protected_is_closed(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no stop")

    class Unable(AlertStrategy):
        def on_start(self) -> None:
            super().on_start()
            self.trader.protector._stop._make = fail

    strategy = Unable(config)
    engine = run(strategy, [*bars(PRICES), wrap_signal(signal(2.5, Action.BUY))])
    assert strategy.status().degraded == "on_event failed: RuntimeError('no stop')"
    assert strategy.status().position == 0
    assert [order.tags for order in market_orders(engine)] == [["key-2.5"], ["FLATTEN"]]


def test_a_stop_that_was_replaced_before_it_was_accepted_does_not_stay(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    class Stray(AlertStrategy):
        def on_event(self, event: Event) -> None:
            super().on_event(event)
            if isinstance(event, PositionOpened):
                make = self.trader.protector._make_stop
                self.submit_order(make(OrderSide.SELL, event.quantity, Price(40_000, 1)))

    engine = run(Stray(config), [*bars(PRICES), wrap_signal(signal(2.5, Action.BUY))])
    stops = [o for o in engine.cache.orders() if o.order_type == OrderType.STOP_MARKET]
    assert {(o.trigger_price.as_decimal(), o.status) for o in stops} == {
        (Decimal(49_000), OrderStatus.ACCEPTED),
        (Decimal(40_000), OrderStatus.CANCELED),
    }


def test_stopping_closes_the_position_and_its_stop_where_configured(
    run: Run, bars: Bars, instrument: CryptoPerpetual
) -> None:
    strategy = AlertStrategy(
        AlertStrategyConfig(
            instrument_id=instrument.id,
            name="alerts",
            sizing=FixedSize(Decimal(1)),
            stop=PercentDistance(Decimal(2)),
            close_positions_on_stop=True,
        )
    )
    engine = run(strategy, [*bars(PRICES), wrap_signal(signal(2.5, Action.BUY))])
    assert engine.cache.positions_open() == []
    assert engine.cache.orders_open() == []


def stop_orders(engine: BacktestEngine) -> list[Order]:
    found = [o for o in engine.cache.orders() if o.order_type == OrderType.STOP_MARKET]
    return sorted(found, key=lambda order: order.ts_init)


@pytest.mark.parametrize(("target", "stops"), [("-0.2", 2), ("0", 1)])
def test_a_stop_that_the_venue_takes_away_before_it_tells_of_the_fill_flattens_nothing(
    run: Run, bars: Bars, config: AlertStrategyConfig, target: str, stops: int
) -> None:
    class Forestalled(AlertStrategy):
        """Hears of its stop's end while the order that makes it useless is on its way."""

        def on_data(self, data: Signal) -> None:
            for stop in self.cache.orders_open(strategy_id=self.id):
                self.cancel_order(stop)
            super().on_data(data)

    strategy = Forestalled(config)
    moves = [signal(2.5, Action.BUY), signal(6.5, Action.TARGET, target)]
    late = LatencyModel(base_latency_nanos=0, insert_latency_nanos=MINUTE_NS // 2)
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, moves)], latency_model=late)

    assert [order.tags for order in market_orders(engine)] == [["key-2.5"], ["key-6.5"]]
    assert strategy.status().position == Decimal(target)
    assert strategy.status().last_refusal is None
    assert len(stop_orders(engine)) == stops
    assert stop_orders(engine)[0].status == OrderStatus.CANCELED
    assert stop_orders(engine)[-1].is_closed == (target == "0")


def test_a_position_is_protected_again_when_the_order_to_end_it_fails(
    run: Run, bars: Bars, config: AlertStrategyConfig
) -> None:
    class Refused(AlertStrategy):
        """Has its second order refused by the venue, after the stop is gone."""

        refused: Order | None = None

        def submit_order(self, order: Order) -> None:
            if order.order_type == OrderType.MARKET and self.trader.position:
                self.cache.add_order(order)
                self.refused = order
                for stop in self.cache.orders_open(strategy_id=self.id):
                    self.cancel_order(stop)
            else:
                super().submit_order(order)

        def on_event(self, event: Event) -> None:
            super().on_event(event)
            if isinstance(event, OrderCanceled) and self.refused is not None:
                self.msgbus.send("ExecEngine.process", TestEventStubs.order_submitted(self.refused))
                self.msgbus.send("ExecEngine.process", TestEventStubs.order_rejected(self.refused))

    strategy = Refused(config)
    moves = [signal(2.5, Action.BUY), signal(6.5, Action.CLOSE)]
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, moves)])

    assert strategy.status().position == Decimal("0.2")
    assert [order.status for order in stop_orders(engine)] == [
        OrderStatus.CANCELED,
        OrderStatus.ACCEPTED,
    ]
    assert stop_orders(engine)[-1].quantity.as_decimal() == Decimal("0.2")
    assert len(market_orders(engine)) == 2
