"""What outlives a process per signing key: its lock and its nonces, in files; no order is here."""

import fcntl
import os
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from adapters.common.nonces import NonceSource

# One write covers the nonces of so long. They are not synced to the disk: a file survives the death
# of its process without that, and after a power cut the clock is ahead of every nonce used.
RESERVED_MS = 60_000
# While nonces run ahead of the clock (after a crash, or when it stepped back) each action takes one
# number and not the time that passed. A second's worth keeps a crash loop from running away.
RESERVED_AHEAD_MS = 1_000
# A venue takes no nonce that is too far ahead of its time; a day is the shortest of those known.
NONCE_AHEAD_MAX_MS = 86_400_000

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


class SignerInUse(ValueError):  # noqa: N818 - named like the venue's errors, as a sentence
    """Another process, or another client of this one, signs with the same key."""


def default_state_directory(environment: Mapping[str, str], venue: str) -> Path:
    """Return where the directories of a venue's signers stand unless told otherwise."""
    home = environment.get("XDG_STATE_HOME")
    root = Path(home) if home else Path.home() / ".local" / "state"
    return root / "perpdesk" / venue


class _ReservingNonces(NonceSource):
    """A source that has written down a mark above each nonce before it is handed out."""

    __slots__ = ("_reserve", "_reserved")

    def __init__(self, last: int, reserve: Callable[[int], None]) -> None:
        super().__init__(last)
        self._reserve = reserve
        self._reserved = last

    def next(self, now_ms: int) -> int:
        nonce = super().next(now_ms)
        if nonce > self._reserved:
            mark = nonce + (RESERVED_MS if nonce == now_ms else RESERVED_AHEAD_MS)
            self._reserve(mark)
            self._reserved = mark
        return nonce

    def end(self) -> None:
        """Let the next use ask for a new mark, which nobody gives any more."""
        self._reserved = -1


class KeyState:
    """
    The files of one signing address, held exclusively; no secret is ever in them.

    Files: `lock` (who holds it, for humans) and `nonce` (a number above all used ones). Only the
    owner may read them.

    Use `acquire`, and `close` at the end; if the process dies, the kernel frees the lock.
    """

    def __init__(self, directory: Path, lock: int) -> None:
        nonces = directory / "nonce"
        self.directory = directory
        """That of this address, for what else is to outlive the process."""
        self._lock = lock
        self._nonces = _ReservingNonces(_read_mark(nonces), self._reserve)
        self._nonce_file = os.open(nonces, os.O_WRONLY | os.O_CREAT, 0o600)

    @classmethod
    def acquire(cls, directory: Path, address: str) -> Self:
        """
        Take the state of `address` below `directory`, which is made where it is missing.

        Raises
        ------
        SignerInUse
            If it is held, be it by this very process.
        ValueError
            If the address is not `0x` and 40 lower-case hex digits, or a file is damaged.
        OSError
            If the files cannot be made, read or written.

        """
        if _ADDRESS.fullmatch(address) is None:
            # It is not repeated: this might be a key in the wrong place.
            raise ValueError(
                "Expected an address of 0x and 40 lower-case hex digits,"
                f" was another text of {len(address)} characters"
            )
        own = directory / address
        own.mkdir(parents=True, exist_ok=True)
        own.chmod(0o700)
        lock = os.open(own / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(lock, address)
            return cls(own, lock)
        except BaseException:
            os.close(lock)
            raise

    def close(self) -> None:
        """Write down the last nonce used and free the lock; a second call does nothing."""
        if self._lock < 0:
            return
        self._reserve(self._nonces.last)
        self._nonces.end()
        os.close(self._nonce_file)
        os.close(self._lock)
        self._lock = -1

    def nonces(self) -> NonceSource:
        """Return the one nonce source of this key; after `close` it raises ValueError."""
        return self._nonces

    def _reserve(self, mark: int) -> None:
        if self._lock < 0:
            raise ValueError("Expected an open signer state, was closed")
        # Always the same length, so that a write never leaves digits of an earlier one.
        os.pwrite(self._nonce_file, b"%020d\n" % mark, 0)


def _take(lock: int, address: str) -> None:
    try:
        # Not lockf, which lets a process lock again what it has locked.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        holder = os.pread(lock, 200, 0).decode(errors="replace").strip() or "another process"
        raise SignerInUse(
            f"Expected {address} to sign for one process only, was in use by {holder}:"
            " stop that one, or approve another agent key and give it to one of the two"
        ) from e
    os.ftruncate(lock, 0)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    os.pwrite(lock, f"pid {os.getpid()}, started {started}\n".encode(), 0)


def _read_mark(path: Path) -> int:
    text = path.read_bytes().decode(errors="replace").strip() if path.exists() else ""
    if not text:
        return 0
    if not text.isdecimal():
        raise ValueError(f"Expected a number in {path}, was {text[:40]!r}: remove the file")
    mark = int(text)
    now_ms = time.time_ns() // 1_000_000
    if mark >= now_ms + NONCE_AHEAD_MAX_MS:
        raise ValueError(
            f"Expected the last nonce to be less than a day ahead of the clock ({now_ms}), was"
            f" {mark}: set the clock right or, if it was wrong then, remove {path}"
        )
    return mark
