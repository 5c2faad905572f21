"""What only a file can do: be full, read-only, damaged, locked, replaced, old, or long-named."""

import asyncio
import fcntl
import os
import resource
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.disks import Disk, small_disk
from tests.waiting import eventually
from tests.webhook.given import LATER_NS, NOW_NS, make_alert, make_step
from webhook.bell import POLL_SECS, bell_path
from webhook.inbox import (
    DEFAULT_LIMITS,
    SCHEMA_VERSION,
    Accepted,
    Conflict,
    Duplicate,
    InboxBusy,
    InboxError,
    Limits,
    State,
)
from webhook.sqlite_inbox import SqliteInbox
from webhook.sqlite_schema import MIGRATIONS, connect_writer
from webhook.sqlite_statements import Job, apply_jobs, put_of

_NOBODY = 65_534

type Make = Callable[..., SqliteInbox]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox.db"


@pytest.fixture
async def make(path: Path) -> AsyncIterator[Make]:
    made: list[SqliteInbox] = []

    def go(at: Path = path, limits: Limits = DEFAULT_LIMITS) -> SqliteInbox:
        made.append(SqliteInbox(at, limits))
        return made[-1]

    yield go
    for inbox in made:
        await inbox.close()


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk() as disk:
        yield disk


async def put(inbox: SqliteInbox, *numbers: int | str, **changes: object) -> None:
    for number in numbers:
        answer = await inbox.put(make_alert(number, **changes), NOW_NS, LATER_NS)
        assert isinstance(answer, Accepted)


async def test_only_its_owner_reads_the_file(make: Make, path: Path) -> None:
    inbox = make()
    await inbox.open()
    await put(inbox, 1)
    modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert len(modes) == 5
    assert set(modes.values()) == {0o600}


async def test_each_commit_waits_for_the_disk(path: Path) -> None:
    connection = connect_writer(path, DEFAULT_LIMITS)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


async def test_many_processes_may_make_the_file_at_once(make: Make) -> None:
    await asyncio.gather(*(put(make(), number) for number in range(8)))
    assert len(await make().entries()) == 8


async def test_an_empty_file_is_brought_up_to_date(make: Make, path: Path) -> None:
    path.touch()
    await put(make(), 1)
    assert version_of(path) == SCHEMA_VERSION == len(MIGRATIONS)


async def test_an_older_file_is_migrated_with_its_alerts(make: Make, path: Path) -> None:
    await put(make(), 1)
    later = (*MIGRATIONS, "ALTER TABLE alerts ADD COLUMN mood TEXT DEFAULT 'calm'; SELECT 1")
    connection = connect_writer(path, DEFAULT_LIMITS, later)
    assert connection.execute("SELECT key, mood FROM alerts").fetchall() == [("alerts:1", "calm")]
    connection.close()
    assert version_of(path) == SCHEMA_VERSION + 1


async def test_a_migration_that_fails_changes_nothing(make: Make, path: Path) -> None:
    await put(make(), 1)
    broken = (*MIGRATIONS, "DROP TABLE steps; DROP TABLE nothing")
    with pytest.raises(sqlite3.OperationalError):
        connect_writer(path, DEFAULT_LIMITS, broken)
    assert version_of(path) == SCHEMA_VERSION
    trace = await make().trace("alerts:1")
    assert trace is not None


async def test_a_later_version_is_refused_and_left_alone(make: Make, path: Path) -> None:
    inbox = make()
    await put(inbox, 1)
    await inbox.close()
    set_version(path, 99)
    for call in (inbox.put(make_alert(2), NOW_NS, LATER_NS), inbox.open(), inbox.entries()):
        with pytest.raises(InboxError, match=f"{path} in version 1, was 99: use the perpdesk that"):
            await call
    assert version_of(path) == 99


async def test_looking_makes_no_file(make: Make, path: Path) -> None:
    with pytest.raises(InboxError, match=f"{path}, but the file or its directory is missing"):
        await make().entries()
    assert not path.exists()


