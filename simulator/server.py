"""The HTTP and WebSocket server under a loopback venue; it knows no venue."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Address
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HOST = "127.0.0.1"
CLOSE_SECS = 1.0
"""A client that does not let go within this is left behind at the end."""


class Server(uvicorn.Server):
    """uvicorn that leaves the process's signals alone, says when it listens and can cut lines."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="websockets-sansio",
                ws_ping_interval=None,  # the venue pings in its own words only
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                date_header=False,
            )
        )
        self.ready = asyncio.Event()
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait to be stopped; uvicorn would look every 0.1 s."""
        await self.stopping.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: they belong to whoever runs the venue."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen and say so."""
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every connection and wait for that; uvicorn would sleep for 0.1 s first."""
        del sockets  # whoever opened them closes them
        for server in self.servers:
            server.close()
        for protocol in list(self.server_state.connections):
            protocol.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECS):
                for server in self.servers:
                    await server.wait_closed()
                await asyncio.gather(*self.server_state.tasks, return_exceptions=True)

    def transport(self, client: Address | None) -> asyncio.Transport | None:
        """Return the transport of a client's address; None when it has gone."""
        for one in self.server_state.connections:
            if not isinstance(one, HttpToolsProtocol | WebSocketsSansIOProtocol):
                continue
            if one.client == client:
                return one.transport
        return None

    def abort_websockets(self) -> None:
        """Cut every WebSocket connection off, as a lost line does."""
        for protocol in list(self.server_state.connections):
            if isinstance(protocol, WebSocketsSansIOProtocol):
                protocol.transport.abort()
