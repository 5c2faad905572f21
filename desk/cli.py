"""The command line: the table of commands, and how the end of one becomes an exit code."""

import os
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import version as distribution_version

from cyclopts import App, CycloptsError, CycloptsPanel, UnknownCommandError

from config.errors import ProfileError
from desk.command_words import words_of
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


def _add(to: App, name: str, place: str) -> None:
    # Named, not imported: `perpdesk venue` must not wait for Nautilus to load.
    to.command(place, name=name, help=words_of(place))


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
_add(app, "demo", "desk.demo:demo")
_add(app, "run", "desk.run:run")
_add(app, "cycle", "desk.cycle:cycle")
_add(app, "backtest", "desk.backtest:backtest")
_add(app, "sweep", "desk.backtest_sweep:sweep")
_add(app, "webhook", "desk.webhook:webhook")
_add(app, "kill", "desk.kill:kill")
_add(app, "lift", "desk.kill:lift")
_add(app, "doctor", "desk.doctor:doctor")
_add(app, "logs", "desk.logs:logs")
_add(app, "version", "desk.version:version")
_add(app, "status", "desk.control:status")
_add(app, "positions", "desk.control:positions")
_add(app, "orders", "desk.control:orders")
_add(app, "trades", "desk.control:trades")
_add(app, "pause", "desk.control:pause")
_add(app, "resume", "desk.control:resume")
_add(app, "flatten", "desk.control:flatten")
_add(app, "start", "desk.control:start")
_add(app, "stop", "desk.control:stop")
_add(app, "set", "desk.control:set_parameters")

venue = App(name="venue", help="Serve a loopback venue that speaks a real exchange's wire.")
_add(venue, "hyperliquid", "desk.venue:serve_hyperliquid")
_add(venue, "synthetix", "desk.venue:serve_synthetix")
app.command(venue)

record = App(name="record", help="Record a venue's public market data for later replay.")
_add(record, "hyperliquid", "desk.record:record_hyperliquid")
_add(record, "synthetix", "desk.record_synthetix:record_synthetix")
app.command(record)

alerts = App(name="alerts", help="Look into alerts, and get the messages that make them.")
_add(alerts, "list", "desk.alerts:list_alerts")
_add(alerts, "show", "desk.alerts:show")
_add(alerts, "replay", "desk.alerts:replay")
_add(alerts, "export", "desk.alerts:export")
_add(alerts, "lint", "desk.alerts_lint:lint")
_add(alerts, "template", "desk.alerts_template:template")
app.command(alerts)

data = App(name="data", help="Keep market history on disk, for backtests.")
_add(data, "download", "desk.data_download:download")
_add(data, "import", "desk.data:import_file")
_add(data, "list", "desk.data:list_history")
_add(data, "check", "desk.data:check_history")
app.command(data)

parity = App(name="parity", help="Hold our results beside other records of the same market.")
_add(parity, "rsi", "desk.parity:rsi")
_add(parity, "tradingview", "desk.parity:tradingview")
_add(parity, "run", "desk.parity_run:parity_run")
app.command(parity)

funds = App(name="funds", help="Move money between a wallet on chain and a venue, by hand.")
_add(funds, "balances", "desk.funds:balances")
_add(funds, "allowance", "desk.funds:allowance")
_add(funds, "deposit", "desk.funds:deposit")
_add(funds, "withdraw", "desk.funds:withdraw")
_add(funds, "pending", "desk.funds:pending")
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
