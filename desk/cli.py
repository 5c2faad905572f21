"""The command line: the table of commands, and how the end of one becomes an exit code."""

import os
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import version as distribution_version

from cyclopts import App, CycloptsError, CycloptsPanel, UnknownCommandError

from config.errors import ProfileError
from desk.exits import DeskError, Exit

# Packages that only some commands need, and the extra that installs them.
EXTRAS = {"web3": "funds", "plotly": "backtest"}


def _refusal(error: CycloptsError) -> object:
    """
    Return what cyclopts shows for a wrong call.

    Its own words for an unknown command import every other one, which fails where the packages of
    an extra are not installed.
    """
    if not isinstance(error, UnknownCommandError) or not error.unused_tokens or error.app is None:
        return CycloptsPanel(error)
    found = error.unused_tokens[0]
    commands = [name for name in error.app if not name.startswith("-")]
    nearest = "".join(f' Did you mean "{it}"?' for it in get_close_matches(found, error.app, 1))
    return CycloptsPanel(f'Unknown command "{found}".{nearest} Commands: {", ".join(commands)}.')


# Commands are named, not imported: `perpdesk venue` must not wait for Nautilus to load.
app = App(
    name="perpdesk",
    help="Trade RSI strategies and TradingView alerts on perpetual futures, on NautilusTrader.",
    help_epilogue=(
        "Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 venue or network, "
        "4 would need an answer, 5 sent with unknown outcome, 130 interrupted."
    ),
    version=lambda: distribution_version("perpdesk"),
    error_formatter=_refusal,
)
app.command("desk.demo:demo", name="demo")
app.command("desk.run:run", name="run")
app.command("desk.cycle:cycle", name="cycle")
app.command("desk.backtest:backtest", name="backtest")
app.command("desk.backtest_sweep:sweep", name="sweep")
app.command("desk.webhook:webhook", name="webhook")
app.command("desk.kill:kill", name="kill")
app.command("desk.kill:lift", name="lift")
app.command("desk.doctor:doctor", name="doctor")
app.command("desk.logs:logs", name="logs")
app.command("desk.version:version", name="version")
app.command("desk.control:status", name="status")
app.command("desk.control:positions", name="positions")
app.command("desk.control:orders", name="orders")
app.command("desk.control:trades", name="trades")
app.command("desk.control:pause", name="pause")
app.command("desk.control:resume", name="resume")
app.command("desk.control:flatten", name="flatten")
app.command("desk.control:start", name="start")
app.command("desk.control:stop", name="stop")
app.command("desk.control:set_parameters", name="set")

venue = App(name="venue", help="Serve a loopback venue that speaks a real exchange's wire.")
venue.command("desk.venue:serve_hyperliquid", name="hyperliquid")
venue.command("desk.venue:serve_synthetix", name="synthetix")
app.command(venue)

record = App(name="record", help="Record a venue's public market data for later replay.")
record.command("desk.record:record_hyperliquid", name="hyperliquid")
record.command("desk.record_synthetix:record_synthetix", name="synthetix")
app.command(record)

alerts = App(name="alerts", help="Look into alerts, and get the messages that make them.")
alerts.command("desk.alerts:list_alerts", name="list")
alerts.command("desk.alerts:show", name="show")
alerts.command("desk.alerts:replay", name="replay")
alerts.command("desk.alerts:export", name="export")
alerts.command("desk.alerts_lint:lint", name="lint")
alerts.command("desk.alerts_template:template", name="template")
app.command(alerts)

data = App(name="data", help="Keep market history on disk, for backtests.")
data.command("desk.data_download:download", name="download")
data.command("desk.data:import_file", name="import")
data.command("desk.data:list_history", name="list")
data.command("desk.data:check_history", name="check")
app.command(data)

parity = App(name="parity", help="Hold our results beside other records of the same market.")
parity.command("desk.parity:rsi", name="rsi")
parity.command("desk.parity:tradingview", name="tradingview")
parity.command("desk.parity_run:parity_run", name="run")
app.command(parity)

funds = App(name="funds", help="Move money between a wallet on chain and a venue, by hand.")
funds.command("desk.funds:balances", name="balances")
funds.command("desk.funds:allowance", name="allowance")
funds.command("desk.funds:deposit", name="deposit")
funds.command("desk.funds:withdraw", name="withdraw")
funds.command("desk.funds:pending", name="pending")
app.command(funds)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(exit_code(lambda: app(exit_on_error=False, result_action="return_value")))


def exit_code(command: Callable[[], object]) -> Exit:
    """Run a command; return its exit code after saying in one line why it could not go on."""
    try:
        outcome = command()
    except CycloptsError:
        return Exit.USAGE  # cyclopts has said what was wrong
    except (ProfileError, DeskError, ImportError) as e:
        return _failed(e)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; the interpreter's last flush must not fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    return outcome if isinstance(outcome, Exit) else Exit.DONE


def _failed(error: Exception) -> Exit:
    """Say why a command could not go on; return its exit code."""
    code, words = Exit.USAGE, str(error)
    if isinstance(error, DeskError):
        code = error.exit
    elif isinstance(error, ImportError):
        missing = getattr(error.__cause__, "name", None)  # of what a command's module imports
        if missing not in EXTRAS:
            raise error
        words = f"Expected the package {missing}: pip install 'perpdesk[{EXTRAS[missing]}]'"
    sys.stderr.write(f"perpdesk: {words}\n")
    return code
