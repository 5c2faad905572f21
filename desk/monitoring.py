"""The monitor of one run, composed: app, audit, live stream and pulse, and where it is found."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from config.monitor import MonitorSettings
from config.secrets import read_secret
from config.settings import Profile
from desk.exits import UsageError
from desk.journal import Line
from desk.monitor_place import Place, place_of
from desk.running_desk import RunningDesk
from monitor.app import create_app
from monitor.audit import AuditLog
from monitor.auth import Tokens
from monitor.feed import Feed
from monitor.metrics import Metrics
from monitor.page import pages
from monitor.server import ListenError, serving

PULSE_SECS: Final = 1.0

_log = logging.getLogger(__name__)


def read_tokens(settings: MonitorSettings, environ: Mapping[str, str]) -> Tokens:
    """
    Return the tokens that the environment holds.

    Raises
    ------
    SecretMissing
        A variable is absent, or its value too short.
    UsageError
        Both are the same.

    """
    read = read_secret(settings.read_token_env, environ)
    control = read_secret(settings.control_token_env, environ)
    try:
        return Tokens(read, control)
    except ValueError as e:
        raise UsageError(str(e)) from e


def tell_line(feed: Feed, line: Line) -> None:
    """Send a line of the journal to those who listen."""
    feed.tell("line", msgspec.json.encode(line))


@asynccontextmanager
async def monitoring(
    profile: Profile,
    tokens: Tokens | None,
    desk: RunningDesk,
    feed: Feed,
    metrics: Metrics,
) -> AsyncIterator[str]:
    """
    Serve the monitor of a run for as long as the context lasts, and yield its URL.

    Nothing is served without tokens, and the URL is empty.

    Raises
    ------
    UsageError
        The address cannot be listened on, or the audit not written.

    """
    settings = profile.monitor
    if settings is None or tokens is None:
        yield ""
        return
    place = place_of(profile)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        audit = AuditLog(place.with_name(f"{profile.trader_id}.audit.jsonl"))
    except OSError as e:
        raise UsageError(f"Expected to write the audit beside the runs: {e}") from e
    app = create_app(desk, tokens, feed=feed, metrics=metrics, audit=audit.add, pages=pages())
    try:
        async with serving(app, settings.host, settings.port) as url:
            place.write_bytes(msgspec.json.encode(Place(url, os.getpid())))
            pulse = asyncio.create_task(_pulse(desk, feed, metrics), name="monitor-pulse")
            try:
                yield url
            finally:
                pulse.cancel()
                await asyncio.gather(pulse, return_exceptions=True)
                feed.close()  # else the server would wait for those who listen
                place.unlink(missing_ok=True)
    except ListenError as e:
        raise UsageError(str(e)) from e
    finally:
        audit.close()


async def _pulse(desk: RunningDesk, feed: Feed, metrics: Metrics) -> None:
    """Measure the loop and show the picture to those who listen, again and again."""
    while True:
        start = time.monotonic()
        await asyncio.sleep(PULSE_SECS)
        desk.lag_secs = max(0.0, time.monotonic() - start - PULSE_SECS)
        metrics.lag.observe(desk.lag_secs)
        try:
            if feed.has_listeners:
                feed.tell("status", msgspec.json.encode(desk.picture()), is_kept=False)
        except Exception:  # noqa: BLE001  the one boundary of this task: the next picture may be had
            _log.exception("The picture could not be shown")
