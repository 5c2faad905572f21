"""A run whose every number is worked out by hand: fills, fees, funding, margin, equity."""

from collections.abc import Sequence
from decimal import Decimal

from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from backtest.engine import Outcome, Plan, run
from backtest.instruments import Terms, make_perpetual
from backtest.tables import FundingRate
from tests.backtest.made import BAR_TYPE, HOUR_NS, INSTRUMENT, START_NS

ID = InstrumentId.from_str(INSTRUMENT)
TERMS = Terms(
    currency="USDC",
    maker_fee=Decimal("0.00015"),
    taker_fee=Decimal("0.00045"),
    max_leverage=10,
)


def close_ns(number: int) -> int:
    """Return when bar `number` closes, the first being 0."""
    return START_NS + (number + 1) * HOUR_NS


class ScriptConfig(StrategyConfig, kw_only=True, frozen=True):
    moves: dict[int, str]  # by the number of the bar; a signed size
    stop: str | None = None  # the trigger price of a stop that is sent with the first move


class ScriptStrategy(Strategy):
    """Send market orders at the closes of given bars."""

    def __init__(self, config: ScriptConfig) -> None:
        super().__init__(config)
        self.number = -1

    def on_start(self) -> None:
        self.subscribe_bars(BarType.from_str(BAR_TYPE))

    def on_bar(self, _bar: Bar) -> None:
        self.number += 1
        if self.number not in self.config.moves:
            return
        size = Decimal(self.config.moves[self.number])
        side = OrderSide.BUY if size > 0 else OrderSide.SELL
        quantity = Quantity(abs(size), 3)
        self.submit_order(self.order_factory.market(ID, side, quantity, tags=["MOVE"]))
        if self.config.stop is not None:
            other = OrderSide.SELL if size > 0 else OrderSide.BUY
            trigger = Price.from_str(self.config.stop)
            self.submit_order(
                self.order_factory.stop_market(
                    ID, other, quantity, trigger, reduce_only=True, tags=["STOP"]
                )
            )


def instrument() -> CryptoPerpetual:
    return make_perpetual(INSTRUMENT, TERMS, price_precision=1, size_precision=3)


def bars(*closes: str, low: dict[int, str] | None = None, volume: str = "1000.000") -> list[Bar]:
    """Return bars that open at the close before; lows are given where they matter."""
    lows = low or {}
    found = []
    for number, close in enumerate(closes):
        opened = closes[max(0, number - 1)]
        bottom = lows.get(number, min(opened, close, key=Decimal))
        prices = (opened, max(opened, close, key=Decimal), bottom, close)
        exact = [Price.from_str(price) for price in prices]
        time = close_ns(number)
        found.append(Bar(BarType.from_str(BAR_TYPE), *exact, Quantity.from_str(volume), time, time))
    return found


def ran(
    history: list[Bar],
    moves: dict[int, str],
    *,
    rates: Sequence[FundingRate] = (),
    leverage: str = "1",
    stop: str | None = None,
    balance: str = "1000",
) -> Outcome:
    return run(
        Plan(
            trader_id="TEST-001",
            strategies=[(ScriptStrategy, ScriptConfig(moves=moves, stop=stop))],
            instruments=[instrument()],
            bars={BarType.from_str(BAR_TYPE): history},
            funding={ID: rates},
            balance=Decimal(balance),
            leverages={ID: Decimal(leverage)},
        )
    )


def rate(number: int, value: str, offset_ns: int = 0) -> FundingRate:
    return FundingRate(close_ns(number) + offset_ns, Decimal(value))


def test_profit_fees_and_funding_to_the_last_digit() -> None:
    history = bars("100.0", "110.0", "120.0", "105.0", "105.0")
    rates = [rate(0, "0.01"), rate(1, "0.0001"), rate(2, "-0.0002"), rate(3, "0.5")]

    result = ran(history, {0: "1.5", 3: "-1.5"}, rates=rates)

    # Bought 1.5 at the close of bar 0, sold at that of bar 3. Nobody held anything when the
    # payment of bar 0 was due, and the position still was when that of bar 3 was.
    assert [(f.time_ns, f.side, f.price, f.fee) for f in result.fills] == [
        (close_ns(0), "buy", Decimal("100.0"), Decimal("0.0675")),  # 150 * 0.00045
        (close_ns(3), "sell", Decimal("105.0"), Decimal("0.070875")),  # 157.5 * 0.00045
    ]
    assert [(p.time_ns, p.amount) for p in result.payments] == [
        (close_ns(1), Decimal("-0.0165")),  # 1.5 * 110 * 0.0001
        (close_ns(2), Decimal("0.036")),  # 1.5 * 120 * 0.0002
        (close_ns(3), Decimal("-78.75")),  # 1.5 * 105 * 0.5
    ]
    (trade,) = result.trades
    assert trade.fees == Decimal("0.138375")
    assert trade.pnl == Decimal("7.361625")  # 7.5 - 0.138375
    assert (trade.side, trade.entry_price, trade.exit_price) == ("long", 100, 105)
    assert result.equity == [
        (close_ns(0), Decimal(1000)),
        (close_ns(1), Decimal("1014.916")),  # 1000 - 0.0675 + 15 - 0.0165
        (close_ns(2), Decimal("1029.952")),  # 1000 - 0.0675 + 30 + 0.0195
        (close_ns(3), Decimal("928.702")),  # 1000 - 0.0675 + 7.5 + 0.0195 - 78.75
        (close_ns(4), Decimal("928.631125")),  # less the fee of 0.070875
    ]
    assert result.open_positions == {}


