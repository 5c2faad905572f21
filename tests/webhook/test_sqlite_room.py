"""An inbox that has no room, or no leave to write: nothing is half there, and later all goes on."""

import asyncio
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.disks import Disk, small_disk
from tests.webhook.given import LATER_NS, NOW_NS, make_alert, make_step
from tests.webhook.sqlite_setup import Make, put
from webhook.inbox import (
    Accepted,
    InboxError,
    Limits,
    State,
)
from webhook.sqlite_inbox import SqliteInbox

_NOBODY = 65_534


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk() as disk:
        yield disk


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


async def test_a_missing_directory_is_named_and_then_used(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "later" / "inbox.db"
    inbox = make(path)
    for call in (inbox.put(make_alert(1), NOW_NS, LATER_NS), inbox.open(), inbox.status()):
        with pytest.raises(InboxError, match=str(path)):
            await call
    path.parent.mkdir()
    await inbox.open()
    await put(inbox, 1)
