"""The inbox in a file: SQLite, durable with each commit; for processes of one machine."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import msgspec

from webhook.alerts import Alert
from webhook.bell import Bell, Ringer
from webhook.consumer_lock import ConsumerLock
from webhook.group_writer import GroupWriter
from webhook.inbox import (
    DEFAULT_LIMITS,
    Accepted,
    Answer,
    Entry,
    InboxError,
    InboxStatus,
    Limits,
    State,
    Step,
    Trace,
)
from webhook.sqlite_schema import InboxFile, connect_reader, connect_writer, explain
from webhook.sqlite_session import Session
from webhook.sqlite_statements import (
    Job,
    Record,
    apply_jobs,
    prune,
    put_of,
    select_entries,
    select_last_of,
    select_opening,
    select_status,
    select_trace,
    select_undecided,
)

type _Result = Answer | None


class SqliteInbox:
    """
    Keep alerts in a file, which nobody needs to make; several processes may have it open.

    It is a `webhook.inbox.Inbox`. It takes hold of the file when first needed, and lets go of it
    in `close`.

    Parameters
    ----------
    path : Path
        The file; its directory must be there. Beside it stand SQLite's two and a lock and a bell.
    limits : Limits
        How much is kept.
    now_ns : callable
        The time by which old alerts are deleted.
    """

    def __init__(
        self,
        path: Path,
        limits: Limits = DEFAULT_LIMITS,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._path = path
        file = InboxFile(path)
        self._session: Session[Job, _Result] = Session(
            file,
            connect=partial(connect_writer, path, limits),
            apply=partial(apply_jobs, limits=limits),
            chore=lambda connection: prune(connection, limits.retention_days, now_ns()),
        )
        self._writer = GroupWriter(f"inbox-writer {path.name}", self._session, self._announce)
        self._reader = _Reader(file)
        self._lock = ConsumerLock(path)
        self._ringer = Ringer(path)
        self._bell: Bell | None = None
        self._cursor = 0
        self._horizon = 0

    def __repr__(self) -> str:
        """Show which file."""
        return f"SqliteInbox({str(self._path)!r})"

    async def put(self, alert: Alert, received_ns: int, expires_ns: int) -> Answer:
        """Store an alert, as `Intake.put` says."""
        answer = await self._writer.submit(put_of(alert, received_ns, expires_ns))
        assert answer is not None  # noqa: S101  each Put has one
        return answer

    async def status(self) -> InboxStatus:
        """Return what the store holds."""
        if not self._session.has_connected:
            await self._writer.submit(Record(()))
        return await self._reader.run(partial(select_status, is_consumed=self._lock.is_held()))

    async def open(self) -> Sequence[Entry]:
        """Become the one consumer, as `Queue.open` says."""
        await self._lock.acquire()
        try:
            await self._writer.submit(Record(()))
            self._horizon, decided = await self._reader.run(select_opening)
        except BaseException:
            self._lock.release()
            raise
        self._cursor = 0
        self._bell = Bell(self._path)
        return decided

    async def take(self) -> Sequence[Entry]:
        """Wait for alerts not taken yet, as `Queue.take` says."""
        while True:
            bell = self._bell
            if bell is None:
                raise InboxError(f"Expected the inbox {self._path} to be open for taking alerts")
            bell.clear()
            entries = await self._reader.run(partial(select_undecided, after_sequence=self._cursor))
            if entries:
                self._cursor = entries[-1].sequence
                return [self._marked(entry) for entry in entries]
            await bell.wait()

    async def record(self, steps: Sequence[Step]) -> None:
        """Keep steps, as `Queue.record` says."""
        await self._writer.submit(Record(tuple(steps)))

    async def last_of(self, strategy: str) -> Alert | None:
        """Return a strategy's latest alert that somebody has seen."""
        return await self._reader.run(partial(select_last_of, strategy=strategy))

    async def close(self) -> None:
        """Stop being the consumer and let go of the file."""
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.close()
        await self._writer.stop()
        await self._reader.close()
        self._ringer.close()
        self._lock.release()

    async def entries(
        self,
        *,
        states: Sequence[State] = (),
        strategy: str | None = None,
        since_ns: int = 0,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """Return the latest alerts that fit, newest first."""
        query = partial(
            select_entries, states=states, strategy=strategy, since_ns=since_ns, limit=limit
        )
        return await self._reader.run(query)

    async def trace(self, key: str) -> Trace | None:
        """Return an alert's whole story."""
        return await self._reader.run(partial(select_trace, key=key))

    def _marked(self, entry: Entry) -> Entry:
        if entry.sequence > self._horizon:
            return entry
        return msgspec.structs.replace(entry, is_repeat=True)

    def _announce(self, results: Sequence[_Result | InboxError]) -> None:
        """Wake the node; runs in the writer's thread."""
        if not any(isinstance(result, Accepted) for result in results):
            return
        bell = self._bell
        if bell is None:
            self._ringer.ring()
        else:
            bell.ring_from_thread()


class _Reader:
    """One thread that reads, on a connection of its own: a reader never waits for the writer."""

    def __init__(self, file: InboxFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._executor: ThreadPoolExecutor | None = None

    async def run[Result](self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._executor is None:
            name = f"inbox-reader {self._file.path.name}"
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._query, query)

    async def close(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.submit(self._disconnect)
            await asyncio.to_thread(executor.shutdown)

    def _query[Result](self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            self._file.verify()
            if self._connection is None:
                self._connection = connect_reader(self._file.path)
            return query(self._connection)
        except (OSError, sqlite3.Error) as e:
            self._disconnect()
            raise explain(self._file.path, e) from e
        except msgspec.ValidationError as e:
            raise InboxError(f"The inbox {self._file.path} holds what is no alert: {e}") from e

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
