"""Who is connected to a loopback venue by WebSocket: how clients come and go; it reads no frame."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from starlette.responses import Response
from starlette.websockets import WebSocket

from simulator.border import Border
from simulator.socket_client import Socket


class Reception[C: Socket]:
    """Every connection of a venue.

    While `refusing`, new ones are answered with HTTP 503.

    Parameters
    ----------
    border : Border
        Where they pass.
    connections_max : int, optional
        How many there may be; None is no limit.
    """

    def __init__(self, border: Border, connections_max: int | None) -> None:
        self.refusing = False
        self.connections: dict[C, asyncio.Task[None]] = {}
        self._border = border
        self._connections_max = connections_max
        self._accepted = 0

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """Return the tasks that write to the open connections."""
        return list(self.connections.values())

    def close(self) -> int:
        """Close every connection as the venue does without a reason; return how many."""
        for connection in self.connections:
            connection.close()
        return len(self.connections)

    async def admits(
        self, websocket: WebSocket, door: str = "", objection: HTTPStatus | None = None
    ) -> bool:
        """Tell whether a client may come in; one that may not has been answered.

        Parameters
        ----------
        websocket : WebSocket
            The client.
        door : str
            What rules of faults call the place that it came to, where a venue has several.
        objection : HTTPStatus, optional
            The status of what the venue itself has against it.
        """
        if self.refusing:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        elif objection is not None:
            status = objection
        elif not await self._border.admit(websocket, door):
            return False
        elif self._is_full():
            status = HTTPStatus.TOO_MANY_REQUESTS
        else:
            return True
        await websocket.send_denial_response(Response(status_code=status))
        return False

    @asynccontextmanager
    async def connected(
        self, websocket: WebSocket, client: Callable[[int], C], silence_secs: float
    ) -> AsyncIterator[C]:
        """Accept a client and send it what is queued, until the block is left.

        Parameters
        ----------
        websocket : WebSocket
            The client.
        client : Callable[[int], C]
            Makes the connection of its number, which counts from 1.
        silence_secs : float
            It is closed when nothing was sent to it for so long.
        """
        await websocket.accept()
        self._accepted += 1
        connection = client(self._accepted)
        self._border.note_open(connection.number)
        writer = asyncio.create_task(
            connection.write(silence_secs), name=f"venue-ws-{connection.number}"
        )
        self.connections[connection] = writer
        try:
            yield connection
        finally:
            self.connections.pop(connection)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    def _is_full(self) -> bool:
        return self._connections_max is not None and len(self.connections) >= self._connections_max
