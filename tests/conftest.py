"""What every test may ask for: the folder of real recorded market data, where it is there."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recordings; a machine without it skips the test and says why."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"recorded market data is not in the repository; expected it at {SHARED_DATA}")
    return SHARED_DATA


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let long proofs run (`make seeds`, `soak`), and the cases over another adapter (`matrix`)."""
    parser.addoption("--seeds", type=int, default=100, help="how many seeds to prove")
    parser.addoption("--adapter", default="ours", help="over which the execution cases are run")
    parser.addoption("--results", type=Path, help="a file that outcomes are added to, as JSON")
    parser.addoption("--storms", type=int, default=500, help="how many storms to live through")
