"""The command line: the table of commands, and how the end of one becomes an exit code."""

import os
import sys
from collections.abc import Callable
from importlib.metadata import version as distribution_version

from cyclopts import App, CycloptsError

from config.errors import ProfileError
from desk.exits import DeskError, Exit

# Commands are named, not imported: `perpdesk venue` must not wait for Nautilus to load.
app = App(
    name="perpdesk",
    help="Trade RSI strategies and TradingView alerts on perpetual futures, on NautilusTrader.",
    help_epilogue=(
        "Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 venue or network, "
        "4 would need an answer, 130 interrupted."
    ),
    version=lambda: distribution_version("perpdesk"),
)
app.command("desk.demo:demo", name="demo")
app.command("desk.run:run", name="run")
app.command("desk.cycle:cycle", name="cycle")
app.command("desk.webhook:webhook", name="webhook")
app.command("desk.version:version", name="version")

venue = App(name="venue", help="Serve a loopback venue that speaks a real exchange's wire.")
venue.command("desk.venue:serve_hyperliquid", name="hyperliquid")
venue.command("desk.venue:serve_synthetix", name="synthetix")
app.command(venue)

record = App(name="record", help="Record a venue's public market data for later replay.")
record.command("desk.venue:record_hyperliquid", name="hyperliquid")
app.command(record)

alerts = App(name="alerts", help="Look into alerts, and get the messages that make them.")
alerts.command("desk.alerts:list_alerts", name="list")
alerts.command("desk.alerts:show", name="show")
alerts.command("desk.alerts:replay", name="replay")
alerts.command("desk.alerts:export", name="export")
alerts.command("desk.alerts_lint:lint", name="lint")
alerts.command("desk.alerts_template:template", name="template")
app.command(alerts)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(exit_code(lambda: app(exit_on_error=False, result_action="return_value")))


def exit_code(command: Callable[[], object]) -> Exit:
    """Run a command; return its exit code after saying in one line why it could not go on."""
    try:
        outcome = command()
    except CycloptsError:
        return Exit.USAGE  # cyclopts has said what was wrong
    except ProfileError as e:
        return _fail(e, Exit.USAGE)
    except DeskError as e:
        return _fail(e, e.exit)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; the interpreter's last flush must not fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    return outcome if isinstance(outcome, Exit) else Exit.DONE


def _fail(error: Exception, code: Exit) -> Exit:
    sys.stderr.write(f"perpdesk: {error}\n")
    return code
