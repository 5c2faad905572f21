"""What every test may ask for: recorded market data where it is there, and a Redis server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.redis_server import RedisServer
from tests.summaries import write_summaries

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what outlives a run away from the user's own, which may be halted."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("user-state")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recordings; a machine without it skips the test and says why."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"recorded market data is not in the repository; expected it at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Return a durable server that all tests share, so nobody stops it; empty it before use."""
    server = RedisServer(_redis_folder(tmp_path_factory))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Return a server that is the test's own to start and to kill; it does not run yet."""
    server = RedisServer(_redis_folder(tmp_path_factory))
    yield server
    server.kill()


@pytest.fixture
def tls_redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Return a server that speaks TLS alone; it runs."""
    server = RedisServer(_redis_folder(tmp_path_factory), is_tls=True)
    server.start()
    yield server
    server.kill()


def _redis_folder(factory: pytest.TempPathFactory) -> Path:
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server (Debian: apt-get install redis-server)")
    return factory.mktemp("redis")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let long proofs run (`make seeds`, `soak`), and the cases over another adapter (`matrix`)."""
    parser.addoption("--seeds", type=int, default=100, help="how many seeds to prove")
    parser.addoption("--adapter", help="over which alone the execution cases are run")
    parser.addoption("--results", type=Path, help="a file that outcomes are added to, as JSON")
    parser.addoption("--storms", type=int, default=480, help="how many storms to live through")
    parser.addoption("--kills", type=int, default=60, help="how many kill -9 to survive")
    parser.addoption("--away-secs", type=float, default=0, help="how long a venue is away")
    parser.addoption("--pictures", type=Path, help="a folder to write pictures of the page to")
    parser.addoption("--kill-seed", type=int, default=1, help="which kills, and which alerts")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what long proofs went through."""
    write_summaries(terminalreporter)
