"""RsiStrategy in Nautilus's own backtest engine: entries, exits, protection, warm-up, stop."""

import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import msgspec
import pytest
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.orders import Order

from strategies.protection import AtrDistance, PercentDistance
from strategies.rsi import Rsi
from strategies.rsi_decision import Side
from strategies.rsi_strategy import TOO_LATE, RsiStrategy, RsiStrategyConfig
from strategies.signals import Action, Signal
from strategies.sizing import FixedSize, NotionalSize, PercentSize

MINUTE_NS = 60_000_000_000
WARMUP = 250
WAVES = [round(50_000 + 1_500 * math.sin(i / 12) + 40 * math.sin(i * 1.7), 1) for i in range(600)]
# Rises out of oversold at bar 252 and stays there.
DIP = [50_000.0 + (i % 2) for i in range(WARMUP)] + [49_000.0, 48_000.0, 49_500.0]

type Run = Callable[..., BacktestEngine]
type Bars = Callable[[list[float]], list[Bar]]
type Configure = Callable[..., RsiStrategyConfig]


@pytest.fixture
def configure(instrument: CryptoPerpetual, bar_type: BarType) -> Configure:
    def build(**changes: object) -> RsiStrategyConfig:
        fields = {"sizing": FixedSize(Decimal("0.5")), "side": Side.LONG} | changes
        return RsiStrategyConfig(instrument_id=instrument.id, bar_type=bar_type, **fields)

    return build


def orders(engine: BacktestEngine, kind: OrderType = OrderType.MARKET) -> list[Order]:
    found = [order for order in engine.cache.orders() if order.order_type == kind]
    return sorted(found, key=lambda order: order.ts_init)


