"""
A child process between a desk and its venue: it passes frames on and notes when orders come by.

Its address is its first line on standard output. A line is the client id of an order, and is
answered with the times at which a frame with it has come from the desk, in nanoseconds of the
monotonic clock that all processes share: as soon as there is one, or after `WAIT_SECS` with none.
An empty id is answered with the number of frames that have come from the venue so far.
"""

import asyncio
import os
import re
import sys
import time
from collections import defaultdict
from urllib.parse import urlsplit

import msgspec
import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_connect,
    ws_create_server,
)

from tests.bench.children import questions, say

WAIT_SECS = 10.0
_ORDERS = b'"orders":['
_CLIENT_ID = re.compile(rb'"(?:c|clientOrderId)":"([^"]+)"')


class Arrivals:
    """When the orders of each client id came by, and how many frames came the other way."""

    def __init__(self) -> None:
        self.frames = 0
        self._times: defaultdict[str, list[int]] = defaultdict(list)
        self._waiting: dict[str, asyncio.Event] = {}

    def note(self, payload: bytes, now: int) -> None:
        """Look for orders in what a desk has sent."""
        if _ORDERS not in payload:
            return
        for found in _CLIENT_ID.findall(payload):
            client_id = found.decode()
            self._times[client_id].append(now)
            if client_id in self._waiting:
                self._waiting[client_id].set()

    async def wait(self, client_id: str) -> list[int]:
        """Return when it came; wait for it if it has not."""
        if client_id not in self._times:
            event = self._waiting[client_id] = asyncio.Event()
            try:
                await asyncio.wait_for(event.wait(), WAIT_SECS)
            except TimeoutError:
                return []
            finally:
                del self._waiting[client_id]
        return self._times[client_id]


class Upstream(WSListener):  # type: ignore[misc]
    """The side of the venue."""

    def __init__(self, desk: WSTransport, arrivals: Arrivals) -> None:
        self._desk = desk
        self._arrivals = arrivals

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        """Pass it on."""
        if frame.msg_type == WSMsgType.TEXT:
            self._arrivals.frames += 1
            self._desk.send(WSMsgType.TEXT, frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        """Hang up on the desk, too."""
        self._desk.disconnect()


class Downstream(WSListener):  # type: ignore[misc]
    """The side of the desk."""

    def __init__(self, url: str, arrivals: Arrivals) -> None:
        self._url = url
        self._arrivals = arrivals
        self._venue: WSTransport | None = None
        self._early: list[bytes] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Dial the venue."""
        self._dialing = asyncio.create_task(self._dial(transport), name="dial")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        """Stamp first, then pass it on."""
        now = time.monotonic_ns()
        if frame.msg_type != WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        if self._venue is None:
            self._early.append(payload)
        else:
            self._venue.send(WSMsgType.TEXT, payload)
        self._arrivals.note(payload, now)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        """Hang up on the venue, too."""
        self._dialing.cancel()
        if self._venue is not None:
            self._venue.disconnect()

    async def _dial(self, desk: WSTransport) -> None:
        self._venue, _ = await ws_connect(lambda: Upstream(desk, self._arrivals), self._url)
        for payload in self._early:
            self._venue.send(WSMsgType.TEXT, payload)
        self._early.clear()


async def main(venue_url: str) -> None:
    """Pass frames on until standard input ends."""
    arrivals = Arrivals()
    venue = urlsplit(venue_url)

    def on_upgrade(request: WSUpgradeRequest) -> Downstream:
        return Downstream(f"ws://{venue.netloc}{request.path.decode()}", arrivals)

    server = await ws_create_server(on_upgrade, "127.0.0.1", 0)
    say(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}{venue.path}")
    async for line in questions():
        client_id = msgspec.json.decode(line, type=str)
        say(await arrivals.wait(client_id) if client_id else arrivals.frames)
    os._exit(0)  # the desk may still be connected, and its end is nobody's concern


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
