"""The chart of a running paper node: its bars with their RSI, and what it did on which of them."""

from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.data import Bar, BarType

from monitor.errors import MonitorError
from strategies.rsi import Rsi
from strategies.signals import Action as Wish
from strategies.signals import Signal, wrap_signal
from tests.desk.managed_node import PERP, PROFILE, managed_node
from tests.waiting import eventually

BARS = "BTCUSDT-PERP.BINANCE-1-MINUTE-LAST-EXTERNAL"
READER = f"""
[[strategies]]
id = "reader"
strategy = "rsi"
[strategies.parameters]
instrument_id = "BTCUSDT-PERP.BINANCE"
bar_type = "{BARS}"
sizing = {{ kind = "notional", amount = "1000" }}
period = 3
"""


def bar(minute: int, close: float) -> Bar:
    price, ts = PERP.make_price(close), minute * 60_000_000_000
    return Bar(BarType.from_str(BARS), price, price, price, price, PERP.make_qty(1), ts, ts)


async def test_bars_come_once_in_order_with_their_rsi(tmp_path: Path) -> None:
    closes = [50_000, 50_010, 50_005, 50_020, 50_030, 50_000]
    async with managed_node(tmp_path, text=PROFILE + READER) as desk:
        desk.node.cache.add_bars([bar(n, close) for n, close in enumerate(closes[:5])])
        for n in (4, 5):  # live, the first of them known from the history
            desk.node.cache.add_bar(bar(n, closes[n]))
        chart = desk.shown.chart("reader", 4)
        assert chart.bar_type == BARS
        assert [b.time // 60_000_000_000 for b in chart.bars] == [2, 3, 4, 5]
        assert chart.bars[-1].close == Decimal(50_000)
        rsi = Rsi(3)
        values = [rsi.update(close) for close in closes]
        assert [b.indicator for b in chart.bars] == values[-4:]


async def test_signals_and_fills_are_marked(tmp_path: Path) -> None:
    async with managed_node(tmp_path, text=PROFILE + READER) as desk:
        now = desk.node.kernel.clock.timestamp_ns()
        wish = Signal(
            source="test",
            key="1",
            strategy="alerts",
            instrument_id=PERP.id,
            action=Wish.BUY,
            ts_event=now,
            ts_init=now,
        )
        desk.node.kernel.msgbus.send("DataEngine.process", wrap_signal(wish))
        await eventually(lambda: desk.shown.chart("alerts", 10).marks)
        desk.signal(Wish.BUY)  # straight to the strategy, which trades it
        await eventually(lambda: len(desk.shown.chart("alerts", 10).marks) == 2)
        signal, fill = desk.shown.chart("alerts", 10).marks
        assert (signal.kind, signal.action, signal.price) == ("signal", "buy", None)
        assert (fill.kind, fill.action, fill.quantity) == ("fill", "buy", Decimal("0.2"))
        assert fill.price == Decimal(50_001)
        assert fill.time is None  # it reads no bars
        assert desk.shown.chart("alerts", 10).bar_type is None
        assert desk.shown.chart("reader", 10).marks == ()
        with pytest.raises(MonitorError, match="no strategy"):
            desk.shown.chart("nobody", 10)
