"""A connection that does groups of jobs in one transaction each; it knows no thread, no alerts."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from webhook.inbox import InboxError
from webhook.sqlite_schema import InboxFile, begin, explain, is_locked, is_of_the_store

_CHORE_SECS = 3_600.0
_CHORE_SECS_MORE = 0.05


class Session[Job, Result]:
    """
    Keep a connection, and open it anew after a failure. One thread at a time may use it.

    Parameters
    ----------
    file : InboxFile
        Where.
    connect : callable
        Opens it.
    apply : callable
        Does jobs inside a transaction; returns for each its result, or the error to raise. It is
        called again, with one job at a time, when a group failed and was rolled back.
    chore : callable
        Cleans up inside a transaction; returns whether there is more to do.
    """

    def __init__(
        self,
        file: InboxFile,
        connect: Callable[[], sqlite3.Connection],
        apply: Callable[[sqlite3.Connection, Sequence[Job]], Sequence[Result | InboxError]],
        chore: Callable[[sqlite3.Connection], bool],
    ) -> None:
        self._file = file
        self._connect = connect
        self._apply = apply
        self._chore = chore
        self._chore_at = 0.0
        self._connection: sqlite3.Connection | None = None
        self._has_connected = False

    @property
    def has_connected(self) -> bool:
        """Whether the file was once there and up to date."""
        return self._has_connected

    def commit(self, jobs: Sequence[Job]) -> Sequence[Result | InboxError]:
        """
        Do jobs in one transaction; return for each its result or what it failed of.

        An error of the file fails them all. Any other is of one job, so each is tried alone.
        """
        try:
            with _transaction(self._connected()) as connection:
                return self._apply(connection, jobs)
        except Exception as e:  # noqa: BLE001  the boundary of the writer's thread: callers hear it
            if not is_locked(e):
                self.disconnect()
            if len(jobs) > 1 and not is_of_the_store(e):
                return [result for job in jobs for result in self.commit([job])]
            return [_explained(self._file.path, e) for _ in jobs]

    @property
    def secs_to_chore(self) -> float:
        """How long until it is time to clean up; 0 when it is, long while the file is closed."""
        if self._connection is None:
            return _CHORE_SECS
        return max(0.0, self._chore_at - time.monotonic())

    def do_chore(self) -> None:
        """Clean up if it is time; whoever writes next is told what is wrong with the file."""
        if self._connection is None or self.secs_to_chore > 0:
            return
        has_more = False
        try:
            with _transaction(self._connection) as connection:
                has_more = self._chore(connection)
        except sqlite3.Error:
            self.disconnect()
        self._chore_at = time.monotonic() + (_CHORE_SECS_MORE if has_more else _CHORE_SECS)

    def disconnect(self) -> None:
        """Close the file until the next job."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> sqlite3.Connection:
        if self._file.is_known:
            self._file.verify()
        if self._connection is None:
            self._connection = self._connect()
            self._file.verify()
            self._has_connected = True
            self._chore_at = time.monotonic()
        return self._connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    begin(connection)
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has rolled it back already.
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def _explained(path: Path, e: Exception) -> InboxError:
    error = explain(path, e)
    error.__cause__ = e
    return error
