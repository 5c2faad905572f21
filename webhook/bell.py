"""Wakes the node, in this process or another, when an alert was stored; no alert travels by it."""

import asyncio
import hashlib
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

POLL_SECS = 1.0
"""How long an alert waits at most where no bell can be heard."""

_PATH_BYTES_MAX = 103
"""Of the 107 that Linux takes and the 103 of a Mac."""


def bell_path(inbox: Path) -> Path:
    """Return where the bell of a file hangs: beside it, or where paths are short enough."""
    beside = inbox.absolute().with_name(f"{inbox.name}.bell")
    if len(os.fsencode(beside)) <= _PATH_BYTES_MAX:
        return beside
    name = hashlib.blake2b(os.fsencode(inbox.resolve()), digest_size=12).hexdigest()
    return Path(tempfile.gettempdir()) / f"perpdesk-{name}.bell"


class Bell:
    """
    Hear that something was stored.

    Only the one consumer of a file hangs its bell. Where that fails nothing is lost: `wait` comes
    back after `POLL_SECS` anyway.
    """

    def __init__(self, inbox: Path) -> None:
        self._path = bell_path(inbox)
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._socket = _bound(self._path)
        if self._socket is not None:
            self._loop.add_reader(self._socket, self._hear, self._socket)

    def clear(self) -> None:
        """Forget what was heard."""
        self._rung.clear()

    async def wait(self) -> None:
        """Return when it rings, or after `POLL_SECS`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECS):
                await self._rung.wait()

    def ring_from_thread(self) -> None:
        """Ring in this process."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    def close(self) -> None:
        """Take the bell down."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            with suppress(OSError):
                self._path.unlink()

    def _hear(self, source: socket.socket) -> None:
        with suppress(BlockingIOError):
            while source.recv(1):
                pass
        self._rung.set()


class Ringer:
    """Ring the bell that another process has hung, or none: nobody needs to hear it."""

    def __init__(self, inbox: Path) -> None:
        self._path = str(bell_path(inbox))
        self._socket: socket.socket | None = None

    def ring(self) -> None:
        """Ring once; a consumer that is not there, or deaf, is no error."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)  # noqa: FBT003  the system's own signature
        with suppress(OSError):
            self._socket.sendto(b"!", self._path)

    def close(self) -> None:
        """Let go of the socket until the next ring."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _bound(path: Path) -> socket.socket | None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.setblocking(False)  # noqa: FBT003  the system's own signature
    try:
        # What hangs there was left by a process that was killed: this one holds the lock.
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError:
        listener.close()
        return None
    return listener
