"""A stop that is gone comes back or the position goes, a loss halts, and so does a person."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model.enums import OrderSide, TradingState

from desk.kill import kill, lift
from risk.events import Cause, Halt, Lift, StopAction, StopNews
from simulator.exchange.model import Side
from tests.acceptance.exec_run import BID, still_market
from tests.acceptance.risk_desk import Keeper, risk_desk
from tests.acceptance.synthetix_run import SYNTHETIX, synthetix_venue
from tests.acceptance.trading_run import venue_of
from tests.acceptance.under_test import OURS, Adapter
from tests.waiting import eventually

BOUND_SECS = 30.0
"""Far beyond the bounds that the code keeps: a loaded machine is no failure."""


async def test_a_stop_canceled_behind_our_back_rests_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        still_market() as market,
        risk_desk(market, tmp_path, monkeypatch, risk="naked_secs_max = 25") as desk,
    ):
        await desk.enter()
        desk.strategy.rest_a_stop()
        await eventually(lambda: len(desk.venue_orders) == 1)
        (before,) = desk.venue_orders
        desk.strategy.keeper = keeper = Keeper(desk.strategy, is_able=True)
        desk.cancel_elsewhere()
        assert not desk.venue_orders

        await eventually(lambda: desk.venue_orders, timeout_secs=BOUND_SECS)

        (after,) = desk.venue_orders
        assert after.oid != before.oid
        assert after.request.reduce_only
        assert after.request.side is Side.SELL
        assert after.request.size == desk.venue_position
        assert keeper.asked == 1
        assert [news.action for news in desk.heard(StopNews)] == [StopAction.REATTACH]


@pytest.mark.parametrize(
    ("execution", "adapter", "open_venue"),
    [
        pytest.param("live", OURS, venue_of, id="hyperliquid"),
        pytest.param("live", SYNTHETIX, synthetix_venue, id="synthetix"),
        pytest.param("sandbox", OURS, venue_of, id="paper"),
    ],
)
async def test_a_position_that_gets_no_stop_is_closed(
    execution: str,
    adapter: Adapter,
    open_venue: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options: dict[str, Any] = {
        "execution": execution,
        "adapter": adapter,
        "risk": "naked_secs_max = 3",
    }
    async with (
        still_market(open_venue) as market,
        risk_desk(market, tmp_path, monkeypatch, **options) as desk,
    ):
        desk.strategy.keeper = keeper = Keeper(desk.strategy, is_able=False)
        await desk.enter()

        await eventually(lambda: desk.position is None, timeout_secs=BOUND_SECS)

        assert keeper.asked
        assert desk.heard(StopNews)[-1].action is StopAction.FLATTEN
        await eventually(lambda: desk.venue_position == 0)
        assert not desk.venue_orders


@pytest.mark.parametrize("execution", ["live", "sandbox"])
async def test_a_kill_halts_over_a_restart_until_it_is_lifted(
    execution: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halts = tmp_path / "halts"
    async with still_market() as market:
        async with risk_desk(market, tmp_path, monkeypatch, execution=execution) as desk:
            await desk.enter()
            stop = desk.strategy.rest_a_stop()
            entry = desk.strategy.bid("0.01", 0.9)
            await eventually(lambda: stop.is_open and entry.is_open)

            kill("a", "test", directory=halts)
            await eventually(lambda: entry.is_closed, timeout_secs=BOUND_SECS)

            assert stop.is_open
            assert desk.position is not None
            assert desk.node.kernel.risk_engine.trading_state == TradingState.HALTED
            (halt,) = desk.heard(Halt)
            assert (halt.cause, halt.words) == (Cause.KILL, "a test")
            assert len(desk.venue_orders) == (1 if execution == "live" else 0)

            kill("all", "of", "it", flatten=True, directory=halts)
            await eventually(lambda: desk.position is None, timeout_secs=BOUND_SECS)
            await eventually(lambda: stop.is_closed, timeout_secs=BOUND_SECS)
            await eventually(lambda: not desk.venue_orders)
            assert desk.venue_position == 0

        async with risk_desk(market, tmp_path, monkeypatch, execution=execution) as desk:
            refused = desk.strategy.market(OrderSide.BUY, "0.01")
            await eventually(lambda: refused.is_closed)
            assert refused.last_event.reason.startswith("RISK_HALTED: Expected no halt, was halted")

            lift(directory=halts)
            await eventually(lambda: desk.heard(Lift), timeout_secs=BOUND_SECS)
            await desk.enter()


@pytest.mark.parametrize("execution", ["live", "sandbox"])
async def test_a_daily_loss_halts(
    execution: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    risk = "daily_loss_percent_max = 1\nflatten_on_loss = true"
    async with (
        still_market() as market,
        risk_desk(market, tmp_path, monkeypatch, execution=execution, risk=risk) as desk,
    ):
        await desk.enter("1")
        assert not desk.heard(Halt)

        market.show(BID - 2_000)
        await eventually(lambda: desk.heard(Halt), timeout_secs=BOUND_SECS)
        await eventually(lambda: desk.position is None, timeout_secs=BOUND_SECS)

        (halt,) = desk.heard(Halt)
        assert halt.cause is Cause.DAILY_LOSS
        assert "Expected to lose at most 1 % on" in halt.words
        again = desk.strategy.market(OrderSide.BUY, "0.01")
        await eventually(lambda: again.is_closed)
        assert again.last_event.reason.startswith("RISK_HALTED")
        assert (tmp_path / "halts" / "RISK-001.halt.json").exists()
