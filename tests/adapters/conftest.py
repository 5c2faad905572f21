"""What the cases that both venues owe share: for each venue, one node on a still market."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

# They judge as well: their asserts say what they found.
pytest.register_assert_rewrite("tests.adapters.contract_bench")

from tests.adapters.contract_bench import Bench, benched, standing  # noqa: E402
from tests.adapters.contract_terms import BOTH, Terms  # noqa: E402


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=BOTH, ids=[terms.name for terms in BOTH]
)
async def terms(request: pytest.FixtureRequest) -> Terms:
    """Return each venue in turn."""
    found: Terms = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_bench(
    terms: Terms, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Bench]:
    """Run a node for all cases of a module and a venue; use it by `bench`."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in ("hyperliquid", "synthetix"):
            # So many connections are not lost in earnest: the pause would grow.
            monkeypatch.setattr(f"adapters.{module}.websocket.BACKOFF_MAX_SECS", 0.5)
        state = tmp_path_factory.mktemp("signer")
        async with standing(terms) as still, benched(still, state, monkeypatch) as bench:
            yield bench


@pytest_asyncio.fixture(loop_scope="module")
async def bench(shared_bench: Bench) -> AsyncIterator[Bench]:
    """Return the node of the module, without orders, positions or faults."""
    shared_bench.begin()
    yield shared_bench
    await shared_bench.tidy()
