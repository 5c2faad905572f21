"""A running venue fed by hand: one for each test or, where nothing is changed, for a module."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.simulator.faulty import Exchange, trading
from tests.simulator.venues import Desk, open_desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_desk() -> AsyncIterator[Desk]:
    async with open_desk(weight_per_minute=0) as running:
        yield running


@pytest.fixture
def exchange(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """Return what stands for the trading half of `desk` and tells of each action."""
    return trading(desk, monkeypatch, "orderUpdates", "userFills", "bbo")
