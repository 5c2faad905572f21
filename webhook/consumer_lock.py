"""Lets one node at a time take alerts from a file; a killed one leaves nothing behind."""

import asyncio
import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from webhook.inbox import InboxBusy, InboxError

_TRIES = 4
_TRY_SECS = 0.1
"""`is_held` takes the lock for a moment to look: that must not turn a node away."""


class ConsumerLock:
    """Hold a lock of the operating system on a file beside the inbox."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._path = inbox.with_name(f"{inbox.name}.lock")
        self._descriptor: int | None = None

    async def acquire(self) -> None:
        """
        Take the lock and write down who has it.

        Raises
        ------
        InboxBusy
            If another has it; says who.
        InboxError
            If the file cannot be made.
        """
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_TRY_SECS)
            if self._try():
                return
        raise InboxBusy(f"The inbox {self._inbox} is taken: {self._holder()} takes its alerts")

    def is_held(self) -> bool:
        """Whether anybody has the lock."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _try(self) -> bool:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as e:
            raise InboxError(f"Expected to make {self._path}, but {e.strerror}") from e
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, owner_words().encode())
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError as e:
            os.close(descriptor)
            raise InboxError(f"Expected to lock {self._path}, but {e.strerror}") from e
        self._descriptor = descriptor
        return True

    def _holder(self) -> str:
        try:
            return self._path.read_text().strip() or "another process"
        except (OSError, UnicodeDecodeError):
            return "another process"


def owner_words() -> str:
    """Say which process this is, for others to read."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} on {socket.gethostname()} (since {since})"
