"""The command that records Hyperliquid, and what recorders show while they run."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rich.console import Console

from desk.exits import Exit, UsageError, VenueError
from desk.interrupts import until_interrupted
from desk.options import Seconds
from desk.output import AsJson, print_json
from simulator.frame_files import Progress, RecordReport
from simulator.record import MAINNET_URL, RecordOptions, record


def record_hyperliquid(
    *,
    coins: str,
    out: Path,
    seconds: Seconds = None,
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
    code, report = run_recording(lambda show: record(options, show), as_json=as_json)
    if as_json:
        print_json(report)
    if not report.frames:
        raise VenueError(f"Expected frames from {url}, received none")
    return code


def run_recording(
    start: Callable[[Progress], Coroutine[Any, Any, object]], *, as_json: bool
) -> tuple[Exit, RecordReport]:
    """Record until its end or a signal, showing how far it is; return how far it came.

    Raises
    ------
    UsageError
        The folder or a file in it cannot be written.
    """
    console = Console(stderr=as_json)
    report = RecordReport()

    def show(progress: RecordReport) -> None:
        nonlocal report
        report = progress
        console.print(_progress(progress), end="\r")

    try:
        code = asyncio.run(until_interrupted(start(show)))
    except OSError as e:
        raise UsageError(f"--out: {e}") from e
    console.print(_progress(report))
    return code, report


def _progress(report: RecordReport) -> str:
    return (
        f"{report.frames:,} frames, {report.size / 1e6:.1f} MB,"
        f" {len(report.files)} files, {report.reconnects} reconnects"
    )
