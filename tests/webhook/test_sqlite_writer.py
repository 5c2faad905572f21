"""Who writes into an inbox's file: in groups, behind locks, and with an end."""

import asyncio
import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.webhook.given import LATER_NS, NOW_NS, make_alert, make_step
from tests.webhook.sqlite_setup import Make, put
from webhook.inbox import (
    DEFAULT_LIMITS,
    Accepted,
    Conflict,
    Duplicate,
    InboxBusy,
    InboxError,
    Limits,
    State,
)
from webhook.sqlite_inbox import SqliteInbox
from webhook.sqlite_schema import connect_writer
from webhook.sqlite_statements import Job, apply_jobs, put_of

PUTS = 10


async def test_a_locked_file_is_waited_for_shortly(make: Make, path: Path) -> None:
    inbox = make()
    await put(inbox, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(1):
        with pytest.raises(InboxError, match=f"{path} is locked by another process"):
            await put(inbox, 2)
    assert len(await inbox.entries()) == 1
    other.execute("COMMIT")
    other.close()
    await put(inbox, 2)


async def test_a_put_comes_between_the_writes_of_a_busy_process(
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own wait looks so seldom that a put met half a hundred of them, or failed."""
    monkeypatch.setattr("webhook.sqlite_schema.BUSY_MS_MAX", 20_000)
    inbox = make()
    await put(inbox, "warm")
    writes = 0
    ended = threading.Event()

    def write() -> None:
        nonlocal writes
        other = sqlite3.connect(path, isolation_level=None, timeout=20)
        while not ended.is_set():
            other.execute("BEGIN IMMEDIATE")
            time.sleep(0.02)
            other.execute("COMMIT")
            writes += 1
            time.sleep(0.001)  # what it has to do between two
        other.close()

    busy = threading.Thread(target=write)
    busy.start()
    try:
        await eventually(lambda: writes)
        first = writes
        for number in range(PUTS):
            await put(inbox, number)
        assert writes - first < 5 * PUTS
    finally:
        ended.set()
        await asyncio.to_thread(busy.join)


async def test_one_job_that_cannot_be_stored_fails_alone(make: Make) -> None:
    inbox = make()
    await put(inbox, "warm")
    calls = [
        inbox.put(
            make_alert(number),
            NOW_NS if number % 10 else 2**70,
            2**71 if number % 10 == 0 else LATER_NS,
        )
        for number in range(40)
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for number, answer in enumerate(answers):
        assert isinstance(answer, Accepted if number % 10 else InboxError)
    assert len(await inbox.entries()) == 37


async def test_puts_at_once_share_commits(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = make()
    sizes = groups_of(inbox, monkeypatch)
    await asyncio.gather(*(put(inbox, number) for number in range(100)))
    assert sum(sizes) == 100
    assert len(sizes) < 20


async def test_a_put_nobody_waits_for_any_more_is_left_out(
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else a pause of this machine, longer than a put may wait for the lock, fails what is held up.
    monkeypatch.setattr("webhook.sqlite_schema.BUSY_MS_MAX", 20_000)
    inbox = make()
    await put(inbox, 1)
    # Nor may the file's cleaning, which follows its opening, wait for the lock in its place.
    await eventually(lambda: inbox._session.secs_to_chore > 0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    groups = groups_of(inbox, monkeypatch)
    holds_up = asyncio.create_task(inbox.put(make_alert(2), NOW_NS, LATER_NS))
    await eventually(lambda: groups)
    gives_up = asyncio.create_task(inbox.put(make_alert(3), NOW_NS, LATER_NS))
    await eventually(lambda: not inbox._writer._queue.empty())
    gives_up.cancel()
    await asyncio.gather(gives_up, return_exceptions=True)
    other.execute("COMMIT")
    other.close()
    assert isinstance(await holds_up, Accepted)
    await put(inbox, 3)


async def test_too_many_writes_do_not_wait(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.group_writer.WAITING_MAX", 0)
    with pytest.raises(InboxError, match="at most 0 writes"):
        await put(make(), 1)


async def test_the_same_key_twice_in_one_group_is_stored_once(path: Path) -> None:
    connection = connect_writer(path, DEFAULT_LIMITS)
    puts = [put_of(make_alert(1, digest=digest), NOW_NS, LATER_NS) for digest in ("a", "a", "b")]
    for limits in (DEFAULT_LIMITS, Limits(undecided_max=1)):
        connection.execute("DELETE FROM alerts")
        answers = apply_jobs(connection, puts, limits)
        assert [type(answer) for answer in answers] == [Accepted, Duplicate, Conflict]
    connection.close()


async def test_steps_go_with_their_alert(make: Make, path: Path) -> None:
    inbox = make(limits=Limits(retention_days=1))
    await put(inbox, 1, 2)
    await inbox.record([make_step(1, State.DONE, ts_ns=1), make_step(2, State.DONE)])
    await inbox.close()
    await put(inbox, 3)
    await inbox.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT alert, kind FROM steps").fetchall() == [(2, "done")]
    connection.close()


async def test_a_failed_opening_leaves_the_queue_free(make: Make, path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(InboxError):
        await make().open()
    path.unlink()
    await make().open()


async def test_busy_is_an_error_of_the_store(make: Make) -> None:
    await make().open()
    with pytest.raises(InboxError) as caught:
        await make().open()
    assert type(caught.value) is InboxBusy


async def test_closing_ends_the_threads_and_any_call_starts_them(make: Make) -> None:
    inbox = make()
    await put(inbox, 1)
    thread = inbox._writer._thread
    assert thread is not None
    await inbox.close()
    assert not thread.is_alive()
    await put(inbox, 2)
    assert len(await inbox.entries()) == 2


async def test_a_reader_waits_for_no_writer(make: Make, path: Path) -> None:
    await put(make(), 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert len(await make().entries()) == 1
    other.execute("COMMIT")
    other.close()


async def test_looking_whether_it_is_taken_turns_nobody_away(make: Make, path: Path) -> None:
    # As `is_held` does, only longer.
    look = os.open(path.with_name("inbox.db.lock"), os.O_RDWR | os.O_CREAT)
    fcntl.flock(look, fcntl.LOCK_SH)
    asyncio.get_running_loop().call_later(0.15, os.close, look)
    await make().open()


def groups_of(inbox: SqliteInbox, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the size of each group when its turn comes."""
    sizes: list[int] = []
    commit = inbox._session.commit

    def counted(jobs: Sequence[Job]) -> Sequence[object]:
        sizes.append(len(jobs))
        return commit(jobs)

    monkeypatch.setattr(inbox._session, "commit", counted)
    return sizes