def trades(engine: BacktestEngine) -> list[tuple[int, OrderSide, Decimal]]:
    """Return (index of the bar, side, size) of each filled market order."""
    return [
        (order.ts_last // MINUTE_NS - 1, order.side, order.filled_qty.as_decimal())
        for order in orders(engine)
        if order.status == OrderStatus.FILLED
    ]


def crossings(closes: list[float]) -> list[tuple[int, str]]:
    """Return every crossing after the warm-up, by bar index."""
    rsi = Rsi(14)
    values = [rsi.update(close) for close in closes]
    found = []
    for index in range(WARMUP, len(values)):
        before, after = values[index - 1], values[index]
        if before <= 30 < after:
            found.append((index, "up through oversold"))
        if before >= 30 > after:
            found.append((index, "down through oversold"))
        if before <= 70 < after:
            found.append((index, "up through overbought"))
        if before >= 70 > after:
            found.append((index, "down through overbought"))
    return found


def test_long_enters_and_leaves_on_the_bars_that_cross(
    run: Run, bars: Bars, configure: Configure
) -> None:
    engine = run(RsiStrategy(configure()), bars(WAVES))
    expected, is_in = [], False
    for index, what in crossings(WAVES):
        if what == "up through oversold" and not is_in:
            expected.append((index, OrderSide.BUY, Decimal("0.5")))
            is_in = True
        if what == "up through overbought" and is_in:
            expected.append((index, OrderSide.SELL, Decimal("0.5")))
            is_in = False
    assert len(expected) >= 6
    assert trades(engine) == expected


def test_short_is_the_mirror_image(run: Run, bars: Bars, configure: Configure) -> None:
    engine = run(RsiStrategy(configure(side=Side.SHORT)), bars(WAVES))
    expected, is_in = [], False
    for index, what in crossings(WAVES):
        if what == "down through overbought" and not is_in:
            expected.append((index, OrderSide.SELL, Decimal("0.5")))
            is_in = True
        if what == "down through oversold" and is_in:
            expected.append((index, OrderSide.BUY, Decimal("0.5")))
            is_in = False
    assert len(expected) >= 6
    assert trades(engine) == expected


def test_both_reverses_with_one_order(run: Run, bars: Bars, configure: Configure) -> None:
    strategy = RsiStrategy(configure(side=Side.BOTH))
    engine = run(strategy, bars(WAVES))
    made = trades(engine)
    assert len(made) >= 4
    assert [side for _, side, _ in made[1:]] != [side for _, side, _ in made[:-1]]
    assert made[0][2] == Decimal("0.5")
    assert all(size == Decimal("1.0") for _, _, size in made[1:])
    assert abs(strategy.status().position) == Decimal("0.5")


@pytest.mark.parametrize(("latency_bars", "expected"), [(0.5, 2), (2.5, 2), (3.5, 1)])
def test_a_signal_waits_for_the_order_of_the_one_before_but_no_longer_than_a_bar(
    run: Run, bars: Bars, configure: Configure, latency_bars: float, expected: int
) -> None:
    strategy = RsiStrategy(configure(side=Side.BOTH, period=2, warmup_bars=3))
    late = LatencyModel(base_latency_nanos=0, insert_latency_nanos=int(latency_bars * MINUTE_NS))

    # Rises out of oversold with bar 5, and falls out of overbought with bar 7, at minute 8.
    closes = [*(50_000.0 - 100 * i for i in range(5)), 49_700.0, 49_900.0, *[49_800.0] * 6]
    engine = run(strategy, bars(closes), latency_model=late)

    made = orders(engine)
    assert [order.side for order in made] == [OrderSide.BUY, OrderSide.SELL][:expected]
    assert all(order.status == OrderStatus.FILLED for order in made)
    if expected == 2:
        second, filled = made[1], made[0].ts_last
        assert second.ts_init == max(filled, 8 * MINUTE_NS)
        assert strategy.status().position == Decimal("-0.5")
    else:
        assert strategy.status().position == Decimal("0.5")
        assert strategy.status().last_refusal == TOO_LATE


def test_no_decision_before_the_warm_up_is_over(run: Run, bars: Bars, configure: Configure) -> None:
    strategy = RsiStrategy(configure(side=Side.BOTH))
    engine = run(strategy, bars(WAVES[:WARMUP]))
    assert trades(engine) == []
    status = strategy.status()
    assert (status.is_warm, status.bars_seen) == (True, WARMUP)
    assert status.indicator is not None
    assert status.last_signal is None


@pytest.mark.parametrize(
    ("sizing", "size"),
    [
        (NotionalSize(Decimal(10_000)), "0.202"),  # 10,000 / 49,500 = 0.20202
        (PercentSize(Decimal(25)), "0.505"),  # 25,000 / 49,500 = 0.50505
    ],
)
def test_sizes_are_rounded_down_at_the_close(
    run: Run,
    bars: Bars,
    configure: Configure,
    sizing: NotionalSize | PercentSize,
    size: str,
) -> None:
    engine = run(RsiStrategy(configure(sizing=sizing)), bars(DIP))
    assert trades(engine) == [(252, OrderSide.BUY, Decimal(size))]


def test_an_entry_below_the_minimum_value_is_refused_in_words(
    run: Run, bars: Bars, configure: Configure
) -> None:
    strategy = RsiStrategy(configure(sizing=NotionalSize(Decimal(20))))
    assert trades(run(strategy, bars(DIP))) == []
    refusal = strategy.status().last_refusal
    assert refusal is not None
    assert refusal.startswith("Expected a size of at least 0.001")


def test_stop_and_take_profit_rest_after_the_entry(
    run: Run, bars: Bars, configure: Configure
) -> None:
    config = configure(stop=PercentDistance(Decimal(2)), take_profit=PercentDistance(Decimal(3)))
    engine = run(RsiStrategy(config), bars(DIP))
    (stop,), (profit,) = orders(engine, OrderType.STOP_MARKET), orders(engine, OrderType.LIMIT)
    assert (stop.status, profit.status) == (OrderStatus.ACCEPTED, OrderStatus.ACCEPTED)
    assert (stop.side, profit.side) == (OrderSide.SELL, OrderSide.SELL)
    assert (stop.trigger_price.as_decimal(), profit.price.as_decimal()) == (48_510, 50_985)
    assert stop.quantity.as_decimal() == profit.quantity.as_decimal() == Decimal("0.5")
    assert stop.is_reduce_only
    assert profit.is_reduce_only


def test_an_exit_by_signal_takes_the_protection_away(
    run: Run, bars: Bars, configure: Configure
) -> None:
    config = configure(stop=PercentDistance(Decimal(50)), take_profit=AtrDistance(Decimal(90)))
    engine = run(RsiStrategy(config), bars(WAVES))
    assert len(trades(engine)) >= 6
    exits = sum(side == OrderSide.SELL for _, side, _ in trades(engine))
    for kind in (OrderType.STOP_MARKET, OrderType.LIMIT):
        ended = [order.status for order in orders(engine, kind)][:exits]
        assert ended == [OrderStatus.CANCELED] * exits


def test_a_reversal_moves_the_protection_to_the_other_side(
    run: Run, bars: Bars, configure: Configure
) -> None:
    config = configure(side=Side.BOTH, stop=PercentDistance(Decimal(50)))
    strategy = RsiStrategy(config)
    engine = run(strategy, bars(WAVES))
    stops = orders(engine, OrderType.STOP_MARKET)
    assert len(stops) == len(trades(engine)) >= 4
    assert [order.status for order in stops[:-1]] == [OrderStatus.CANCELED] * (len(stops) - 1)
    assert stops[-1].status == OrderStatus.ACCEPTED
    assert (stops[-1].side == OrderSide.SELL) == (strategy.status().position > 0)


@pytest.mark.parametrize(
    ("path", "filled", "canceled"),
    [
        ([49_000.0, 48_400.0, 48_400.0], OrderType.STOP_MARKET, OrderType.LIMIT),
        ([50_500.0, 51_100.0, 51_100.0], OrderType.LIMIT, OrderType.STOP_MARKET),
    ],
)
def test_one_protective_order_fills_and_the_other_is_canceled(
    run: Run,
    bars: Bars,
    configure: Configure,
    path: list[float],
    filled: OrderType,
    canceled: OrderType,
) -> None:
    config = configure(
        overbought=99.0,
        stop=PercentDistance(Decimal(2)),
        take_profit=PercentDistance(Decimal(3)),
    )
    strategy = RsiStrategy(config)
    engine = run(strategy, bars(DIP + path))
    assert strategy.status().position == 0
    assert [order.status for order in orders(engine, filled)] == [OrderStatus.FILLED]
    assert [order.status for order in orders(engine, canceled)] == [OrderStatus.CANCELED]


def test_a_stop_by_true_range_uses_the_range_at_the_entry(
    run: Run, bars: Bars, configure: Configure
) -> None:
    config = configure(stop=AtrDistance(Decimal(2), period=2))
    engine = run(RsiStrategy(config), bars(DIP))
    (stop,) = orders(engine, OrderType.STOP_MARKET)
    # Ranges 1 ... 1, 1001, 1000, 1500: averages 501, 750.5, 1125.25.
    assert stop.trigger_price.as_decimal() == Decimal(49_500) - Decimal("2250.5")


def test_a_rejected_stop_closes_the_position(run: Run, bars: Bars, configure: Configure) -> None:
    class Clumsy(RsiStrategy):
        """Asks for a stop above the market, which the venue rejects."""

        def on_start(self) -> None:
            super().on_start()
            make = self.trader.protector._make_stop
            self.trader.protector._stop._make = lambda side, quantity, _: make(
                side, quantity, self.cache.instrument(self.config.instrument_id).make_price(60_000)
            )

    strategy = Clumsy(configure(stop=PercentDistance(Decimal(2))))
    engine = run(strategy, bars(DIP), reject_stop_orders=True)
    (stop,) = orders(engine, OrderType.STOP_MARKET)
    assert stop.status == OrderStatus.REJECTED
    assert [side for _, side, _ in trades(engine)] == [OrderSide.BUY, OrderSide.SELL]
    assert strategy.status().position == 0


@pytest.mark.parametrize("close", [False, True])
def test_stopping_leaves_the_position_as_configured(
    run: Run, bars: Bars, configure: Configure, *, close: bool
) -> None:
    config = configure(stop=PercentDistance(Decimal(2)), close_positions_on_stop=close)
    engine = run(RsiStrategy(config), bars(DIP))
    (stop,) = orders(engine, OrderType.STOP_MARKET)
    assert bool(engine.cache.positions_open()) is not close
    assert stop.status == (OrderStatus.CANCELED if close else OrderStatus.ACCEPTED)


def test_resuming_takes_the_resting_stop_over(run: Run, bars: Bars, configure: Configure) -> None:
    class Interrupted(RsiStrategy):
        def on_bar(self, bar: Bar) -> None:
            super().on_bar(bar)
            if bar.ts_event == (len(DIP) + 1) * MINUTE_NS:
                self.stop()
                self.resume()

    strategy = Interrupted(configure(stop=PercentDistance(Decimal(2))))
    engine = run(strategy, bars([*DIP, 49_500.0, 49_500.0]))
    (stop,) = orders(engine, OrderType.STOP_MARKET)
    assert stop.status == OrderStatus.ACCEPTED
    assert strategy.trader.protector._stop.is_order(stop.client_order_id)
    assert strategy.status().bars_seen == 1


def test_every_decision_is_published_as_a_signal(
    run: Run, bars: Bars, configure: Configure
) -> None:
    heard: list[Signal] = []

    class Watched(RsiStrategy):
        def on_start(self) -> None:
            super().on_start()
            self.msgbus.subscribe("data.Signal.*", heard.append)

    strategy = Watched(configure())
    engine = run(strategy, bars(DIP))
    (signal,) = heard
    assert (signal.source, signal.action) == ("rsi", Action.BUY)
    assert (signal.strategy, signal.quantity) == (strategy.id.value, Decimal("0.5"))
    assert signal.ts_event == 253 * MINUTE_NS
    assert strategy.status().last_signal is signal
    assert orders(engine)[0].tags == [signal.key]


class Asked(RsiStrategy):
    """Answers the request for history itself, when told to: the backtest has none."""

    def request_bars(
        self,
        _bar_type: BarType,
        start: datetime,
        limit: int,
        callback: Callable[[UUID4], None],
    ) -> None:
        self.asked = (start, limit)
        self.answer = callback


def test_history_and_live_bars_warm_up_together(run: Run, bars: Bars, configure: Configure) -> None:
    everything = bars(DIP)
    overlapping, live = everything[:240], everything[230:]

    class Late(Asked):
        def on_bar(self, bar: Bar) -> None:
            super().on_bar(bar)
            if bar is live[4]:
                for old in overlapping:
                    self.on_historical_data(old)
                self.answer(UUID4())

    strategy = Late(configure())
    engine = run(strategy, live)
    assert strategy.asked[1] >= WARMUP
    assert strategy.status().bars_seen == len(DIP)
    assert trades(engine) == [(252, OrderSide.BUY, Decimal("0.5"))]


def test_a_bar_that_has_not_closed_is_not_history(
    run: Run, bars: Bars, configure: Configure
) -> None:
    everything = bars(DIP)

    class Early(Asked):
        def on_start(self) -> None:
            super().on_start()
            for old in everything[:WARMUP]:
                self.on_historical_data(old)
            self.on_historical_data(everything[-1])
            self.answer(UUID4())

    strategy = Early(configure())
    run(strategy, everything[WARMUP - 1 :])
    # Had it been taken, the bars before it would have come too late.
    assert strategy.status().bars_seen == len(DIP)


def test_an_exception_in_a_handler_degrades_but_keeps_the_protection(
    run: Run, bars: Bars, configure: Configure
) -> None:
    class Broken(RsiStrategy):
        def _decide(self, bar: Bar) -> None:
            super()._decide(bar)
            if self.trader.position:
                raise RuntimeError("boom")

    strategy = Broken(configure(overbought=99.0, stop=PercentDistance(Decimal(2))))
    engine = run(strategy, bars([*DIP, 49_400.0, 48_000.0, 47_000.0, 46_000.0, 49_000.0]))
    status = strategy.status()
    assert status.degraded == "on_bar failed: RuntimeError('boom')"
    assert status.last_signal is not None
    assert status.last_signal.ts_event == 258 * MINUTE_NS
    assert status.last_refusal is not None
    assert "degraded" in status.last_refusal
    # One entry, closed by its stop; the second crossing, at the last bar, enters no more.
    assert [side for _, side, _ in trades(engine)] == [OrderSide.BUY]
    (stop,) = orders(engine, OrderType.STOP_MARKET)
    assert stop.status == OrderStatus.FILLED


def test_without_its_instrument_the_strategy_stops(run: Run, bars: Bars, bar_type: BarType) -> None:
    other = BarType.from_str("ETHUSDT-PERP.BINANCE-1-MINUTE-LAST-EXTERNAL")
    config = RsiStrategyConfig(
        instrument_id=other.instrument_id, bar_type=other, sizing=FixedSize(Decimal(1))
    )
    strategy = RsiStrategy(config)
    run(strategy, bars(DIP))
    assert strategy.is_stopped
    assert bar_type != other


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"period": 1}, "Expected a period of at least 2, was 1"),
        ({"period": 250}, "Expected a period below warmup_bars (250), was 250"),
        ({"oversold": 70.0, "overbought": 30.0}, "was oversold 70.0 and overbought 30.0"),
        ({"warmup_bars": 14}, "Expected a period below warmup_bars (14), was 14"),
        ({"stop": AtrDistance(Decimal(1), period=300)}, "(250), was 300"),
    ],
)
def test_impossible_configurations_are_refused(
    configure: Configure, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the message is compared below
        configure(**changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "bar_type",
    ["ETHUSDT-PERP.BINANCE-1-MINUTE-LAST-EXTERNAL", "BTCUSDT-PERP.BINANCE-100-TICK-LAST-INTERNAL"],
)
def test_bars_of_another_instrument_or_without_duration_are_refused(bar_type: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected bars of"):
        RsiStrategyConfig.parse(
            msgspec.json.encode(
                {
                    "instrument_id": "BTCUSDT-PERP.BINANCE",
                    "bar_type": bar_type,
                    "sizing": {"kind": "fixed", "size": "1"},
                }
            )
        )


def test_a_configuration_survives_json(configure: Configure) -> None:
    config = configure(stop=AtrDistance(Decimal("1.5")), sizing=PercentSize(Decimal(10)))
    assert RsiStrategyConfig.parse(config.json()) == config
