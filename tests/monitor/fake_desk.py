"""A desk of values for the tests of the API: it shows and answers what the test says."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from monitor.desk import Command, Done
from monitor.errors import MonitorError
from monitor.picture import (
    AlertPicture,
    BarPicture,
    ChartPicture,
    DeskPicture,
    EquityPicture,
    EquityPoint,
    OrderPicture,
    PositionPicture,
    State,
    StepPicture,
    StrategyPicture,
    TradePicture,
    VenuePicture,
)

NOW = 1_795_428_000_000_000_000

STRATEGY = StrategyPicture(
    id="rsi_btc",
    kind="rsi",
    state=State.RUNNING,
    instruments=("BTC-USD-PERP.VENUE",),
    venue="venue",
    network="loopback",
    mode="paper",
    position=Decimal("0.03"),
    realized_pnl={"USDC": Decimal("-1.25")},
    unrealized_pnl={"USDC": Decimal("3.5")},
    open_orders=1,
    signals=4,
    fills=3,
    refusals=0,
    last_signal=None,
    last_refusal=None,
    last_error=None,
    is_warm=True,
    bars_seen=260,
    indicator=41.5,
    parameters=(),
    commands=("pause", "resume", "flatten", "start", "stop", "parameters"),
)

PICTURE = DeskPicture(
    taken=NOW,
    started=NOW - 1,
    version="0.1.0",
    profile="demo",
    environment="demo",
    trader_id="DEMO-001",
    is_trading=True,
    halted=None,
    venues=(
        VenuePicture(
            name="venue",
            network="loopback",
            execution="sandbox",
            is_data_connected=True,
            is_execution_connected=True,
            last_quote=NOW - 2_000_000_000,
        ),
    ),
    strategies=(STRATEGY,),
    equity=(
        EquityPicture(
            venue="venue", currency="USDC", start=Decimal(10_000), now=Decimal("10002.25")
        ),
    ),
    positions=(
        PositionPicture(
            strategy="rsi_btc",
            instrument="BTC-USD-PERP.VENUE",
            side="long",
            quantity=Decimal("0.03"),
            entry_price=Decimal(30_000),
            price=Decimal("30116.7"),
            stop=Decimal(29_400),
            realized_pnl=Decimal("-1.25"),
            unrealized_pnl=Decimal("3.5"),
            currency="USDC",
            opened=NOW,
        ),
    ),
    orders=(
        OrderPicture(
            id="O-1",
            venue_order_id="77",
            strategy="rsi_btc",
            instrument="BTC-USD-PERP.VENUE",
            side="sell",
            type="stop_market",
            quantity=Decimal("0.03"),
            filled=Decimal(0),
            price=None,
            trigger_price=Decimal(29_400),
            is_reduce_only=True,
            status="accepted",
            created=NOW,
        ),
    ),
)

TRADE = TradePicture(
    strategy="rsi_btc",
    instrument="BTC-USD-PERP",
    side="long",
    quantity=Decimal("0.03"),
    entry_price=Decimal(30_000),
    exit_price=Decimal(30_100),
    fees=Decimal("0.8"),
    pnl=Decimal("2.2"),
    currency="USDC",
    opened="2026-11-23T10:00:00+00:00",
    closed="2026-11-23T10:05:00+00:00",
)

ALERT = AlertPicture(
    key="alert_eth:1",
    strategy="alert_eth",
    instrument="ETH-USD-PERP.VENUE",
    action="buy",
    state="done",
    orders=("A-1",),
    reason=None,
    message="",
    received=NOW,
)


class FakeDesk:
    """Shows the values above; knows one strategy, and refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.shown = PICTURE
        self.is_store_lost = False
        self.in_trouble: list[str] = []
        self.commands: list[Command] = []
        self.refusal: MonitorError | None = None

    def picture(self) -> DeskPicture:
        return self.shown

    def trades(self, limit: int) -> Sequence[TradePicture]:
        return [TRADE] * min(limit, 3)

    def equity(self, limit: int) -> Sequence[EquityPoint]:
        point = EquityPoint(
            time="2026-11-23T10:00:00+00:00", venue="venue", currency="USDC", equity=Decimal(10_000)
        )
        return [point] * min(limit, 3)

    async def alerts(self, limit: int) -> Sequence[AlertPicture]:
        if self.is_store_lost:
            raise MonitorError(503, "no_store", "The inbox cannot be read")
        return [ALERT] * min(limit, 3)

    async def trace(self, key: str) -> Sequence[StepPicture]:
        if key != ALERT.key:
            raise MonitorError(404, "no_alert", "There is no alert of this key")
        return [StepPicture(ts=NOW, kind="received", detail="")]

    def chart(self, strategy: str, limit: int) -> ChartPicture:
        bar = BarPicture(
            time=NOW,
            open=Decimal(1),
            high=Decimal(3),
            low=Decimal(1),
            close=Decimal(2),
            indicator=41.5,
        )
        return ChartPicture(strategy=strategy, bar_type="bars", bars=(bar,) * limit, marks=())

    def troubles(self) -> Sequence[str]:
        return self.in_trouble

    def carry_out(self, command: Command) -> Done:
        if self.refusal is not None:
            raise self.refusal
        self.commands.append(command)
        paused = msgspec.structs.replace(STRATEGY, state=State.PAUSED)
        return Done(message=f"{command.action} done", strategy=paused)
