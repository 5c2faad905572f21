"""What the execution cases share: a node on a still market, over the adapter that is asked for."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

# The harness judges as well: its asserts say what they found.
pytest.register_assert_rewrite("tests.acceptance.exec_run")

from simulator.fault_rules import AckRace  # noqa: E402
from tests.acceptance.exec_run import Stage, staged, still_market  # noqa: E402
from tests.acceptance.findings import FindingError  # noqa: E402
from tests.acceptance.under_test import ADAPTERS, UNLIMITED, Adapter  # noqa: E402


@pytest.fixture(scope="session")
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """Return the adapter under test: ours, unless the command line says otherwise."""
    return ADAPTERS[request.config.getoption("--adapter")]


def stage_scope(fixture_name: str, config: pytest.Config) -> Any:  # noqa: ANN401, ARG001 (pytest's)
    return "module" if ADAPTERS[config.getoption("--adapter")].is_shared else "function"


@pytest_asyncio.fixture(scope=stage_scope, loop_scope="module")
async def stage(adapter: Adapter, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Run a node and a venue: for the cases of a file, or for each of them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("adapters.hyperliquid.factories.address_governor", UNLIMITED)
        state = tmp_path_factory.mktemp("signer")
        async with (
            still_market() as market,
            staged(market, state, monkeypatch, adapter, **adapter.settings) as stage,
        ):
            yield stage


@pytest_asyncio.fixture(params=["stream first", "reply first"], loop_scope="module")
async def news(request: pytest.FixtureRequest, stage: Stage) -> AsyncIterator[None]:
    """Let what becomes of an order be told by its stream before the reply, or after it."""
    faults = stage.run.venue.faults
    if request.param == "reply first":
        faults.add(AckRace(ms=50))
    yield
    faults.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add the outcome of a test to the file of results, if there is one."""
    report: pytest.TestReport = yield
    path = item.config.getoption("--results")
    if path is not None and (report.when == "call" or not report.passed):
        error = None if call.excinfo is None else call.excinfo.value
        row = {
            "test": item.name,
            "outcome": report.outcome if report.when == "call" else "error",
            "words": "" if error is None else words_of(error),
        }
        with path.open("ab") as file:
            file.write(msgspec.json.encode(row) + b"\n")
    return report


def words_of(error: BaseException) -> str:
    """Return what a failure says in one line."""
    head = str(error).splitlines()[0] if str(error) else type(error).__name__
    if not isinstance(error, FindingError):
        head = head.removeprefix("AssertionError: ")
    return "; ".join([head, *getattr(error, "__notes__", [])])
