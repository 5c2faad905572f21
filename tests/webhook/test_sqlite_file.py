"""The file of an inbox: how it is made, brought up to date, and known from others."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.webhook.given import LATER_NS, NOW_NS, make_alert
from tests.webhook.sqlite_setup import Make, put
from webhook.inbox import (
    DEFAULT_LIMITS,
    SCHEMA_VERSION,
    InboxError,
)
from webhook.sqlite_schema import MIGRATIONS, connect_writer


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    [(version,)] = connection.execute("PRAGMA user_version")
    connection.close()
    return version


def set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


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


async def test_an_alert_of_another_make_is_no_riddle(make: Make, path: Path) -> None:
    inbox = make()
    await put(inbox, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("UPDATE alerts SET body = '{}'")
    other.close()
    with pytest.raises(InboxError, match=f"{path} holds what is no alert"):
        await inbox.entries()
