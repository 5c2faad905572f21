"""HedgeStrategy in Nautilus's own backtest engine: one Signal in, two strategies' orders out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderType
from nautilus_trader.model.identifiers import ClientId, InstrumentId, Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.hedge_strategy import HedgeLeg, HedgeStrategy, HedgeStrategyConfig
from strategies.protection import PercentDistance, PriceLevel
from strategies.signals import DECISIONS, Action, Decision, Reason, Signal, order_id_of, wrap_signal
from strategies.sizing import FixedSize

SECOND_NS = 1_000_000_000
BTC = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")
ETH = InstrumentId.from_str("ETHUSDT-PERP.BINANCE")
CONFIG = HedgeStrategyConfig(
    strategy_id="hedge",
    order_id_tag="9",
    name="hedge",
    same=HedgeLeg("long", BTC),
    opposite=HedgeLeg("short", ETH),
)

type Run = Callable[[list[Signal]], list[Decision]]


def signal(second: int, action: Action = Action.BUY, **changes: object) -> Signal:
    ts = second * SECOND_NS
    asked = Signal(
        source="test",
        key=f"key-{second}",
        strategy="hedge",
        instrument_id=BTC,
        action=action,
        ts_event=ts,
        ts_init=ts,
    )
    return replace(asked, **changes)


@pytest.fixture
def engine() -> Iterator[BacktestEngine]:
    """Trade two perps; quotes come from the first second on."""
    made = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    cash = [Money(1_000_000, USDT)]
    made.add_venue(Venue("BINANCE"), OmsType.NETTING, AccountType.MARGIN, cash)
    for instrument, worth in (
        (TestInstrumentProvider.btcusdt_perp_binance(), 20_000),
        (TestInstrumentProvider.ethusdt_perp_binance(), 1_000),
    ):
        made.add_instrument(instrument)
        price = Price(worth, instrument.price_precision)
        size = Quantity(1_000, instrument.size_precision)
        times = [second * SECOND_NS for second in range(1, 20)]
        made.add_data([QuoteTick(instrument.id, price, price, size, size, ts, ts) for ts in times])
    yield made
    made.dispose()


@pytest.fixture
def run(engine: BacktestEngine) -> Run:
    """Run the hedge, then its legs; return what was decided, in order."""

    def go(signals: list[Signal]) -> list[Decision]:
        decided: list[Decision] = []
        engine.kernel.msgbus.subscribe(DECISIONS, decided.append)
        engine.add_strategy(HedgeStrategy(CONFIG))
        for tag, leg in enumerate((CONFIG.same, CONFIG.opposite)):
            config = AlertStrategyConfig(
                strategy_id=leg.strategy,
                order_id_tag=str(tag),
                instrument_id=leg.instrument_id,
                name=leg.strategy,
                sizing=FixedSize(Decimal(2)),
                stop=PercentDistance(Decimal(5)),
            )
            engine.add_strategy(AlertStrategy(config))
        engine.add_data([wrap_signal(one) for one in signals], client_id=ClientId("WEBHOOK"))
        engine.run()
        return [one for one in decided if one.strategy == "hedge"]

    return go


def positions(engine: BacktestEngine) -> dict[InstrumentId, Decimal]:
    return {
        position.instrument_id: position.signed_decimal_qty()
        for position in engine.cache.positions_open()
    }


@pytest.mark.parametrize(
    ("signals", "long", "short"),
    [
        ([signal(2)], "2", "-2"),
        ([signal(2, Action.SELL, quantity=Decimal(3))], "-3", "3"),
        ([signal(2, Action.TARGET, quantity=Decimal("-1.5"))], "-1.5", "1.5"),
        ([signal(2, instrument_id=ETH)], "2", "-2"),
        ([signal(2, sizing=FixedSize(Decimal(4)))], "4", "-4"),
        ([signal(2), signal(3, Action.BUY, quantity=Decimal(1))], "3", "-3"),
    ],
)
def test_the_legs_trade_opposite_sides(
    run: Run, engine: BacktestEngine, signals: list[Signal], long: str, short: str
) -> None:
    decided = run(signals)

    assert positions(engine) == {BTC: Decimal(long), ETH: Decimal(short)}
    assert [one.key for one in decided] == [one.key for one in signals]
    assert {one.reason for one in decided} == {None}
    keys = [f"{one.key}/{leg}" for one in signals for leg in ("long", "short")]
    assert [order for one in decided for order in one.orders] == list(map(order_id_of, keys))
    stops = [one for one in engine.cache.orders_open() if one.order_type == OrderType.STOP_MARKET]
    assert {one.instrument_id for one in stops} == {BTC, ETH}


def test_closing_closes_both(run: Run, engine: BacktestEngine) -> None:
    decided = run([signal(2), signal(3, Action.CLOSE, is_exit=True)])

    assert positions(engine) == {}
    assert [len(one.orders) for one in decided] == [2, 2]


def test_a_signal_that_comes_again_is_traded_by_no_leg_again(
    run: Run, engine: BacktestEngine
) -> None:
    decided = run([signal(2), signal(3, key="key-2")])

    assert positions(engine) == {BTC: Decimal(2), ETH: Decimal(-2)}
    assert [one.reason for one in decided] == [None, Reason.REPEATED]
    assert decided[0].orders == decided[1].orders


def test_a_leg_that_trades_nothing_is_told_beside_the_one_that_does(
    run: Run, engine: BacktestEngine
) -> None:
    # Of the second it is worth less than the venue takes.
    decided = run([signal(2, quantity=Decimal("0.005"))])

    assert positions(engine) == {BTC: Decimal("0.005")}
    assert [(one.reason, one.orders) for one in decided] == [
        (Reason.BAD_SIZE, (order_id_of("key-2/long"),))
    ]
    assert decided[0].message.startswith("long: its order was sent; short: Expected an order worth")


def test_what_became_too_old_is_traded_by_no_leg(run: Run, engine: BacktestEngine) -> None:
    decided = run([signal(2, ts_expires=2 * SECOND_NS)])

    assert positions(engine) == {}
    assert [(one.reason, one.orders) for one in decided] == [(Reason.EXPIRED, ())]
    assert "long: Signal key-2/long became too old" in decided[0].message
    assert "short: Signal key-2/short became too old" in decided[0].message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"instrument_id": InstrumentId.from_str("SOLUSDT-PERP.BINANCE")},
            Reason.WRONG_INSTRUMENT,
        ),
        ({"stop": PriceLevel(Decimal(900))}, Reason.BAD_PROTECTION),
        ({"take_profit": PriceLevel(Decimal(1_100))}, Reason.BAD_PROTECTION),
    ],
)
def test_what_fits_no_two_legs_is_refused(
    run: Run, engine: BacktestEngine, changes: dict[str, object], reason: Reason
) -> None:
    decided = run([signal(2, **changes)])

    assert positions(engine) == {}
    assert [(one.reason, one.orders) for one in decided] == [(reason, ())]


def test_a_hedge_against_itself_is_refused() -> None:
    leg = HedgeLeg("long", BTC)
    with pytest.raises(ValueError, match="Expected two legs, was long twice"):
        HedgeStrategyConfig(name="hedge", same=leg, opposite=leg)
