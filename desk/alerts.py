"""The commands that look into an inbox, and the one that sends an alert once more."""

import asyncio
import hashlib
import os
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console

from config.loading import load_profile
from config.settings import Profile
from config.webhook import WebhookSettings
from desk.alerts_trace import alerts_table, describe_trace
from desk.exits import AnswerNeeded, DeskError, Exit, UsageError
from desk.options import parse_moment
from desk.output import AsJson, print_json
from desk.strategies import alert_strategies
from desk.webhook import inbox_place, open_profile_inbox, ttl_of
from webhook.alerts import Alert
from webhook.expiry import expiry_ns
from webhook.inbox import Accepted, Entry, Inbox, InboxError, Outcome, State, Trace

SHOWN_MAX = 10_000
"""Alerts among which a part of a key is looked for."""

EXPORTED_MAX = 1_000_000
_NS = 1_000_000_000
_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

type Read[T] = Callable[[Inbox], Awaitable[T]]
StateFilter = Annotated[tuple[State, ...], Parameter(name="--state", negative="")]


class Replayed(msgspec.Struct, frozen=True):
    """What a replay has put into the inbox."""

    key: str
    outcome: Outcome


def list_alerts(
    *,
    profile: str = "paper",
    inbox: str | None = None,
    states: StateFilter = (),
    strategy: str | None = None,
    since: str | None = None,
    limit: int = 20,
    as_json: AsJson = False,
) -> Exit:
    """
    List the latest alerts of an inbox, newest first.

    Parameters
    ----------
    profile
        The profile whose inbox it is.
    inbox
        Another inbox: the file of a demo's run, say.
    states
        Only those that have come so far; may be given many times.
    strategy
        Only those for this strategy.
    since
        Only those received from this time on: ISO 8601, or 90s, 30m, 12h, 7d ago.
    limit
        At most so many.

    """
    found = _read(profile, inbox, lambda i: _entries(i, states, strategy, since, limit))
    if as_json:
        print_json(found)
    else:
        Console().print(alerts_table(found))
    return Exit.DONE


def show(
    key: str, *, profile: str = "paper", inbox: str | None = None, as_json: AsJson = False
) -> Exit:
    """
    Show what became of an alert: decision, orders and fills, with the time each took.

    Parameters
    ----------
    key
        The alert's key, or a part of it that no other has.
    profile, inbox
        As for `list`.

    """
    trace = _read(profile, inbox, lambda i: _find(i, key))
    if as_json:
        print_json(trace)
    else:
        for line in describe_trace(trace):
            Console(soft_wrap=True).print(line, highlight=False, markup=False)
    return Exit.DONE


def replay(
    key: str,
    *,
    profile: str = "paper",
    inbox: str | None = None,
    yes: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
) -> Exit:
    """
    Put an alert into the inbox once more, as a new one of now, to be traded again.

    Parameters
    ----------
    key
        The alert's key, or a part of it that no other has.
    profile, inbox
        As for `list`.
    yes
        Your yes to trading it again; without it nothing happens, and the exit code is 4.

    """
    loaded = load_profile(profile)

    async def put(opened: Inbox) -> Replayed:
        alert = (await _find(opened, key)).entry.alert
        _check_replay(loaded, alert)
        if not yes:
            raise AnswerNeeded(f"Expected --yes to trade {alert.key} again, was not given")
        now = time.time_ns()
        again = replayed(alert, now)
        ttl = ttl_of(loaded.webhook or WebhookSettings(), alert.strategy)
        answer = await opened.put(again, now, expiry_ns(again, now, ttl))
        if not isinstance(answer, Accepted):
            raise DeskError(f"Expected a new alert, {again.key} was there already")
        return Replayed(again.key, answer.outcome)

    done = _read(loaded, inbox, put)
    if as_json:
        print_json(done)
    else:
        Console(soft_wrap=True).print(f"Stored as {done.key}", highlight=False, markup=False)
    return Exit.DONE


