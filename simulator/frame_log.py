"""A venue's log of all it heard and said, one JSON object a line; it decodes nothing."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

FLUSH_SECS = 1.0
"""No more than this is lost when the venue is killed."""
BUFFER_BYTES = 1 << 20
"""Some thousand frames: the loop writes to the disk's cache rarely, and never waits for a disk."""

type Direction = Literal["in", "out"]


class Entry(msgspec.Struct, frozen=True):
    """A line of the log.

    Attributes
    ----------
    ns
        Wall time, Unix nanoseconds.
    ms
        The venue's time, Unix milliseconds.
    kind
        `info`, `exchange` or `ws` for what was said, `open` and `close` of a WebSocket, `fault` for
        a rule that befell the request or frame of the next lines.
    connection
        The number of the WebSocket connection, from 1; None for HTTP.
    request
        The number of the HTTP request, from 1, which its response repeats; None for WebSocket.
    direction
        `in` is what a client sent; None of a fault.
    status
        The response's HTTP status.
    body
        The JSON that was said, or text that is none.
    """

    ns: int
    ms: int
    kind: str
    connection: int | None
    request: int | None
    direction: Direction | None
    status: int | None
    body: object


class FrameLog:
    """A file of entries, appended to what it holds.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    now_ms : Callable[[], int]
        The venue's time.

    Raises
    ------
    OSError
        The file cannot be written.
    """

    def __init__(self, path: Path, now_ms: Callable[[], int]) -> None:
        self._file = path.open("ab", buffering=BUFFER_BYTES)
        self._now_ms = now_ms
        self._encoder = msgspec.json.Encoder()
        self._line = bytearray()
        self._flushed = time.monotonic()

    def note(
        self,
        kind: str,
        direction: Direction | None,
        body: object,
        *,
        connection: int | None = None,
        request: int | None = None,
        status: int | None = None,
    ) -> None:
        """Write an entry of this moment; `body` may be `msgspec.Raw` of JSON in one line."""
        now_ns, now_ms = time.time_ns(), self._now_ms()
        entry = Entry(now_ns, now_ms, kind, connection, request, direction, status, body)
        self._encoder.encode_into(entry, self._line)
        self._line += b"\n"
        self._file.write(self._line)
        if time.monotonic() - self._flushed >= FLUSH_SECS:
            self._file.flush()
            self._flushed = time.monotonic()

    def close(self) -> None:
        """Write out what is left; nothing can be noted afterwards."""
        self._file.close()
