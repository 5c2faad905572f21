"""The live path is light: no venue SDK, no chain library, no second exchange library in a run."""

import subprocess
import sys

HEAVY = {
    *("hyperliquid", "synthetix", "ccxt", "web3"),
    *("eth_account", "requests", "aiohttp", "custody"),
}


def test_a_run_loads_no_venue_sdk() -> None:
    code = "import sys, desk.run, desk.demo; print(*{n.partition('.')[0] for n in sys.modules})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert "nautilus_trader" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_control_commands_do_not_wait_for_nautilus() -> None:
    code = "import sys, desk.cli, desk.control; sys.exit('nautilus_trader' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_funds_commands_name_the_extra_that_is_missing() -> None:
    code = (
        "import sys; sys.modules['web3'] = None; sys.argv = ['perpdesk', 'funds', 'pending', 'x'];"
        "from desk.cli import main; main()"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "perpdesk: Expected the package web3: pip install 'perpdesk[funds]'\n"
