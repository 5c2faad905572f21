"""The picture of a real paper node: what is shown is what Nautilus holds."""

from decimal import Decimal
from pathlib import Path

from nautilus_trader.model.enums import OrderSide, OrderType

from desk.equity_curve import EquityCurve, EquityPoint
from monitor.desk import Action, Command
from monitor.picture import DeskPicture, StrategyPicture
from monitor.readiness import obstacles
from strategies.signals import Action as Wish
from tests.desk.managed_node import Managed, managed_node
from tests.monitor.test_metrics import samples
from tests.waiting import eventually


def of(desk: Managed, name: str) -> StrategyPicture:
    return next(s for s in desk.shown.picture().strategies if s.id == name)


async def test_a_position_its_stop_and_its_end_are_shown(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        desk.signal(Wish.BUY)
        await eventually(lambda: desk.working("alerts", OrderType.STOP_MARKET))
        await desk.quote(50_500)

        picture: DeskPicture = desk.shown.picture()
        (position,) = picture.positions
        assert (position.strategy, position.side) == ("alerts", "long")
        assert (position.quantity, position.entry_price) == (Decimal("0.2"), Decimal(50_001))
        assert position.price == Decimal("50500.5")
        assert position.stop == Decimal(49_001)  # 2 percent below the entry, on a tick
        assert position.unrealized_pnl == Decimal("99.9")
        (order,) = picture.orders
        assert (order.side, order.type, order.is_reduce_only) == ("sell", "stop_market", True)
        assert order.trigger_price == position.stop
        alerts = of(desk, "alerts")
        assert (alerts.kind, alerts.mode, alerts.network) == ("alert", "paper", "mainnet")
        assert (alerts.position, alerts.open_orders, alerts.fills) == (Decimal("0.2"), 1, 1)
        assert alerts.unrealized_pnl == {"USDT": Decimal("99.9")}
        assert alerts.realized_pnl["USDT"] < 0  # the fee
        assert alerts.last_signal is not None
        assert alerts.last_signal.action == "buy"

        desk.signal(Wish.CLOSE)
        await eventually(lambda: desk.shown.trades(10))
        (trade,) = desk.shown.trades(10)
        assert (trade.strategy, trade.entry_price) == ("alerts", Decimal(50_001))
        assert of(desk, "alerts").realized_pnl == {"USDT": trade.pnl}
        assert desk.shown.picture().positions == ()


async def test_orders_are_counted_and_timed_by_strategy(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        desk.signal(Wish.BUY)
        desk["foreign"].is_paused = True
        desk["foreign"].trade(OrderSide.BUY)
        await eventually(lambda: of(desk, "foreign").refusals == 1)
        await eventually(lambda: desk.working("alerts", OrderType.STOP_MARKET))

        found = samples(desk.metrics.exposition())
        assert found["perpdesk_fills_total", (("strategy", "alerts"),)] == 1
        assert found["perpdesk_refusals_total", (("strategy", "foreign"),)] == 1
        timed = {
            dict(labels)["outcome"]: value
            for (name, labels), value in found.items()
            if name == "perpdesk_order_duration_seconds_count"
        }
        assert timed == {"accepted": 1, "filled": 1, "refused": 1}


async def test_readiness_follows_the_node(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        # There is no market data client in this node, and that is what is said.
        lost = "market data of binance is not connected"
        assert obstacles(desk.shown.picture()) == [lost]
        assert desk.shown.troubles() == []
        desk.halted = "a person said so"
        assert f"trading is halted: {desk.halted}" in obstacles(desk.shown.picture())
        await desk.node.stop_async()
        assert "the node has stopped trading" in desk.shown.troubles()


async def test_a_command_is_answered_with_the_strategy_after_it(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        done = desk.shown.carry_out(Command(strategy="alerts", action=Action.PAUSE))
        assert (done.strategy.id, done.strategy.state) == ("alerts", "paused")


async def test_the_equity_is_thinned_out_and_keeps_its_ends(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        desk.shown._journal.equity = EquityCurve()
        for number in range(1_001):
            desk.shown._journal.equity.add(
                [
                    EquityPoint(str(number), "BINANCE", currency, Decimal(number))
                    for currency in ("BTC", "USDT")
                ]
            )
        thin = desk.shown.equity(100)
        assert 90 <= len(thin) <= 100
        assert {point.time for point in thin} >= {"1000"}
        assert [p.currency for p in thin[:2]] == ["BTC", "USDT"]  # each account at each time
        assert len(desk.shown.equity(5_000)) == 2_002
        shown = {account.currency: account for account in desk.shown.picture().equity}
        assert (shown["BTC"].start, shown["BTC"].now) == (0, 1_000)