def export(
    *,
    profile: str = "paper",
    inbox: str | None = None,
    states: StateFilter = (),
    strategy: str | None = None,
    since: str | None = None,
) -> Exit:
    """
    Print alerts with all their steps as JSON lines, oldest first.

    Parameters
    ----------
    profile, inbox, states, strategy, since
        As for `list`.

    """

    async def write(opened: Inbox) -> None:
        for entry in reversed(await _entries(opened, states, strategy, since, EXPORTED_MAX)):
            trace = await opened.trace(entry.alert.key)
            if trace is not None:  # it may have been deleted meanwhile
                print_json(trace)

    _read(profile, inbox, write)
    return Exit.DONE


def replayed(alert: Alert, now_ns: int) -> Alert:
    """
    Return the alert that trades another one again: of now, with a key and a digest of its own.

    It states no position and no number, which belonged to the moment of the first.
    """
    key = f"{alert.key}:replay-{now_ns // 1_000_000}"
    return msgspec.structs.replace(
        alert,
        key=key,
        digest=hashlib.sha256(f"{alert.digest} {key}".encode()).hexdigest(),
        ts_event=now_ns,
        stated_before=None,
        stated=None,
        sequence=None,
        comment=f"replay of {alert.key}" + (f": {alert.comment}" if alert.comment else ""),
    )


def since_ns(text: str, now_ns: int) -> int:
    """
    Return a time of the command line in nanoseconds UTC.

    Raises
    ------
    UsageError
        It is neither ISO 8601 nor a number of s, m, h or d ago.

    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now_ns - int(ago[1]) * _UNITS[ago[2]] * _NS
    wanted = "ISO 8601, or a time ago such as 90s, 30m, 12h or 7d"
    return int(parse_moment("--since", text, wanted).timestamp()) * _NS


def _read[T](profile: str | Profile, place: str | None, read: Read[T]) -> T:
    """Open an inbox for a look: no consumer, so that a node may have it at the same time."""
    loaded = load_profile(profile) if isinstance(profile, str) else profile
    place = inbox_place(loaded, os.environ) if place is None else place
    if "://" not in place and not Path(place).exists():
        raise UsageError(f"Expected an inbox at {place}, found none; has anything run yet?")

    async def run() -> T:
        opened = open_profile_inbox(loaded, place)
        try:
            return await read(opened)
        finally:
            await opened.close()

    try:
        return asyncio.run(run())
    except InboxError as e:
        raise DeskError(str(e)) from e


async def _entries(
    inbox: Inbox, states: Sequence[State], strategy: str | None, since: str | None, limit: int
) -> Sequence[Entry]:
    if limit < 1:
        raise UsageError(f"--limit: expected at least 1, was {limit}")
    first_ns = 0 if since is None else since_ns(since, time.time_ns())
    return await inbox.entries(states=states, strategy=strategy, since_ns=first_ns, limit=limit)


async def _find(inbox: Inbox, key: str) -> Trace:
    trace = await inbox.trace(key)
    if trace is None:
        latest = await inbox.entries(limit=SHOWN_MAX)
        keys = [entry.alert.key for entry in latest if key in entry.alert.key]
        if len(keys) > 1:
            shown = ", ".join(keys[:5]) + (", ..." if len(keys) > 5 else "")  # noqa: PLR2004
            raise UsageError(f"Expected a key of one alert, {key!r} is part of: {shown}")
        trace = await inbox.trace(keys[0]) if keys else None
    if trace is None:
        raise UsageError(f"Expected the key of an alert in the inbox, was {key!r}")
    return trace


def _check_replay(profile: Profile, alert: Alert) -> None:
    if alert.action is None:
        raise UsageError(f"Expected an alert that asks for a trade, {alert.key} is a heartbeat")
    names = alert_strategies(profile)
    if alert.strategy not in names:
        wanted = f"an alert for a strategy of {profile.name} ({', '.join(names) or 'none'})"
        raise UsageError(f"Expected {wanted}, {alert.key} is for {alert.strategy!r}")
