"""The commands around loopback venues: serve one, record a real one; no trading here."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from desk.exits import Exit, UsageError, VenueError
from desk.output import AsJson, print_json
from simulator.hyperliquid import HyperliquidVenue, VenueOptions, serve
from simulator.record import MAINNET_URL, RecordOptions, RecordReport, record


def serve_hyperliquid(
    *,
    port: int = 9001,
    seed: int = 1,
    speed: float = 1.0,
    replay: Path | None = None,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    leash: Annotated[bool, Parameter(negative="", show=False)] = False,
    as_json: AsJson = False,
) -> Exit:
    """
    Serve a Hyperliquid-speaking venue on 127.0.0.1 until Ctrl-C.

    Parameters
    ----------
    port
        TCP port; 0 takes any free one.
    seed
        The market to generate; the same seed is the same market.
    speed
        How many seconds of market pass in one of wall time.
    replay
        A recording (file or folder) to serve instead of a generated market.
    start
        Where the market's time begins: ISO 8601 or unix milliseconds.
    leash
        End when standard input closes, so that no child outlives its parent.

    """
    start_ms = _unix_ms(start)

    def announce(venue: HyperliquidVenue) -> None:
        if as_json:
            print_json({"http": venue.http_url, "ws": venue.ws_url})
        else:
            Console().print(f"Serving {venue.http_url} and {venue.ws_url}; Ctrl-C stops")

    try:
        options = VenueOptions(port=port, seed=seed, speed=speed, replay=replay, start_ms=start_ms)
        return asyncio.run(_until_interrupted(serve(options, announce), leash=leash))
    except (OSError, ValueError) as e:
        raise UsageError(str(e)) from e


def record_hyperliquid(
    *,
    coins: str,
    out: Path,
    seconds: float | None = None,
    url: str = MAINNET_URL,
    as_json: AsJson = False,
) -> Exit:
    """
    Record raw frames of Hyperliquid's public channels with their receive times.

    Parameters
    ----------
    coins
        Coins as the venue names them, with commas: BTC,ETH.
    out
        The folder to write to; files are added, none is overwritten.
    seconds
        Stop after this many seconds; without it, at Ctrl-C.
    url
        The venue's WebSocket; mainnet when left out.

    """
    try:
        options = RecordOptions(
            coins=tuple(coin.strip() for coin in coins.split(",") if coin.strip()),
            out=out,
            url=url,
            duration_secs=seconds,
        )
    except ValueError as e:
        raise UsageError(f"--coins: {e}") from e
    console = Console(stderr=as_json)
    report = RecordReport()

    def show(progress: RecordReport) -> None:
        nonlocal report
        report = progress
        console.print(_progress(progress), end="\r")

    try:
        code = asyncio.run(_until_interrupted(record(options, show)))
    except OSError as e:
        raise UsageError(f"--out: {e}") from e
    if as_json:
        print_json(report)
    else:
        console.print(_progress(report))
    if not report.frames:
        raise VenueError(f"Expected frames from {url}, received none")
    return code


def _progress(report: RecordReport) -> str:
    return (
        f"{report.frames:,} frames, {report.size / 1e6:.1f} MB,"
        f" {len(report.files)} files, {report.reconnects} reconnects"
    )


async def _until_interrupted(work: Coroutine[Any, Any, object], *, leash: bool = False) -> Exit:
    """Run `work` to its end, or cancel it at a signal or, on a leash, at the end of stdin."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work, name="work")
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    if leash:
        loop.add_reader(sys.stdin.fileno(), interrupted.set)
    waiting = loop.create_task(interrupted.wait(), name="interrupt")
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for one in (task, waiting):
        one.cancel()
    await asyncio.gather(task, waiting, return_exceptions=True)
    if not task.cancelled():
        task.result()
    return Exit.INTERRUPTED if interrupted.is_set() else Exit.DONE


def _unix_ms(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as e:
        raise UsageError(f"--from: expected ISO 8601 or unix milliseconds, found {text!r}") from e
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
