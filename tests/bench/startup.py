"""Process start to RUNNING beside the bare import of Nautilus's node, and the memory of a run."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.bench.rounds import Comparison, compare

IMPORT = "import nautilus_trader.live.node"
PROFILE = """\
environment = "paper"
trader_id = "BENCH-001"
runs = "{runs}"
[venues.hyperliquid]
network = "loopback"
base_url_http = "{http}"
base_url_ws = "{ws}"
[[strategies]]
id = "rsi"
strategy = "rsi"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
bar_type = "BTC-USD-PERP.HYPERLIQUID-1-MINUTE-LAST-EXTERNAL"
sizing = {{ kind = "notional", amount = "1000" }}
"""


def measure(rounds: int) -> tuple[list[Comparison], float]:
    """Return milliseconds of wall time as one comparison, and the RSS of an idle run in MB."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> tuple[list[Comparison], float]:
    options = VenueOptions(history_minutes=300, weight_per_minute=0)
    figures: dict[str, list[float]] = {"run": [], "import": []}
    async with HyperliquidVenue(options).running() as venue:
        with tempfile.TemporaryDirectory() as folder:
            profile = Path(folder) / "bench.toml"
            text = PROFILE.format(runs=folder, http=venue.http_url, ws=venue.ws_url)
            profile.write_text(text)
            for _ in range(rounds):
                figures["import"].append(await asyncio.to_thread(_import_millis))
                millis, rss_mb = await _run_millis(profile, Path(folder))
                figures["run"].append(millis)
    line = compare("start to RUNNING / import, ms", figures["run"], figures["import"], "<= 1.5")
    return [line], rss_mb


def _import_millis() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORT], check=True)
    return (time.perf_counter() - start) * 1e3


async def _run_millis(profile: Path, folder: Path) -> tuple[float, float]:
    before = _logs(folder)
    start = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "desk", "run", str(profile), stdout=asyncio.subprocess.DEVNULL
    )
    while True:
        if any("RUNNING" in log.read_text() for log in _logs(folder) - before):
            break
        await asyncio.sleep(0.002)
    millis = (time.perf_counter() - start) * 1e3
    await asyncio.sleep(1)  # so that the warm-up is over and memory has settled
    rss_mb = _rss_mb(process.pid)
    process.terminate()
    await process.wait()
    return millis, rss_mb


def _logs(folder: Path) -> set[Path]:
    return set(folder.glob("*/logs/*"))


def _rss_mb(process_id: int) -> float:
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
