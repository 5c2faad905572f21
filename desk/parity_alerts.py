"""The alerts that a recorded run was given, as its strategies got them; it replays nothing."""

import asyncio
import dataclasses
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from config.settings import Profile
from desk.backtest_plan import Window
from desk.exits import UsageError
from desk.session import INBOX_NAME
from desk.strategies import strategy_configs
from desk.webhook import inbox_place
from strategies.hedge_strategy import HedgeStrategyConfig, refusal
from strategies.hedge_strategy import signal_of as leg_signal
from strategies.signals import Reason, Signal, order_id_of
from webhook.client import signal_of
from webhook.inbox import Archive, Entry, InboxError, Outcome, Trace
from webhook.stores import open_inbox

ALERTS_MAX = 1_000_000
"""More than an inbox keeps."""

HELD_BACK = frozenset(
    {Reason.PAUSED, Reason.DEGRADED, Reason.NO_PRICE, Reason.EXPIRED, Reason.FAILED}
)
"""Why an alert was not traded that the history does not know: a person's word, or a bad moment."""


class Heard(msgspec.Struct, frozen=True):
    """What strategies got, oldest first, and what of it cannot be replayed, in words."""

    signals: list[Signal]
    notes: list[str]


def find_inbox(profile: Profile, folder: Path, stated: str | None) -> str | None:
    """
    Return where the alerts of a run are; None where its profile takes none.

    Raises
    ------
    UsageError
        No inbox is there.
    SecretMissing
        The profile names a Redis by a variable that is absent.

    """
    if stated is None and profile.webhook is None:
        return None
    place = stated or _own_inbox(profile, folder)
    if "://" not in place and not Path(place).is_file():
        raise UsageError(f"Expected the run's alerts in {place} (--inbox says where), found none")
    return place


def _own_inbox(profile: Profile, folder: Path) -> str:
    settings = profile.webhook
    if settings is not None and (settings.inbox or settings.inbox_env):
        return inbox_place(profile, os.environ)
    # A demo's lies in the run's folder; any other's beside the folders of all runs.
    own = folder / INBOX_NAME
    return str(own if own.is_file() else folder.parent / f"{profile.trader_id}.alerts.sqlite")


def heard_in(place: str | None, profile: Profile, window: Window) -> Heard:
    """
    Return what the strategies of a run heard within a window.

    A hedge trades nothing itself: its legs are given what it would hand on.

    Raises
    ------
    UsageError
        The inbox cannot be read.

    """
    if place is None:
        return Heard([], [])
    try:
        traces = asyncio.run(_traces(place, window))
    except InboxError as e:
        raise UsageError(str(e)) from e
    hedges = {
        config.name: config
        for _, config in strategy_configs(profile)
        if isinstance(config, HedgeStrategyConfig)
    }
    signals: list[Signal] = []
    held_back: defaultdict[str, list[str]] = defaultdict(list)
    given = _delivered(traces, window)
    given.sort(key=lambda pair: (pair[0], pair[1].entry.received_ns))
    for delivered_ns, trace in given:
        outcome = trace.entry.outcome
        for signal in _signals(trace.entry, delivered_ns, hedges):
            if _is_held_back(signal, outcome):
                held_back[f"{outcome.reason}"].append(signal.key)
            else:
                signals.append(signal)
    notes = [
        f"{', '.join(keys)}: not replayed, the run answered {reason!r}"
        for reason, keys in sorted(held_back.items())
    ]
    return Heard(signals, notes)


async def _traces(place: str, window: Window) -> list[Trace]:
    inbox: Archive
    inbox = opened = open_inbox(place)
    try:
        entries = await inbox.entries(limit=ALERTS_MAX)
        # Nothing is handed over after its end, nor before it came.
        started_ns, ended_ns = window.start_ns or 0, window.end_ns
        asked = [
            entry.alert.key
            for entry in entries
            if entry.alert.action is not None
            and entry.expires_ns >= started_ns
            and (ended_ns is None or entry.received_ns <= ended_ns)
        ]
        found = [await inbox.trace(key) for key in asked]
    finally:
        await opened.close()
    return [trace for trace in found if trace is not None]


def _delivered(traces: Iterable[Trace], window: Window) -> list[tuple[int, Trace]]:
    """Return alerts with when they were handed over within a window, the last time if often."""
    found = []
    for trace in traces:
        times = [step.ts_ns for step in trace.steps if step.kind == "delivered"]
        within = [time_ns for time_ns in times if window.holds(time_ns)]
        if within:
            found.append((max(within), trace))
    return found


def _signals(
    entry: Entry, delivered_ns: int, hedges: dict[str, HedgeStrategyConfig]
) -> Sequence[Signal]:
    # It was in time then; a replay that is a bar late must not find it too old.
    signal = dataclasses.replace(signal_of(entry, delivered_ns), ts_expires=None)
    hedge = hedges.get(signal.strategy)
    if hedge is None:
        return [signal]
    if refusal(signal, hedge) is not None:
        return []
    return [
        leg_signal(signal, leg, is_opposite=leg is hedge.opposite)
        for leg in (hedge.same, hedge.opposite)
    ]


def _is_held_back(signal: Signal, outcome: Outcome) -> bool:
    is_traded = order_id_of(signal.key).value in outcome.orders
    return outcome.reason in HELD_BACK and not is_traded
