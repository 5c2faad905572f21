"""Runs the app under uvicorn in the caller's event loop; signals and logging stay the caller's."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

CONNECTIONS_MAX: Final = 256
IDLE_SECS_MAX: Final = 30
SHUTDOWN_SECS_MAX: Final = 1


class ListenError(Exception):
    """The address cannot be listened on; says which and why."""


class _Server(uvicorn.Server):
    """A server whose process belongs to someone else: Ctrl-C is not its to handle."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int) -> AsyncIterator[str]:
    """
    Serve an app for as long as the context lasts.

    Parameters
    ----------
    app : ASGIApp
        The app.
    host : str
        The address to listen on.
    port : int
        The port; 0 takes a free one.

    Yields
    ------
    str
        The base URL with the port in use, without a slash at its end.

    Raises
    ------
    ListenError
        If the address is in use or not ours.

    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=IDLE_SECS_MAX,
        timeout_graceful_shutdown=SHUTDOWN_SECS_MAX,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="monitor-server")
    try:
        # Connections queue at the socket, which listens already, until the server takes them.
        bound = listener.getsockname()[1]
        yield f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as e:
        raise ListenError(f"Expected to listen on {host}:{port}, but {e.strerror}") from e
