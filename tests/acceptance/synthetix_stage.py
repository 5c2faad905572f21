"""
The stage of Synthetix's execution cases, and what its tester is told to do; it judges nothing.

A price step is a dollar here, and a trigger needs a position that it may close.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model.enums import OrderSide, OrderType

from adapters.common.governor import WeightGovernor
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.exec_run import SIZE, Stage, StillMarket, Trial, staged, still_market
from tests.acceptance.synthetix_run import SYNTHETIX, synthetix_venue
from tests.acceptance.trading_run import CASH
from tests.acceptance.under_test import ADDRESS

FAR, NEAR = 500, 50
"""How far from the market orders are, and a limit from its trigger, in ticks, which are dollars."""
BOTH = {"enable_limit_buys": True, "enable_limit_sells": True, "tob_offset_ticks": FAR}
BRACKET = {"enable_brackets": True, "bracket_offset_ticks": FAR}

# Neither the venue nor the adapter counts tokens: the cases of an hour are played in a minute.
still_synthetix = partial(
    still_market,
    partial(
        synthetix_venue,
        trading=TradingOptions(accounts=((ADDRESS, CASH),), tokens=0),
        ip_tokens=0,
    ),
)


@asynccontextmanager
async def synthetix_staged(
    market: StillMarket, state: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """Run a node, with an empty cache, on a venue whose market stands still."""
    for room in ("rooms.subaccount_governor", "factories.address_governor"):
        monkeypatch.setattr(f"adapters.synthetix.{room}", lambda: WeightGovernor(10**6, 10.0))
    async with staged(market, state, monkeypatch, SYNTHETIX, **SYNTHETIX.settings) as stage:
        yield stage


@asynccontextmanager
async def shared_stage(factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Run a node and a venue for the cases of a file."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        state = factory.mktemp("signer")
        async with (
            still_synthetix() as market,
            synthetix_staged(market, state, monkeypatch) as stage,
        ):
            yield stage


def limits(side: OrderSide) -> dict[str, object]:
    return {
        "enable_limit_buys": side == OrderSide.BUY,
        "enable_limit_sells": side == OrderSide.SELL,
        "tob_offset_ticks": FAR,
    }


def stops(side: OrderSide, kind: OrderType) -> dict[str, object]:
    return {
        "open_position_on_start_qty": SIZE if side == OrderSide.SELL else -SIZE,
        "enable_stop_buys": side == OrderSide.BUY,
        "enable_stop_sells": side == OrderSide.SELL,
        "stop_order_type": kind,
        "stop_offset_ticks": FAR,
        "stop_limit_offset_ticks": NEAR,
    }


def names(trial: Trial) -> list[str]:
    """Return what the venue's actions of a trial are called."""
    return [action["action"] for action in trial.actions]


def placed(trial: Trial) -> list[dict[str, Any]]:
    """Return the orders that a trial has asked the venue for, in order."""
    return [order for action in trial.actions for order in action.get("orders", ())]
