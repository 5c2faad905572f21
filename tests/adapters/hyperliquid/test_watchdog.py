"""The watchdog as a real process: it acts when its parent is killed or hangs, and only then."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import pytest_asyncio

from adapters.hyperliquid.watchdog import Watchdog, WatchdogNotStarted, WatchdogOptions
from adapters.hyperliquid.watchdog import parent as parent_module
from adapters.hyperliquid.watchdog.options import EXIT_CLEARED, EXIT_FAREWELL, EXIT_USAGE
from tests.adapters.hyperliquid import watchdog_parent
from tests.adapters.hyperliquid.watchdog_parent import KEY_VARIABLE
from tests.adapters.hyperliquid.watchdog_venue import ADDRESS, KEY, WatchdogVenue
from tests.waiting import eventually

PROCESS_SECS = 40.0  # two interpreters that load Nautilus, on a busy machine
OPTIONS = WatchdogOptions(
    url="http://127.0.0.1:9",
    account=ADDRESS,
    key_variable=KEY_VARIABLE,
    is_mainnet=False,
    silence_secs=60.0,
)


class Parent(NamedTuple):
    """Another process that trades, its watchdog's process id, and the log of that."""

    process: asyncio.subprocess.Process
    watchdog_pid: int
    log_path: Path

    async def confirmed(self, times: int = 1) -> str:
        """Return the watchdogs' log once the venue has confirmed so often; then they end."""
        await eventually(lambda: self.log_path.read_text().count("confirms") == times, PROCESS_SECS)
        return self.log_path.read_text()


@pytest_asyncio.fixture
async def venue() -> AsyncIterator[WatchdogVenue]:
    async with WatchdogVenue().running() as venue:
        yield venue


@asynccontextmanager
async def parent_of(venue: WatchdogVenue, silence_secs: float, log: Path) -> AsyncIterator[Parent]:
    """Run a process whose watchdog watches; it is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, watchdog_parent.__file__, venue.url, str(silence_secs), str(log),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, KEY_VARIABLE: KEY},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield Parent(process, int(await process.stdout.readline()), log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def command_line_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def watchdog_of(options: WatchdogOptions, log: Path, key: str = KEY) -> Watchdog:
    return Watchdog(options, {**os.environ, KEY_VARIABLE: key}, tell=print, log_path=log)


async def test_a_killed_parents_orders_are_cancelled_through_a_broken_venue(
    venue: WatchdogVenue, tmp_path: Path
) -> None:
    stop = venue.rest("BTC", reduce_only=True)
    orders = [venue.rest(coin) for coin in ("BTC", "@107", "xyz:TSLA")]
    venue.failures.append((502, "<html>Bad Gateway</html>"))
    venue.action_failures.append((502, "<html>Bad Gateway</html>"))

    async with parent_of(venue, 600, tmp_path / "log") as parent:
        command = command_line_of(parent.watchdog_pid)
        parent.process.send_signal(signal.SIGKILL)
        log = await parent.confirmed()

    assert venue.oids == [stop]
    assert set(venue.signers) == {ADDRESS}
    assert "The parent died" in log
    assert all(f"Canceling {oid}:" in log for oid in orders)
    assert str(stop) not in log
    assert KEY_VARIABLE in command
    assert KEY not in command + log


async def test_a_stopped_parents_orders_are_cancelled_and_it_gets_a_new_watchdog_when_it_goes_on(
    venue: WatchdogVenue, tmp_path: Path
) -> None:
    async with parent_of(venue, 4, tmp_path / "log") as parent:
        assert parent.process.stdout is not None
        venue.rest("ETH")
        parent.process.send_signal(signal.SIGSTOP)
        log = await parent.confirmed()
        assert "The parent fell silent" in log
        assert venue.oids == []

        parent.process.send_signal(signal.SIGCONT)
        told = [(await parent.process.stdout.readline()).decode() for _ in range(2)]
        assert f"ended with code {EXIT_CLEARED}; starting it again" in told[0]
        assert "watches again" in told[1]

        venue.rest("BTC")
        parent.process.send_signal(signal.SIGKILL)
        await parent.confirmed(times=2)
        assert venue.oids == []


async def test_a_farewell_leaves_everything_untouched(venue: WatchdogVenue, tmp_path: Path) -> None:
    order = venue.rest("BTC")
    watchdog = watchdog_of(msgspec.structs.replace(OPTIONS, url=venue.url), tmp_path / "log")
    await watchdog.start()
    assert watchdog.is_alive
    assert watchdog.exit_code is None
    assert watchdog.pid is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(watchdog.pid, number)  # as a service manager or a terminal would
    watchdog.beat()

    assert await watchdog.farewell() == EXIT_FAREWELL
    assert not watchdog.is_alive
    assert await watchdog.farewell() == EXIT_FAREWELL
    assert venue.requests == []
    assert venue.oids == [order]
    assert (tmp_path / "log").read_text() == ""


async def test_a_watchdog_that_died_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent_module, "BEAT_SECS", 0.02)
    watchdog = watchdog_of(OPTIONS, tmp_path / "log")
    await watchdog.start()
    first = watchdog.pid
    assert first is not None
    keeping = asyncio.create_task(watchdog.keep())
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: watchdog.pid != first, PROCESS_SECS)
    keeping.cancel()  # while the second one is not ready yet: it must not outlive that
    await asyncio.wait([keeping])

    await eventually(lambda: not watchdog.is_alive, PROCESS_SECS)
    watchdog.beat()
    await watchdog.farewell()


async def test_a_wrong_key_stops_the_start_and_is_not_repeated(tmp_path: Path) -> None:
    watchdog = watchdog_of(OPTIONS, tmp_path / "log", KEY + "00")

    with pytest.raises(WatchdogNotStarted, match=rf"was one that ended \({EXIT_USAGE}\)"):
        await watchdog.start()

    log = (tmp_path / "log").read_text()
    assert f"from the variable {KEY_VARIABLE}" in log
    assert KEY not in log
    assert "Traceback" not in log
    await watchdog.farewell()
