"""Each signal is answered once, its order can be told from its key, and its protection holds."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Quantity
from nautilus_trader.model.orders import Order

from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.protection import (
    AmountDistance,
    AtrDistance,
    Distance,
    PercentDistance,
    PriceLevel,
)
from strategies.signals import (
    DECISIONS,
    Action,
    Decision,
    Reason,
    Signal,
    order_id_of,
    wrap_signal,
)
from strategies.sizing import FixedSize, NotionalSize, Sizing

MINUTE_NS = 60_000_000_000
PRICES = [50_000.0] * 10
BTC = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")
D = Decimal

type Run = Callable[..., BacktestEngine]
type Bars = Callable[[list[float]], list[Bar]]


class Heard(AlertStrategy):
    """An AlertStrategy that keeps its decisions, and that can be told to fail."""

    def on_start(self) -> None:
        self.decisions: list[Decision] = []
        self.msgbus.subscribe(DECISIONS, self.decisions.append)
        super().on_start()

    def _target(self, wanted: Signal) -> Decimal | Reason:
        target = super()._target(wanted)
        if wanted.reason == "boom":
            raise RuntimeError(wanted.reason)
        return target


def config_of(
    stop: Distance | None = None, take_profit: Distance | None = None
) -> AlertStrategyConfig:
    return AlertStrategyConfig(
        instrument_id=BTC,
        name="alerts",
        sizing=FixedSize(D("0.2")),
        stop=stop,
        take_profit=take_profit,
    )


def signal(
    minute: float,
    action: Action,
    quantity: str | None = None,
    *,
    key: str | None = None,
    sizing: Sizing | None = None,
    stop: Distance | None = None,
    take_profit: Distance | None = None,
    instrument_id: InstrumentId = BTC,
    reason: str = "",
) -> Signal:
    ts = int(minute * MINUTE_NS)
    return Signal(
        source="test",
        key=key or f"key-{minute}",
        strategy="alerts",
        instrument_id=instrument_id,
        action=action,
        quantity=None if quantity is None else D(quantity),
        sizing=sizing,
        stop=stop,
        take_profit=take_profit,
        reason=reason,
        ts_event=ts,
        ts_init=ts,
    )


def percent(text: str) -> PercentDistance:
    return PercentDistance(D(text))


def orders_of(engine: BacktestEngine, kind: OrderType) -> list[Order]:
    found = [order for order in engine.cache.orders() if order.order_type == kind]
    return sorted(found, key=lambda order: order.ts_init)


def stops(engine: BacktestEngine) -> list[tuple[Decimal, str]]:
    return [
        (order.trigger_price.as_decimal(), order.status_string())
        for order in orders_of(engine, OrderType.STOP_MARKET)
    ]


@pytest.mark.parametrize(
    ("asked", "reason", "is_sent"),
    [
        (signal(2.5, Action.BUY), None, True),
        (signal(2.5, Action.TARGET, "-0.1"), None, True),
        (signal(2.5, Action.CLOSE), Reason.NOTHING_TO_DO, False),
        (signal(2.5, Action.BUY, "0.0001"), Reason.BAD_SIZE, False),
        (signal(2.5, Action.TARGET), Reason.BAD_SIZE, False),
        (
            signal(2.5, Action.BUY, instrument_id=InstrumentId.from_str("A.B")),
            Reason.WRONG_INSTRUMENT,
            False,
        ),
        (signal(2.5, Action.BUY, stop=AtrDistance(D(3))), Reason.BAD_PROTECTION, False),
        (signal(2.5, Action.BUY, take_profit=AtrDistance(D(3))), Reason.BAD_PROTECTION, False),
        (signal(2.5, Action.BUY, reason="boom"), Reason.FAILED, False),
    ],
)
def test_a_signal_is_answered_once_with_its_order_or_a_reason(
    run: Run, bars: Bars, asked: Signal, reason: Reason | None, is_sent: bool
) -> None:
    strategy = Heard(config_of())
    engine = run(strategy, [*bars(PRICES), wrap_signal(asked)])
    (decision,) = strategy.decisions
    assert (decision.key, decision.strategy) == (asked.key, "alerts")
    assert decision.reason is reason
    assert decision.orders == ((order_id_of(asked.key),) if is_sent else ())
    assert decision.ts_event == asked.ts_init
    if reason not in {None, Reason.NOTHING_TO_DO, Reason.FAILED}:
        assert decision.message == strategy.status().last_refusal
    sent = {order.client_order_id for order in orders_of(engine, OrderType.MARKET)}
    assert sent == set(decision.orders)


def test_what_fails_after_its_order_has_left_is_answered_with_the_order(
    run: Run, bars: Bars
) -> None:
    class Broken(Heard):
        def submit_order(self, order: Order) -> None:
            super().submit_order(order)
            raise RuntimeError("too late")

    strategy = Broken(config_of())
    run(strategy, [*bars(PRICES), wrap_signal(signal(2.5, Action.BUY))])
    (decision,) = strategy.decisions
    assert decision.reason is Reason.FAILED
    assert decision.orders == (order_id_of("key-2.5"),)
    assert strategy.status().degraded == "on_data failed: RuntimeError('too late')"


def test_a_degraded_strategy_says_so_and_names_what_it_closes(run: Run, bars: Bars) -> None:
    strategy = Heard(config_of())
    moves = [
        signal(2.5, Action.BUY),
        signal(3.5, Action.BUY, reason="boom"),
        signal(4.5, Action.BUY),
        signal(5.5, Action.TARGET, "-0.4"),
    ]
    run(strategy, [*bars(PRICES), *map(wrap_signal, moves)])
    assert [d.reason for d in strategy.decisions] == [None, Reason.FAILED, Reason.DEGRADED, None]
    assert strategy.decisions[3].orders == (order_id_of("key-5.5"),)
    assert "the strategy is degraded" in strategy.decisions[3].message
    assert strategy.status().position == 0


def test_a_signal_that_comes_again_is_answered_again_and_not_traded(run: Run, bars: Bars) -> None:
    strategy = Heard(config_of())
    twins = [signal(minute, Action.BUY, key="k") for minute in (2.5, 3.5)]
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, twins)])
    assert [d.reason for d in strategy.decisions] == [None, Reason.REPEATED]
    assert [d.orders for d in strategy.decisions] == [(order_id_of("k"),)] * 2
    assert len(orders_of(engine, OrderType.MARKET)) == 1


def test_a_signal_whose_order_is_known_from_an_earlier_run_is_not_traded(
    run: Run, bars: Bars, instrument: CryptoPerpetual
) -> None:
    class Restarted(Heard):
        """Has the order of an earlier process in its cache, as reconciliation leaves it."""

        def on_start(self) -> None:
            super().on_start()
            order = self.order_factory.market(
                instrument.id,
                OrderSide.BUY,
                Quantity(D("0.2"), 3),
                client_order_id=order_id_of("k"),
            )
            self.cache.add_order(order)

    strategy = Restarted(config_of())
    engine = run(strategy, [*bars(PRICES), wrap_signal(signal(2.5, Action.BUY, key="k"))])
    (decision,) = strategy.decisions
    assert (decision.reason, decision.orders) == (Reason.REPEATED, (order_id_of("k"),))
    (order,) = orders_of(engine, OrderType.MARKET)
    assert order.status == OrderStatus.INITIALIZED


def test_only_answers_to_signals_have_ids_of_signals(run: Run, bars: Bars) -> None:
    strategy = Heard(
        AlertStrategyConfig(
            instrument_id=BTC,
            name="alerts",
            sizing=FixedSize(D("0.2")),
            stop=percent("2"),
            close_positions_on_stop=True,
        )
    )
    engine = run(strategy, [*bars(PRICES), wrap_signal(signal(2.5, Action.BUY, key="k"))])
    named = [o.client_order_id for o in engine.cache.orders() if o.client_order_id.value[0] == "A"]
    assert named == [order_id_of("k")] == [ClientOrderId(order_id_of("k").value)]
    assert len(engine.cache.orders()) == 3  # the stop, and the order that closes at the end


def test_a_signal_says_how_much(run: Run, bars: Bars) -> None:
    strategy = Heard(config_of())
    moves = [
        signal(2.5, Action.BUY, sizing=NotionalSize(D(5_000))),
        signal(3.5, Action.BUY),
        signal(4.5, Action.SELL, "0.05", sizing=NotionalSize(D(5_000))),
    ]
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, moves)])
    sizes = [o.quantity.as_decimal() for o in orders_of(engine, OrderType.MARKET)]
    assert sizes == [D("0.1"), D("0.2"), D("0.05")]


def test_the_stop_of_a_signal_holds_until_the_next_one_trades(run: Run, bars: Bars) -> None:
    moves = [
        signal(2.5, Action.BUY, stop=percent("4"), take_profit=percent("10")),
        signal(3.5, Action.BUY, "0.0001", stop=percent("1")),  # refused: changes nothing
        signal(4.5, Action.SELL, "0.1"),  # without one: back to the strategy's own
    ]
    engine = run(Heard(config_of(percent("2"))), [*bars(PRICES), *map(wrap_signal, moves)])
    assert stops(engine) == [(D(48_000), "CANCELED"), (D(49_000), "ACCEPTED")]
    # No own take-profit to go back to: the position keeps what was asked for.
    (first, second) = orders_of(engine, OrderType.LIMIT)
    assert (first.price, second.price) == (D(55_000), D(55_000))
    assert (first.status, second.status) == (OrderStatus.CANCELED, OrderStatus.ACCEPTED)


def test_a_position_keeps_the_stop_of_a_signal_where_the_strategy_has_none(
    run: Run, bars: Bars
) -> None:
    moves = [
        signal(2.5, Action.BUY, stop=percent("4")),
        signal(3.5, Action.BUY),
        signal(4.5, Action.TARGET, "-0.1"),
        signal(5.5, Action.CLOSE),
        signal(6.5, Action.BUY),  # a new position: what was asked for the old one is over
    ]
    engine = run(Heard(config_of()), [*bars(PRICES), *map(wrap_signal, moves)])
    assert stops(engine) == [
        (D(48_000), "CANCELED"),
        (D(48_000), "CANCELED"),
        (D(52_000), "CANCELED"),
    ]
    assert orders_of(engine, OrderType.STOP_MARKET)[1].quantity.as_decimal() == D("0.4")


def test_a_price_protects_one_side_alone(run: Run, bars: Bars) -> None:
    moves = [
        signal(2.5, Action.BUY, stop=PriceLevel(D(45_000)), take_profit=AmountDistance(D(500))),
        signal(3.5, Action.BUY),
        signal(4.5, Action.TARGET, "-0.1"),
    ]
    engine = run(Heard(config_of()), [*bars(PRICES), *map(wrap_signal, moves)])
    assert stops(engine) == [(D(45_000), "CANCELED")] * 2
    prices = [order.price.as_decimal() for order in orders_of(engine, OrderType.LIMIT)]
    assert prices == [D(50_500), D(50_500), D(49_500)]


def test_a_signal_that_moves_nothing_can_move_the_stop(run: Run, bars: Bars) -> None:
    strategy = Heard(config_of(percent("2")))
    moves = [
        signal(2.5, Action.TARGET, "0.2"),
        signal(3.5, Action.TARGET, "0.2", stop=percent("1")),
        signal(4.5, Action.TARGET, "0.2"),
    ]
    engine = run(strategy, [*bars(PRICES), *map(wrap_signal, moves)])
    assert stops(engine) == [(D(49_000), "CANCELED"), (D(49_500), "ACCEPTED")]
    assert [d.reason for d in strategy.decisions[1:]] == [Reason.NOTHING_TO_DO] * 2
