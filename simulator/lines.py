"""The sockets below a venue's connections, as far as faults treat them badly."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Protocol

from starlette.datastructures import Address

from simulator.fault_rules import Abort, Close, Ending, HalfOpen

type FindTransport = Callable[[Address | None], asyncio.Transport | None]
"""Finds the transport of a client's address; None when it has gone."""


class Lines:
    """Cuts connections, or leaves them half open until `release`."""

    def __init__(self, find: FindTransport) -> None:
        self._find = find
        self._half_open: dict[asyncio.Transport, asyncio.Event] = {}

    def close(self, client: Address | None) -> None:
        """End a connection in order, whatever was promised on it."""
        if (transport := self._find(client)) is not None:
            transport.close()

    def reset(self, client: Address | None) -> None:
        """Cut a connection with RST; what waits to be sent is lost."""
        if (transport := self._find(client)) is not None:
            # A linger of no time makes the kernel send RST instead of FIN.
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            transport.abort()

    def halt(self, client: Address | None) -> asyncio.Event:
        """Read nothing more from a connection; return what is set when it is cut at last."""
        transport = self._find(client)
        if transport is None or transport.is_closing():
            cut = asyncio.Event()
            cut.set()
            return cut
        transport.pause_reading()
        return self._half_open.setdefault(transport, asyncio.Event())

    def release(self) -> None:
        """Cut every connection that is half open."""
        for transport, cut in self._half_open.items():
            transport.abort()
            cut.set()
        self._half_open.clear()


class Line(Protocol):
    """What a request or frame goes by, as far as faults treat it badly."""

    def drop(self) -> None:
        """Give no answer; what that means is the protocol's."""

    def close(self, code: int, reason: str) -> None:
        """Say good-bye behind what was said already."""

    def abort(self) -> None:
        """Reset the connection."""

    def half_open(self) -> None:
        """Send and read nothing on it any more."""


class HttpLine:
    """The connection of an HTTP request."""

    def __init__(self, lines: Lines, client: Address | None) -> None:
        self._lines = lines
        self._client = client

    def drop(self) -> None:
        """End the connection without a response."""
        self._lines.close(self._client)

    def close(self, _code: int, _reason: str) -> None:
        """End the connection: HTTP has no good-bye."""
        self.drop()

    def abort(self) -> None:
        """Reset the connection."""
        self._lines.reset(self._client)

    def half_open(self) -> None:
        """Leave the connection as it is, for good."""
        self._lines.halt(self._client)


def end(line: Line, ending: Ending) -> None:
    """Treat a line as a fault wants that leaves nothing to be sent; a status is sent."""
    match ending:
        case Close():
            line.close(ending.code, ending.reason)
        case Abort():
            line.abort()
        case HalfOpen():
            line.half_open()
        case _:
            line.drop()
