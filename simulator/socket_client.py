"""A WebSocket client as a venue sees it: the queue of what it is to hear, and its end."""

import asyncio
from contextlib import suppress

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulator.border import Border
from simulator.outlet import Outlet

BACKLOG_MAX = 20_000
"""A client that lets so many frames lie is cut off, so that it cannot eat the venue's memory."""
CLOSE_NORMAL = 1000


class Goodbye(msgspec.Struct, frozen=True):
    """The close frame that ends what is sent to a client."""

    code: int
    reason: str


class Socket:
    """One WebSocket client: what waits to be sent to it; `inactive` is said after silence."""

    def __init__(
        self, websocket: WebSocket, number: int, border: Border, inactive: Goodbye
    ) -> None:
        self.number = number
        self._inactive = inactive
        self.outlet = Outlet(self.put)
        self._websocket = websocket
        self._border = border
        self._frames: asyncio.Queue[str | Goodbye] = asyncio.Queue(BACKLOG_MAX)
        self._closing = False
        self._cut: asyncio.Event | None = None  # half open until then

    @property
    def is_half_open(self) -> bool:
        """Tell whether nothing is sent or heard any more although the socket is open."""
        return self._cut is not None

    def send(self, frame: str) -> None:
        """Send a frame, when and as often as faults let it."""
        self._border.send(self, frame)

    def put(self, frame: str | Goodbye) -> None:
        """Queue a frame; nothing more is queued once the backlog is full."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self._closing = True

    def drop(self) -> None:
        """Give no answer: on a WebSocket that is silence."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close once what is queued has been sent; as after silence unless told how."""
        inactive = self._inactive
        self.put(
            Goodbye(
                inactive.code if code is None else code,
                inactive.reason if reason is None else reason,
            )
        )

    def abort(self) -> None:
        """Reset the connection."""
        self._border.lines.reset(self._websocket.client)

    def half_open(self) -> None:
        """Send and read nothing any more."""
        self._cut = self._border.lines.halt(self._websocket.client)

    async def until_cut(self) -> None:
        """Wait for the end of a half-open connection; of any other return at once."""
        if self._cut is not None and not self._cut.is_set():
            # The server may have begun to read again when it handed out what it had read before.
            self._border.lines.halt(self._websocket.client)
            await self._cut.wait()

    async def write(self, idle_close_secs: float) -> None:
        """Send what is queued; close after `idle_close_secs` in which nothing was sent."""
        goodbye = self._inactive
        with suppress(WebSocketDisconnect, RuntimeError):  # the client went first
            while not self._closing:
                try:
                    frame = await asyncio.wait_for(self._frames.get(), idle_close_secs)
                except TimeoutError:
                    break
                if self.is_half_open:
                    return
                if isinstance(frame, Goodbye):
                    goodbye = frame
                    break
                await self._websocket.send_text(frame)
                self._border.note_said(self.number, frame)
            if not self.is_half_open:
                self._border.note_close(self.number, goodbye.code, goodbye.reason)
                await self._websocket.close(goodbye.code, goodbye.reason)
