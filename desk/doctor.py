"""The doctor command: what would stop a run of a profile, asked before it starts; it trades not."""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final, Literal

from rich.console import Console

from adapters.common.key_state import default_state_directory
from config.errors import ProfileError
from config.loading import BUILT_IN, load_profile
from config.settings import Profile
from config.webhook import WebhookSettings
from desk.demo import needs_a_venue
from desk.doctor_check import Check, State, fail, ok
from desk.doctor_environment import check_environment
from desk.doctor_machine import (
    check_files,
    check_folder,
    check_halt,
    check_modes,
    check_package,
    check_python,
)
from desk.doctor_venues import check_venues
from desk.exits import Exit
from desk.halts import halt_files
from desk.node import check_profile
from desk.output import AsJson, print_json
from desk.strategies import strategy_configs
from desk.webhook import inbox_place

ENGINE: Final = "nautilus_trader"


def doctor(
    profile: str,
    *,
    startup: Literal["run", "webhook"] | None = None,
    as_json: AsJson = False,
) -> Exit:
    """
    Look for what would stop a run of a profile; ends with 1 if there is something.

    Parameters
    ----------
    profile
        A built-in profile or the path of a TOML file.
    startup
        Judge only whether a run, or the sidecar, would start: no venue is asked, so that nothing is
        said of clock, account and sizes, and a kill switch or a disk that is nearly full does not
        end with 1. A sidecar needs neither the keys nor the tokens of the run.

    """
    checks = list(_checks(profile, startup))
    failures = sum(
        check.state is State.FAIL and (check.keeps_from_start or startup is None)
        for check in checks
    )
    if as_json:
        print_json({"failures": failures, "checks": checks})
    else:
        _show(checks, failures)
    return Exit.FAILED if failures else Exit.DONE


def _show(checks: Sequence[Check], failures: int) -> None:
    console = Console(soft_wrap=True)
    styles = {State.OK: None, State.WARN: "yellow", State.FAIL: "bold red"}
    for check in checks:
        console.print(str(check), style=styles[check.state], markup=False, highlight=False)
    warnings = sum(check.state is State.WARN for check in checks)
    console.print(
        f"{len(checks)} checks, {warnings} warnings, {failures} failures", highlight=False
    )


def _checks(name: str, startup: str | None) -> Iterator[Check]:
    yield check_python((sys.version_info.major, sys.version_info.minor))
    yield check_package(ENGINE, _installed(ENGINE), _pinned(ENGINE))
    try:
        profile = load_profile(name)
    except ProfileError as e:
        yield fail("profile", str(e), "correct it; docs/configuration.md has every key")
        return
    if needs_a_venue(profile):
        yield ok("profile", f"{profile.file}: a demo starts its venue and makes up its secrets")
        yield check_folder("runs", Path(profile.runs))
        return
    is_sidecar = startup == "webhook"
    environment = list(check_environment(profile, os.environ, is_sidecar=is_sidecar))
    yield from environment
    yield from _here(name, profile, is_sidecar=is_sidecar)
    # Code reads the same variables: what is wrong with them is said once, above.
    if any(check.state is State.FAIL for check in environment):
        yield fail("profile", "not looked at", "first set the variables above")
        return
    try:
        if is_sidecar:  # which has no keys
            strategy_configs(profile)
        else:
            check_profile(profile)
    except ProfileError as e:
        yield fail("profile", str(e), "correct it; docs/configuration.md has every key")
        return
    yield ok("profile", f"{profile.file}, {profile.environment}")
    if startup is None:
        yield from asyncio.run(check_venues(profile))


def _here(name: str, profile: Profile, *, is_sidecar: bool) -> Iterator[Check]:
    """Look at what is on this machine's disk."""
    runs = Path(profile.runs)
    yield check_folder("runs", runs)
    states = [
        default_state_directory(os.environ, venue)
        if settings.state_directory is None
        else Path(settings.state_directory)
        for venue, settings in profile.venues.items()
        if settings.execution == "live" and not is_sidecar
    ]
    for folder in states:
        yield check_folder("state", folder)
    webhook = profile.webhook or WebhookSettings()
    if webhook.inbox_env is not None or "://" in inbox_place(profile, os.environ):
        yield check_package("redis", _installed("redis"))
        private = states
    else:
        private = [*states, Path(inbox_place(profile, os.environ))]
    halts = halt_files(profile.risk.directory, os.environ)
    tls = webhook.tls
    needed = {}
    if tls is not None:
        needed = {"certificate": Path(tls.certificate_file), "key": Path(tls.key_file)}
        if tls.client_ca_file is not None:
            needed["client_ca"] = Path(tls.client_ca_file)
        private = [*private, Path(tls.key_file)]
    yield from check_files(needed)
    files = [] if name in BUILT_IN else [Path(name)]
    yield from check_modes([*private, halts.folder], files)
    yield check_halt(halts.read(profile.trader_id))


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _pinned(package: str) -> str | None:
    """Return the one version that perpdesk's own metadata asks for, if it asks for one."""
    asked = (text.partition(";")[0].strip() for text in requires("perpdesk") or [])
    pins = (text.partition("==") for text in asked)
    return next((wanted for name, _, wanted in pins if name == package and wanted), None)
