"""One session in a folder of its own, shown as it goes on and at its end; it reads no file."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.console import Console

from config.loading import describe
from config.settings import Profile
from desk.exits import Exit
from desk.ledger import Comparison
from desk.output import print_json
from desk.report import new_run_directory, write_config
from desk.session import Script, SessionResult, run_session
from desk.view import View, trades_table
from desk.webhook import WebhookSecrets
from monitor.auth import Tokens


def run_and_report(
    profile: Profile,
    secrets: WebhookSecrets | None,
    *,
    seconds: float | None = None,
    script: Script | None = None,
    inbox: str | None = None,
    compare: Callable[[SessionResult], Comparison] | None = None,
    tokens: Tokens | None = None,
    as_json: bool = False,
) -> Exit:
    """
    Run a session in a new folder under the profile's runs, showing lines as they come.

    Parameters
    ----------
    profile, secrets, seconds, script, inbox, tokens
        As for `run_session`.
    compare
        Called after the end with what we say, for what the venue says; a difference that matters
        is a failure.
    as_json
        Print the result as JSON on standard output, and all else on standard error.

    """
    console = Console(stderr=as_json)
    directory = new_run_directory(Path(profile.runs), profile.name)
    write_config(directory, describe(profile))
    show = View(console).show
    result = run_session(profile, directory, secrets, show, seconds, script, inbox, tokens)
    if compare is not None:
        result = judged(result, compare(result))
    if as_json:
        print_json(result)
    else:
        _print_result(console, result)
    return result.exit


def judged(result: SessionResult, comparison: Comparison) -> SessionResult:
    """Return a result with the comparison; one that does not settle is a failure."""
    ended = result.exit if comparison.is_settled else Exit.FAILED
    return msgspec.structs.replace(result, exit=ended, comparison=comparison)


def _print_result(console: Console, result: SessionResult) -> None:
    console.print(trades_table(result.trades))
    for first, last in result.equity:
        change = last.equity - first.equity
        console.print(
            f"{last.venue}: equity {first.equity:,.2f} -> {last.equity:,.2f} {last.currency}"
            f" ({change:+,.2f})"
        )
    for line in result.left:
        console.print(f"still there: {line}", style="bold red")
    if result.comparison is not None:
        for line in result.comparison.in_words():
            console.print(line, style=None if result.comparison.is_settled else "bold red")
    console.print(
        f"{result.signals} signals, {result.fills} fills, {result.refusals} refusals;"
        f" everything is in {result.directory}"
    )
