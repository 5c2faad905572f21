"""What the execution cases share: for each venue, a node on a still market."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

# The harness judges as well: its asserts say what they found.
pytest.register_assert_rewrite("tests.acceptance.exec_run")

from simulator.fault_rules import AckRace  # noqa: E402
from tests.acceptance.exec_run import Stage  # noqa: E402
from tests.acceptance.exec_scenes import SCENES, VENUES, Scene  # noqa: E402
from tests.acceptance.findings import FindingError  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of a case that one venue has."""
    config.addinivalue_line("markers", "only(venue): an execution case that no other venue has")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play an execution case on both venues, or over the adapter that is asked for."""
    if "scene" in metafunc.fixturenames:
        scenes = scenes_of(metafunc.config)
        names = [scene.name for scene in scenes]
        metafunc.parametrize("scene", scenes, ids=names, scope="module")


def scenes_of(config: pytest.Config) -> tuple[Scene, ...]:
    name = config.getoption("--adapter")
    return (SCENES[name],) if name else VENUES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the cases that a venue has not."""
    items[:] = [item for item in items if is_of_its_venue(item)]


def is_of_its_venue(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    scene = call and call.params.get("scene")
    return scene is None or all((scene.venue,) == mark.args for mark in item.iter_markers("only"))


def stage_scope(fixture_name: str, config: pytest.Config) -> Any:  # noqa: ANN401, ARG001 (pytest's)
    is_shared = all(scene.adapter.is_shared for scene in scenes_of(config))
    return "module" if is_shared else "function"


@pytest_asyncio.fixture(scope=stage_scope, loop_scope="module")
async def stage(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Run a node and a venue: for the cases of a file, or for each of them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        state = tmp_path_factory.mktemp("signer")
        async with scene.market() as market, scene.staged(market, state, monkeypatch) as stage:
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
