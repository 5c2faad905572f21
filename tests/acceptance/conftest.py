"""What the execution cases share: one node on a still market for the cases of a file."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from adapters.hyperliquid.governor import WeightGovernor

# The harness judges as well: its asserts say what they found.
pytest.register_assert_rewrite("tests.acceptance.exec_run")

from tests.acceptance.exec_run import Stage, staged, still_market  # noqa: E402

# What is lost shall be found soon.
SETTINGS = {"post_timeout_secs": 1, "expires_after_secs": 2}

# The cases of an hour in a minute: the venue of these tests counts no weight either.
UNLIMITED = partial(WeightGovernor, per_minute=1_000_000)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Run a node and a venue until the cases of the file are done."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("adapters.hyperliquid.factories.WeightGovernor", UNLIMITED)
        state = tmp_path_factory.mktemp("signer")
        async with (
            still_market() as market,
            staged(market, state, monkeypatch, **SETTINGS) as stage,
        ):
            yield stage
