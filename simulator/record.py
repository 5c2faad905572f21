"""Records the raw market frames of a Hyperliquid WebSocket for later replay; it decodes nothing.

A file is complete in itself: it begins with the venue's lists, asked for by WebSocket post.
"""

import asyncio
from pathlib import Path

import msgspec
from websockets.asyncio.client import ClientConnection

from simulator.frame_files import FrameFiles, Progress, RecordReport
from simulator.recorded_line import next_frame, stay_connected

MAINNET_URL = "wss://api.hyperliquid.xyz/ws"
SILENCE_SECS = 30.0
"""A silent line is pinged after this: the venue closes it after 60 s (fact sheet 6.1)."""
FEEDS = ("l2Book", "trades", "bbo", "activeAssetCtx", "candle")
LISTS = ("allPerpMetas", "perpDexs", "spotMeta")


class RecordOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to record.

    `file_secs` is how long one file grows. `duration_secs` None records until cancelled.
    """

    coins: tuple[str, ...]
    out: Path
    url: str = MAINNET_URL
    duration_secs: float | None = None
    file_secs: float = 3_600.0

    def __post_init__(self) -> None:
        """Refuse a recording of nothing."""
        if not self.coins:
            raise ValueError("Expected one coin at least, was none")


async def record(options: RecordOptions, on_progress: Progress | None = None) -> RecordReport:
    """Record until `duration_secs` have passed; reconnect with growing pauses meanwhile.

    Files are added to `out`, none is ever overwritten. `on_progress` is called about every second.

    Raises
    ------
    OSError
        `out` cannot be written.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    files = FrameFiles(options.out, options.file_secs, on_progress or (lambda _report: None))
    recorder = _Recorder(options, files)
    try:
        async with asyncio.timeout(options.duration_secs):
            await recorder.run()
    except TimeoutError:
        pass
    finally:
        files.close()
    return files.report


class _Recorder:
    """The line of one recording, and the files that it fills."""

    def __init__(self, options: RecordOptions, files: FrameFiles) -> None:
        self._options = options
        self._files = files
        self._report = files.report

    async def run(self) -> None:
        """Listen, and connect again whenever the line is lost."""
        await stay_connected(
            self._options.url, self._listen, lambda: self._report.frames, self._count_end
        )

    def _count_end(self, _why: Exception) -> None:
        self._report.reconnects += 1

    async def _listen(self, line: ClientConnection) -> None:
        await self._subscribe(line)
        while True:
            frame = await next_frame(line, SILENCE_SECS, lambda: _send(line, {"method": "ping"}))
            if self._files.is_due:
                self._files.open()
                for number, kind in enumerate(LISTS):
                    asked = {"type": "info", "payload": {"type": kind}}
                    await _send(line, {"method": "post", "id": number, "request": asked})
            self._files.write(frame)

    async def _subscribe(self, line: ClientConnection) -> None:
        for coin in self._options.coins:
            for feed in FEEDS:
                wanted = {"type": feed, "coin": coin}
                if feed == "candle":
                    wanted["interval"] = "1m"
                await _send(line, {"method": "subscribe", "subscription": wanted})


async def _send(line: ClientConnection, request: dict[str, object]) -> None:
    await line.send(msgspec.json.encode(request), text=True)
