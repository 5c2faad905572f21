"""Records the raw market frames of a Hyperliquid WebSocket for later replay; it decodes nothing.

A file is complete in itself: it begins with the venue's lists, asked for by WebSocket post.
"""

import asyncio
import gzip
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

MAINNET_URL = "wss://api.hyperliquid.xyz/ws"
SILENCE_SECS = 30.0
"""A silent line is pinged after this: the venue closes it after 60 s (fact sheet 6.1)."""
BACKOFF_SECS_MIN = 0.5
BACKOFF_SECS_MAX = 30.0
FLUSH_SECS = 1.0
"""No more than this is lost when the machine stops."""
FRAME_BYTES_MAX = 16 * 1024 * 1024
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


class RecordReport(msgspec.Struct):
    """How far a recording is; it grows while it runs."""

    frames: int = 0
    size: int = 0
    files: list[Path] = msgspec.field(default_factory=list)
    reconnects: int = 0


type Progress = Callable[[RecordReport], None]


async def record(options: RecordOptions, on_progress: Progress | None = None) -> RecordReport:
    """Record until `duration_secs` have passed; reconnect with growing pauses meanwhile.

    Files are added to `out`, none is ever overwritten. `on_progress` is called about every second.

    Raises
    ------
    OSError
        `out` cannot be written.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    recorder = _Recorder(options, on_progress or (lambda _report: None))
    try:
        async with asyncio.timeout(options.duration_secs):
            await recorder.run()
    except TimeoutError:
        pass
    finally:
        recorder.close()
    return recorder.report


class _LineSilentError(Exception):
    """Nothing came for a while, not even the answer to a ping."""


class _Recorder:
    """The files and the line of one recording."""

    def __init__(self, options: RecordOptions, on_progress: Progress) -> None:
        self.report = RecordReport()
        self._options = options
        self._on_progress = on_progress
        self._file: gzip.GzipFile | None = None
        self._file_ends = 0.0
        self._flushed = 0.0

    async def run(self) -> None:
        """Connect again and again; a line that brought frames resets the pause."""
        pause = BACKOFF_SECS_MIN
        while True:
            before = self.report.frames
            try:
                line = await connect(
                    self._options.url, max_size=FRAME_BYTES_MAX, ping_interval=None
                )
            except (OSError, WebSocketException):
                pass  # no line now; the next one is tried after the pause
            else:
                async with line:
                    with suppress(ConnectionClosed, _LineSilentError):
                        await self._listen(line)
            heard = self.report.frames > before
            pause = BACKOFF_SECS_MIN if heard else min(pause * 2, BACKOFF_SECS_MAX)
            self.report.reconnects += 1
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  (jitter)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    async def _listen(self, line: ClientConnection) -> None:
        await self._subscribe(line)
        while True:
            frame = await _next_frame(line)
            if time.monotonic() >= self._file_ends:
                self._open()
                for number, kind in enumerate(LISTS):
                    asked = {"type": "info", "payload": {"type": kind}}
                    await _send(line, {"method": "post", "id": number, "request": asked})
            self._write(frame)

    async def _subscribe(self, line: ClientConnection) -> None:
        for coin in self._options.coins:
            for feed in FEEDS:
                wanted = {"type": feed, "coin": coin}
                if feed == "candle":
                    wanted["interval"] = "1m"
                await _send(line, {"method": "subscribe", "subscription": wanted})

    def _open(self) -> None:
        """Begin the next file; its name is the time, so names sort by it."""
        self.close()
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ.jsonl.gz")
        path = self._options.out / name
        self._file = gzip.GzipFile(filename=str(path), mode="xb")
        self._file_ends = time.monotonic() + self._options.file_secs
        self.report.files.append(path)

    def _write(self, frame: bytes) -> None:
        assert self._file is not None  # noqa: S101  (opened before the first frame)
        line = b"%d %b\n" % (time.time_ns(), frame)
        self._file.write(line)
        self.report.frames += 1
        self.report.size += len(line)
        if time.monotonic() - self._flushed >= FLUSH_SECS:
            self._file.flush()
            self._flushed = time.monotonic()
            self._on_progress(self.report)


async def _next_frame(line: ClientConnection) -> bytes:
    """Wait for a frame; a ping after a silence must bring one."""
    for _ in range(2):
        try:
            async with asyncio.timeout(SILENCE_SECS):
                return await line.recv(decode=False)
        except TimeoutError:
            await _send(line, {"method": "ping"})
    raise _LineSilentError


async def _send(line: ClientConnection, request: dict[str, object]) -> None:
    await line.send(msgspec.json.encode(request), text=True)
