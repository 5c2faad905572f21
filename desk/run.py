"""The run command: a profile from its file to a finished report on the screen."""

import os
from pathlib import Path

from rich.console import Console

from config.loading import describe, load_profile
from config.secrets import Secret, read_secret
from config.settings import Profile
from desk.exits import Exit
from desk.node import check_profile
from desk.output import AsJson, print_json
from desk.report import new_run_directory, write_config
from desk.session import Script, SessionResult, run_session
from desk.view import View, trades_table


def run(profile: str, *, seconds: float | None = None, as_json: AsJson = False) -> Exit:
    """
    Run a profile until Ctrl-C, or for a time.

    Parameters
    ----------
    profile
        A built-in profile (demo, paper, testnet, live) or the path of a TOML file.
    seconds
        Stop after this many seconds of wall time.

    """
    loaded = load_profile(profile)
    check_profile(loaded)
    secret = read_secret(loaded.webhook.secret_env, os.environ) if loaded.webhook else None
    return run_and_report(loaded, secret, seconds=seconds, as_json=as_json)


def run_and_report(
    profile: Profile,
    secret: Secret | None,
    *,
    seconds: float | None = None,
    script: Script | None = None,
    as_json: bool = False,
) -> Exit:
    """Run a session in a new folder under the profile's runs, showing lines as they come."""
    console = Console(stderr=as_json)
    directory = new_run_directory(Path(profile.runs), profile.name)
    write_config(directory, describe(profile))
    result = run_session(profile, directory, secret, View(console).show, seconds, script)
    if as_json:
        print_json(result)
    else:
        _print_result(console, result)
    return result.exit


def _print_result(console: Console, result: SessionResult) -> None:
    console.print(trades_table(result.trades))
    for first, last in result.equity:
        change = last.equity - first.equity
        console.print(
            f"{last.venue}: equity {first.equity:,.2f} -> {last.equity:,.2f} {last.currency}"
            f" ({change:+,.2f})"
        )
    console.print(
        f"{result.signals} signals, {result.fills} fills, {result.refusals} refusals;"
        f" everything is in {result.directory}"
    )