def test_a_short_earns_what_longs_pay() -> None:
    history = bars("100.0", "100.0", "90.0")

    result = ran(history, {0: "-2"}, rates=[rate(1, "0.001")])

    assert [p.amount for p in result.payments] == [Decimal("0.2")]
    assert result.open_positions == {INSTRUMENT: Decimal(-2)}
    assert result.unrealized == Decimal(20)
    assert result.equity[-1][1] == Decimal("1020.11")  # 1000 + 20 + 0.2 - 200 * 0.00045


def test_funding_inside_a_bar_is_paid_on_what_the_bar_began_with() -> None:
    history = bars("100.0", "110.0", "120.0")
    half_ns = HOUR_NS // 2

    result = ran(history, {0: "1"}, rates=[rate(0, "0.01", half_ns), rate(1, "0.01", half_ns)])

    assert [(p.price, p.amount) for p in result.payments] == [
        (Decimal("100.0"), Decimal(-1)),
        (Decimal("110.0"), Decimal("-1.1")),
    ]


def test_a_stop_that_the_bar_hits_ends_the_position_before_its_funding() -> None:
    history = bars("100.0", "98.0", "98.0", low={1: "94.0"})

    result = ran(history, {0: "1"}, stop="95.0", rates=[rate(1, "0.01")])

    assert [(f.price, f.tag) for f in result.fills] == [
        (Decimal("100.0"), "MOVE"),
        (Decimal("95.0"), "STOP"),
    ]
    assert result.payments == []
    assert result.trades[0].exit == "STOP"


def test_a_reversal_is_two_round_trips_of_their_own_sizes_and_fees() -> None:
    history = bars("100.0", "110.0", "100.0", "100.0")

    result = ran(history, {0: "1", 1: "-3", 2: "2"})

    assert [(t.side, t.quantity, t.entry_price, t.exit_price) for t in result.trades] == [
        ("long", 1, 100, 110),
        ("short", 2, 110, 100),
    ]
    # Shares of 100 and 110, then of 220 and 200.
    assert [trade.fees for trade in result.trades] == [Decimal("0.0945"), Decimal("0.189")]
    assert [trade.pnl for trade in result.trades] == [Decimal("9.9055"), Decimal("19.811")]
    assert result.equity[-1][1] == Decimal("1029.7165")


def test_an_order_beyond_the_leverage_is_denied() -> None:
    history = bars("100.0", "100.0", "100.0")

    denied = ran(history, {0: "20.1"}, leverage="2")
    taken = ran(history, {0: "20"}, leverage="2")
    capped = ran(history, {0: "101"}, leverage="50")  # the instrument allows 10

    assert denied.fills == []
    assert denied.refusals == {
        "Expected margin of at least 1005.00, found equity of 1000.00": 1,
    }
    assert len(taken.fills) == 1
    assert capped.fills == []


def test_an_order_that_reduces_needs_no_margin() -> None:
    history = bars("100.0", "60.0", "60.0")

    result = ran(history, {0: "20", 1: "-5"}, leverage="2")

    assert [fill.quantity for fill in result.fills] == [20, 5]


def test_an_account_without_maintenance_margin_is_liquidated() -> None:
    # 50 at 100 on 1000: maintenance is 5 % of the value. At 84 there are 197.75 left of 210 needed.
    history = bars("100.0", "90.0", "100.0", "200.0", low={1: "84.0"})

    result = ran(history, {0: "50", 2: "1"}, leverage="10")
    spared = ran(bars("100.0", "90.0", "100.0", low={1: "84.5"}), {0: "50"}, leverage="10")

    assert result.liquidation is not None
    assert result.liquidation.time_ns == close_ns(1)
    assert result.liquidation.equity == Decimal("197.75")  # 1000 - 800 - 2.25
    assert result.equity[-1] == (close_ns(1), Decimal("197.75"))
    assert len(result.fills) == 1
    assert spared.liquidation is None


def test_what_is_more_than_a_quarter_of_the_volume_fills_a_tick_worse() -> None:
    result = ran(bars("100.0", "100.0", volume="8.000"), {0: "3"})

    assert [(fill.quantity, fill.price) for fill in result.fills] == [
        (2, Decimal("100.0")),
        (1, Decimal("100.1")),
    ]


def test_the_same_plan_has_the_same_outcome() -> None:
    history = bars("100.0", "110.0", "120.0", "105.0")

    first, second = (ran(history, {0: "1", 1: "-2"}, rates=[rate(2, "0.01")]) for _ in range(2))

    assert first == second
