"""The live path is light: no venue SDK, no chain library, no second exchange library in a run."""

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rum"], 'Unknown command "rum". Did you mean "run"? Commands: demo, run,'),
        (["launch"], 'Unknown command "launch". Commands: demo, run,'),
        (["data", "lst"], 'Unknown command "lst". Did you mean "list"?'),
        (["funds", "balnces", "synthetix"], 'Unknown command "balnces". Did you mean "balances"?'),
        (["--hlp"], 'Unknown command "--hlp". Did you mean "--help"?'),
    ],
)
def test_a_mistyped_command_is_answered_in_an_install_without_extras(
    arguments: list[str], words: str
) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('nautilus_trader', 'plotly', 'web3')));"
        f"sys.argv = {['perpdesk', *arguments]}; from desk.cli import main; main()"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())
