"""The live path is light: no venue SDK, no chain library, no second exchange library in a run."""

import subprocess
import sys

HEAVY = {"hyperliquid", "synthetix", "ccxt", "web3", "eth_account", "requests", "aiohttp"}


def test_a_run_loads_no_venue_sdk() -> None:
    code = "import sys, desk.run, desk.demo; print(*{n.partition('.')[0] for n in sys.modules})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert "nautilus_trader" in loaded
    assert loaded.isdisjoint(HEAVY)
