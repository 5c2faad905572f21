"""The watch over an account, on the loopback venue: each look is tried, each fill counts once."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import OrderSide

from adapters.common import account_watch
from adapters.hyperliquid.budget import CAP_INITIAL, AddressBudget
from simulator.exchange.model import Tif
from simulator.fault_rules import Duplicate, Status
from tests.acceptance.trading_run import ADDRESS, BTC, CASH, Run, place_elsewhere, trading
from tests.waiting import eventually

SIZE = "0.01"

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


def buy(run: Run) -> None:
    quantity = run.instrument().make_qty(Decimal(SIZE))
    run.hand.submit_order(run.hand.order_factory.market(BTC, OrderSide.BUY, quantity))


def buy_elsewhere(run: Run) -> None:
    place_elsewhere(run, run.price(1.05), SIZE, Tif.IOC)


def budget_of(run: Run) -> AddressBudget:
    (client,) = run.node.kernel.exec_engine._clients.values()
    return client._rooms.budget


def cap_at_venue(run: Run) -> int:
    return CAP_INITIAL + int(run.venue.trading.volume(ADDRESS))


either = pytest.mark.parametrize("trade", [buy, buy_elsewhere], ids=["ours", "foreign"])


@either
async def test_a_fill_adds_its_value_to_the_budget(at: At, trade: Callable[[Run], None]) -> None:
    async with trading(*at) as run:
        trade(run)
        await eventually(lambda: run.ledger.fills)
        assert cap_at_venue(run) > CAP_INITIAL
        # The next reading is half a minute away.
        await eventually(lambda: budget_of(run).cap == cap_at_venue(run))


@either
async def test_a_fill_that_is_told_again_counts_once(at: At, trade: Callable[[Run], None]) -> None:
    at[1].setattr(account_watch, "HOUSEKEEPING_SECS", 3_600.0)  # a reading would hide the error
    async with trading(*at) as run:
        for channel in ("user", "userFills"):
            run.venue.faults.add(Duplicate(on="ws", type=channel))
        trade(run)
        await eventually(lambda: budget_of(run).cap > CAP_INITIAL)
        await run.venue.drop_connections()  # the next one begins with the fills of before
        told = len(run.ledger.fills)
        trade(run)
        await eventually(lambda: len(run.ledger.fills) > told)
        await eventually(lambda: budget_of(run).cap >= cap_at_venue(run))
        await eventually(lambda: run.cache.positions_open() and is_held(run))
        assert budget_of(run).cap == cap_at_venue(run)


def is_held(run: Run) -> bool:
    """Return whether the node has heard of every fill."""
    (position,) = run.cache.positions_open()
    return position.quantity.as_decimal() == sum(fill.size for fill in run.ledger.fills)