async def test_a_missing_directory_is_named_and_then_used(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "later" / "inbox.db"
    inbox = make(path)
    for call in (inbox.put(make_alert(1), NOW_NS, LATER_NS), inbox.open(), inbox.status()):
        with pytest.raises(InboxError, match=str(path)):
            await call
    path.parent.mkdir()
    await inbox.open()
    await put(inbox, 1)


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\7" * 9000]
)
async def test_some_other_file_is_refused_and_left_alone(
    make: Make, path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    for call in (make().put(make_alert(1), NOW_NS, LATER_NS), make().entries()):
        with pytest.raises(InboxError, match=f"{path} is (no inbox|damaged)"):
            await call
    assert path.read_bytes() == content


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


async def test_a_full_disk_takes_nothing_half_and_all_again_later(make: Make, disk: Disk) -> None:
    inbox = make(disk.path / "inbox.db")
    await inbox.open()
    stored = await fill(inbox)
    with pytest.raises(InboxError, match=r"room left|cannot be"):
        await inbox.record([make_step(0, State.DONE)])
    disk.remount("size=8m")
    await inbox.record([make_step(0, State.DONE)])
    await put(inbox, "after")
    assert len(await inbox.entries(limit=1_000)) == len(stored) + 1
    # Else the disk cannot be taken away.
    await inbox.close()


async def test_a_file_at_its_limit_takes_no_more(make: Make) -> None:
    inbox = make(limits=Limits(bytes_max=200_000))
    stored = await fill(inbox)
    await inbox.close()
    roomy = make(limits=Limits(bytes_max=2_000_000))
    await put(roomy, "after")
    assert len(await roomy.entries(limit=1_000)) == len(stored) + 1


async def fill(inbox: SqliteInbox) -> list[int]:
    """Put until it is refused, many at a time; check that what was refused is not there."""
    stored: list[int] = []
    while True:
        numbers = range(len(stored), len(stored) + 4)
        answers = await asyncio.gather(
            *(
                inbox.put(make_alert(number, comment="x" * 8_000), NOW_NS, LATER_NS)
                for number in numbers
            ),
            return_exceptions=True,
        )
        stored += [
            n for n, answer in zip(numbers, answers, strict=True) if isinstance(answer, Accepted)
        ]
        if errors := [answer for answer in answers if isinstance(answer, BaseException)]:
            break
    assert all(isinstance(error, InboxError) for error in errors)
    assert "has no room left" in str(errors[0]) or "cannot be" in str(errors[0])
    found = [entry.alert.key for entry in await inbox.entries(limit=1_000)]
    assert found[::-1] == [f"alerts:{number}" for number in stored]
    assert len(stored) > 10
    return stored


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Return what limits how large this process may let a file grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda bytes_max: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_file_that_may_not_grow_takes_nothing_half_and_all_again_later(
    make: Make, small_files: Callable[[int], None]
) -> None:
    inbox = make()
    await inbox.open()
    small_files(300_000)
    stored = await fill(inbox)
    small_files(resource.RLIM_INFINITY)
    await put(inbox, "after")
    assert len(await inbox.entries(limit=1_000)) == len(stored) + 1


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """Return a folder where this process may not write, until it is told to be an ordinary one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        # Modes are nothing to root.
        if is_root:
            os.seteuid(_NOBODY)
        yield folder
        if is_root:
            os.seteuid(0)


async def test_a_folder_that_is_not_ours_to_write_is_named(make: Make, closed_folder: Path) -> None:
    inbox = make(closed_folder / "inbox.db")
    for call in (inbox.put(make_alert(1), NOW_NS, LATER_NS), inbox.open(), inbox.status()):
        with pytest.raises(InboxError, match=rf"{closed_folder}/inbox.db.*Permission denied"):
            await call
    assert not list(closed_folder.iterdir())


async def test_a_folder_that_becomes_ours_is_used(make: Make, tmp_path: Path) -> None:
    blocker = tmp_path / "inbox"
    blocker.write_text("a file where the folder should be")
    inbox = make(blocker / "inbox.db")
    with pytest.raises(InboxError, match=f"{blocker}/inbox.db"):
        await put(inbox, 1)
    blocker.unlink()
    blocker.mkdir()
    await put(inbox, 1)


async def test_a_file_that_was_taken_away_is_not_written_to(make: Make, path: Path) -> None:
    inbox = make()
    await put(inbox, 1)
    away = path.rename(path.with_name("away.db"))
    with pytest.raises(InboxError, match=str(path)):
        await put(inbox, 2)
    path.touch()
    with pytest.raises(InboxError, match="replaced by another file"):
        await put(inbox, 2)
    with pytest.raises(InboxError, match="replaced by another file"):
        await inbox.entries()
    path.unlink()
    away.rename(path)
    await put(inbox, 2)
    assert len(await inbox.entries()) == 2


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


@pytest.mark.parametrize("is_beside", [True, False])
async def test_a_put_rings_at_once_from_beside_and_from_within(
    make: Make, *, is_beside: bool
) -> None:
    node = make()
    source = make() if is_beside else node
    await put(source, "warm")
    await node.open()
    await node.take()
    waiting = asyncio.create_task(node.take())
    await eventually(lambda: node._bell is not None and node._bell._rung._waiters)
    async with asyncio.timeout(POLL_SECS / 2):
        await put(source, 1)
        assert [entry.alert.key for entry in await waiting] == ["alerts:1"]


async def test_a_node_without_a_bell_looks_each_second(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.bell._bound", lambda _: None)
    node, sidecar = make(), make()
    await node.open()
    waiting = asyncio.create_task(node.take())
    await eventually(lambda: node._bell is not None and node._bell._rung._waiters)
    await put(sidecar, 1)
    async with asyncio.timeout(POLL_SECS + 1):
        assert len(await waiting) == 1


async def test_a_long_path_has_a_short_bell(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    inbox = make(folder / "inbox.db")
    await inbox.open()
    assert bell_path(folder / "inbox.db").is_socket()
    assert len(str(bell_path(folder / "inbox.db"))) < 104
    await inbox.close()
    assert not bell_path(folder / "inbox.db").exists()


async def test_looking_whether_it_is_taken_turns_nobody_away(make: Make, path: Path) -> None:
    # As `is_held` does, only longer.
    look = os.open(path.with_name("inbox.db.lock"), os.O_RDWR | os.O_CREAT)
    fcntl.flock(look, fcntl.LOCK_SH)
    asyncio.get_running_loop().call_later(0.15, os.close, look)
    await make().open()


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


async def test_an_alert_of_another_make_is_no_riddle(make: Make, path: Path) -> None:
    inbox = make()
    await put(inbox, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("UPDATE alerts SET body = '{}'")
    other.close()
    with pytest.raises(InboxError, match=f"{path} holds what is no alert"):
        await inbox.entries()


def groups_of(inbox: SqliteInbox, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the size of each group when its turn comes."""
    sizes: list[int] = []
    commit = inbox._session.commit

    def counted(jobs: Sequence[Job]) -> Sequence[object]:
        sizes.append(len(jobs))
        return commit(jobs)

    monkeypatch.setattr(inbox._session, "commit", counted)
    return sizes


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    [(version,)] = connection.execute("PRAGMA user_version")
    connection.close()
    return version


def set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
