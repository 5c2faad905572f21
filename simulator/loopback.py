"""What a loopback venue stands on: its border, socket and server, and the loop of its time.

It knows no wire: what is served, and what happens as time goes on, is the venue's.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from starlette.applications import Starlette
from starlette.datastructures import Address
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.border import Border, Wording
from simulator.clock import Clock
from simulator.control import control
from simulator.fault_rules import Reach
from simulator.lines import Lines
from simulator.loopback_options import LoopbackOptions, open_faults
from simulator.replies import respond
from simulator.server import HOST, Server

TICK_SECS = 0.02
"""How often a venue looks at its clock; the quickest books of any come every 0.05 s."""


class Loopback:
    """A venue's place on 127.0.0.1; `running()` makes it listen.

    Parameters
    ----------
    options : LoopbackOptions
        The set-up.
    reach : Reach
        What faults can befall at the venue.
    clock : Clock
        The venue's time.
    wording : Wording
        What is the venue's own at the border.

    Raises
    ------
    OSError
        The fault file cannot be read.
    FaultError
        The fault file is none.
    """

    def __init__(
        self, options: LoopbackOptions, reach: Reach, clock: Clock, wording: Wording
    ) -> None:
        self.port = options.port
        faults = open_faults(options, reach)
        self.border = Border(faults, Lines(self._transport), clock.now_ms, wording)
        self._options = options
        self._reach = reach
        self._clock = clock
        self._server: Server | None = None
        self._pumping: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self, app: Starlette, advance: Callable[[], None]) -> AsyncIterator[None]:
        """Listen, and let the venue's time run; nothing is left listening afterwards.

        Parameters
        ----------
        app : Starlette
            What is served.
        advance : Callable[[], None]
            Does what happened up to now; called again and again.

        Raises
        ------
        OSError
            The port is taken, or the log cannot be written.
        """
        with (
            self.border.logging(self._options.log),
            socket.create_server((HOST, self._options.port)) as listener,
        ):
            self.port = listener.getsockname()[1]
            self._server = Server(app)
            serving = asyncio.create_task(self._server.serve([listener]), name="venue-server")
            await self._server.ready.wait()
            self._clock.start()
            self._pumping = asyncio.create_task(_pump(advance), name="venue-pump")
            try:
                yield
            finally:
                self._pumping.cancel()
                await self.border.close()
                self._server.stopping.set()
                await serving
                with suppress(asyncio.CancelledError):
                    await self._pumping

    async def wait(self) -> None:
        """Wait until cancelled, or until `advance` fails; raise what it failed of."""
        if self._pumping is not None:
            await self._pumping

    async def drop_connections(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Cut every WebSocket connection without a close frame, and await its `tasks`."""
        self.border.lines.release()
        if self._server is not None:
            self._server.abort_websockets()
        if tasks:
            await asyncio.wait(tasks)

    def control_routes(self, close: Callable[[], int]) -> list[BaseRoute]:
        """Return the route of POST /control, or none when the options want none.

        `close` closes every WebSocket and returns how many (control.py).
        """
        if not self._options.has_control:
            return []

        async def serve(request: Request) -> Response:
            return respond(control(await request.body(), self.border.faults, self._reach, close))

        return [Route("/control", serve, methods=["POST"])]

    def _transport(self, client: Address | None) -> asyncio.Transport | None:
        return None if self._server is None else self._server.transport(client)


class Venue(Protocol):
    """What can be served."""

    @property
    def http_url(self) -> str:
        """Return the base of its HTTP paths."""

    @property
    def ws_url(self) -> str:
        """Return the base of its WebSocket paths, or the one that there is."""

    def running(self) -> AbstractAsyncContextManager[object]:
        """Listen, and let the venue's time run."""

    async def wait(self) -> None:
        """Wait until cancelled, or until the market fails; raise what it failed of."""


async def serve[V: Venue](venue: V, on_ready: Callable[[V], None]) -> None:
    """Run a venue until cancelled, and close everything it opened.

    `on_ready` is called once it listens.

    Raises
    ------
    OSError
        The port is taken, or the log cannot be written.
    RecordingError
        A recording ends in something that is none.
    """
    async with venue.running():
        on_ready(venue)
        await venue.wait()


async def _pump(advance: Callable[[], None]) -> None:
    while True:
        advance()
        await asyncio.sleep(TICK_SECS)
