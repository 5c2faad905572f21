"""The live stream: what happens goes to everyone who listens, as server-sent events.

A listener that is too slow is let go; it comes back with the number of its last event, and hears
what it has missed as far as that is still known.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from monitor.errors import MonitorError

LISTENERS_MAX: Final = 32
"""A person has some windows open; a loop that connects anew must not eat the process."""

WAITING_MAX: Final = 1_000
"""Events that may wait for one listener: minutes of a busy market."""

HISTORY_MAX: Final = 1_000
"""Events that are kept for those who come back."""

HEARTBEAT_SECS: Final = 15.0
"""A proxy closes what is silent for longer, often after 60 s."""

_HEARTBEAT: Final = b": still here\n\n"


class Feed:
    """Hand events to listeners; all of it belongs to one event loop."""

    def __init__(self) -> None:
        self._number = 0
        self._history: deque[tuple[int, bytes]] = deque(maxlen=HISTORY_MAX)
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._is_closed = False

    @property
    def has_listeners(self) -> bool:
        """Tell whether anybody would hear an event."""
        return bool(self._listeners)

    def tell(self, kind: str, data: bytes, *, is_kept: bool = True) -> None:
        """
        Send an event to all.

        Parameters
        ----------
        kind : str
            The event's name, a word.
        data : bytes
            JSON in one line.
        is_kept : bool
            Whether those who come back want it; a picture is told anew anyway.

        """
        number = ""
        if is_kept:
            self._number += 1
            number = f"id: {self._number}\n"
        frame = f"{number}event: {kind}\n".encode() + b"data: " + data + b"\n\n"
        if is_kept:
            self._history.append((self._number, frame))
        for listener in tuple(self._listeners):
            if listener.qsize() >= WAITING_MAX:
                self._let_go(listener)
            else:
                listener.put_nowait(frame)

    def listen(
        self, *, after: int | None = None, heartbeat_secs: float = HEARTBEAT_SECS
    ) -> AsyncIterator[bytes]:
        """
        Return the frames from now on, and before them what has happened since event `after`.

        Raises
        ------
        MonitorError
            503 if too many listen already, or the desk is about to end.

        """
        if self._is_closed or len(self._listeners) >= LISTENERS_MAX:
            words = f"Expected at most {LISTENERS_MAX} listeners at a desk that runs"
            raise MonitorError(503, "no_room", words)
        return self._frames(after, heartbeat_secs)

    def close(self) -> None:
        """Let all listeners go, and take no more."""
        self._is_closed = True
        for listener in tuple(self._listeners):
            self._let_go(listener)

    async def _frames(self, after: int | None, heartbeat_secs: float) -> AsyncIterator[bytes]:
        # Here and not in `listen`: what is never iterated must not be counted for ever.
        listener: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listeners.add(listener)
        for number, frame in self._history:
            if after is not None and number > after:
                listener.put_nowait(frame)
        try:
            yield _HEARTBEAT  # the headers leave with the first bytes
            while True:
                event: bytes | None = _HEARTBEAT
                with suppress(TimeoutError):
                    async with asyncio.timeout(heartbeat_secs):
                        event = await listener.get()
                if event is None:
                    return
                yield event
        finally:
            self._listeners.discard(listener)

    def _let_go(self, listener: asyncio.Queue[bytes | None]) -> None:
        self._listeners.discard(listener)
        listener.put_nowait(None)
