"""What the control commands print, over the values of the API's tests."""

import msgspec
from rich.console import Console, RenderableType

from desk.control_view import orders_table, positions_table, status_view, trades_table
from monitor.picture import State
from tests.monitor.fake_desk import PICTURE, STRATEGY, TRADE


def text(view: RenderableType) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(view)
    return captured.get()


def test_a_status_says_what_a_person_asks_for() -> None:
    shown = text(status_view(PICTURE))
    for words in ("DEMO-001", "trading", "10,002.25 USDC +2.25", "rsi_btc", "running", "0.03"):
        assert words in shown
    assert "-1.25 USDC" in shown


def test_a_status_says_what_is_wrong() -> None:
    failed = msgspec.structs.replace(STRATEGY, state=State.DEGRADED, last_error="it raised")
    venue = msgspec.structs.replace(PICTURE.venues[0], is_execution_connected=False)
    picture = msgspec.structs.replace(
        PICTURE, strategies=(failed,), venues=(venue,), halted="the loss of the day"
    )
    shown = text(status_view(picture))
    for words in ("HALTED: the loss of the day", "not connected: orders", "rsi_btc: it raised"):
        assert words in shown


def test_a_position_without_a_stop_is_called_so() -> None:
    assert "29400" in text(positions_table(PICTURE.positions))
    naked = msgspec.structs.replace(PICTURE.positions[0], stop=None)
    assert " none " in text(positions_table([naked]))


def test_orders_and_trades_are_rows() -> None:
    assert "stop market (reduces)" in text(orders_table(PICTURE.orders))
    assert "+2.20 USDC" in text(trades_table([TRADE]))
    assert "2026-11-23 10:05:00" in text(trades_table([TRADE]))
