"""The inbox's file: made, opened, migrated, and its errors in words; no alert is read here."""

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from webhook.inbox import SCHEMA_VERSION, InboxError, Limits

BUSY_MS_MAX = 300
"""How long another process may hold the file: a put must fail before its caller gives up."""

_LOOK_SECS = 0.000_5
_WAL_BYTES_KEPT = 16_777_216

MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE alerts (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL,
        strategy TEXT NOT NULL,
        body TEXT NOT NULL,
        received_ns INTEGER NOT NULL,
        expires_ns INTEGER NOT NULL,
        state TEXT NOT NULL,
        outcome TEXT NOT NULL,
        deliveries INTEGER NOT NULL DEFAULT 0,
        ended_ns INTEGER
    ) STRICT;
    CREATE INDEX alerts_undecided ON alerts (sequence) WHERE state IN ('received', 'delivered');
    CREATE INDEX alerts_by_state ON alerts (state);
    CREATE INDEX alerts_by_strategy ON alerts (strategy, sequence);
    CREATE INDEX alerts_ended ON alerts (ended_ns) WHERE ended_ns IS NOT NULL;
    CREATE TABLE steps (
        sequence INTEGER PRIMARY KEY,
        alert INTEGER NOT NULL REFERENCES alerts (sequence) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        ts_ns INTEGER NOT NULL,
        detail TEXT NOT NULL,
        outcome TEXT
    ) STRICT;
    CREATE INDEX steps_by_alert ON steps (alert, sequence);
    """,
)
"""What makes each version of the file from the one before; number n makes version n + 1."""

_CAUSES = {
    sqlite3.SQLITE_FULL: "has no room left: the disk is full, or the file at its size limit",
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; its directory must be there, and writable",
    sqlite3.SQLITE_NOTADB: "is no inbox but some other file, or damaged",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
    sqlite3.SQLITE_PERM: "must not be opened by this user",
    sqlite3.SQLITE_AUTH: "must not be opened by this user",
}
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def connect_writer(
    path: Path, limits: Limits, migrations: Sequence[str] = MIGRATIONS
) -> sqlite3.Connection:
    """
    Open the file for writing, made and brought up to date where needed.

    Raises
    ------
    OSError, sqlite3.Error
        As the system says; `explain` puts it in words.
    InboxError
        If the file is of a later version.
    """
    _make(path)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS_MAX / 1_000)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # With FULL each commit waits for the disk; with fullfsync also on a Mac, where a plain
        # fsync does not (https://www.sqlite.org/pragma.html#pragma_synchronous).
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")
        _write_ahead(connection)
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
        page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
        _migrate(connection, path, migrations)
        connection.execute(f"PRAGMA max_page_count = {max(1, limits.bytes_max // page_bytes)}")
        connection.execute("PRAGMA busy_timeout = 0")  # from here on `begin` waits
    except BaseException:
        connection.close()
        raise
    return connection


def begin(connection: sqlite3.Connection) -> None:
    """
    Begin a transaction that writes, when another process lets go of the file.

    SQLite's own wait looks a dozen times, at ever longer distances: it misses the moments between
    two transactions of a writer that has much to do, and none of a burst of alerts was stored.

    Raises
    ------
    sqlite3.Error
        If it does not let go within `BUSY_MS_MAX`, or as the system says.
    """
    _when_free(connection, "BEGIN IMMEDIATE")


def connect_reader(path: Path) -> sqlite3.Connection:
    """
    Open the file for reading alone; it is neither made nor migrated.

    Raises
    ------
    OSError, sqlite3.Error
        As the system says; `explain` puts it in words.
    InboxError
        If it is of another version.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=BUSY_MS_MAX / 1_000, check_same_thread=False
    )
    try:
        _check_version(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def explain(path: Path, e: Exception) -> InboxError:
    """Say in words what is wrong with the file, for an error of it or of the system."""
    if isinstance(e, InboxError):
        return type(e)(*e.args)
    if isinstance(e, FileNotFoundError):
        return InboxError(f"Expected an inbox {path}, but the file or its directory is missing")
    if isinstance(e, OSError):
        return InboxError(f"The inbox {path} cannot be used: {e.strerror}")
    code = getattr(e, "sqlite_errorcode", None)
    cause = None if code is None else _CAUSES.get(code & 0xFF)
    return InboxError(f"The inbox {path} {cause or f'cannot be used: {e}'}")


def is_locked(e: Exception) -> bool:
    """Whether another process has the file, and nothing is wrong with it."""
    return getattr(e, "sqlite_errorcode", 0) & 0xFF in _LOCKED


def is_of_the_store(e: Exception) -> bool:
    """Whether an error would meet every statement, and not just the one that met it."""
    stores = sqlite3.OperationalError | sqlite3.InternalError | OSError | InboxError
    return isinstance(e, stores) or type(e) is sqlite3.DatabaseError


class InboxFile:
    """A path that must name the same file for as long as this process uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identity: tuple[int, int] | None = None

    @property
    def is_known(self) -> bool:
        """Whether it was seen before."""
        return self._identity is not None

    def verify(self) -> None:
        """
        Look whether it is still the file that was seen first.

        SQLite itself goes on with a file that has lost its name, where nobody would find it.

        Raises
        ------
        OSError
            If there is none.
        InboxError
            If it is another.
        """
        status = self.path.stat()
        found = status.st_dev, status.st_ino
        if self._identity is None:
            self._identity = found
        elif self._identity != found:
            raise InboxError(f"The inbox {self.path} was replaced by another file while in use")


def _make(path: Path) -> None:
    if path.exists():
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # Else a power cut can take the name of a file whose content is safe.
        os.fsync(directory)
    finally:
        os.close(directory)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """
    Switch to the write-ahead log, as the first connection ever does for good.

    SQLite does not wait for its lock here: two that switch at once could wait for each other.
    """
    _when_free(connection, "PRAGMA journal_mode = WAL")


def _when_free(connection: sqlite3.Connection, statement: str) -> None:
    deadline = time.monotonic() + BUSY_MS_MAX / 1_000
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as e:
            if not is_locked(e) or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_SECS)
        else:
            return


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    if _version(connection) == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    # Looked up again: another process may have been first.
    version = _version(connection)
    if version > len(migrations):
        raise _wrong_version(path, version)
    for step in migrations[version:]:
        for statement in step.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(migrations)}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version != SCHEMA_VERSION:
        raise _wrong_version(path, version)


def _wrong_version(path: Path, version: int) -> InboxError:
    advice = (
        "use the perpdesk that wrote it, or a later one"
        if version > SCHEMA_VERSION
        else "the next alert or run brings it up to date"
    )
    return InboxError(
        f"Expected the inbox {path} in version {SCHEMA_VERSION}, was {version}: {advice}"
    )
