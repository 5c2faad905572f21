"""The watch over an account, on the loopback venue: each look has a try of its own."""

from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.currencies import USDC

from adapters.hyperliquid import account_watch
from simulator.fault_rules import Status
from tests.acceptance.trading_run import ADDRESS, BTC, CASH, trading
from tests.waiting import eventually

type At = tuple[Path, pytest.MonkeyPatch]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


@pytest.mark.parametrize("question", ["exchangeStatus", "userRateLimit"])
async def test_a_look_that_fails_leaves_the_balances_theirs(at: At, question: str) -> None:
    at[1].setattr(account_watch, "HOUSEKEEPING_SECS", 0.05)
    async with trading(*at) as run:
        run.venue.faults.add(Status(on="info", type=question, status=422))
        await eventually(lambda: run.venue.faults.log)
        # Nothing is told of it: only the next look can find it.
        run.venue.trading.exchange.deposit(ADDRESS, Decimal(50), run.venue.clock.now_ms())
        account = run.cache.account_for_venue(BTC.venue)
        await eventually(lambda: account.balance_total(USDC).as_decimal() == CASH + 50)
