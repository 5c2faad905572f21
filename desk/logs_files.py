"""Which files hold the lines of a run, and what is new in them; it understands no line."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Final

from config.settings import Profile
from desk.exits import UsageError
from desk.logs_sidecar import sidecar_log

POLL_SECS: Final = 0.5
READ_BYTES_MAX: Final = 16 * 1024 * 1024
"""What is read of a file at once while it is followed."""


def find_run(profile: Profile, run: str | None) -> Path:
    """
    Return the folder of a run: the one of this name, or the latest that has logs.

    Raises
    ------
    UsageError
        There is none.

    """
    runs = Path(profile.runs)
    if run is not None:
        folder = (runs / run).resolve()
        if folder.parent != runs.resolve() or not folder.is_dir():
            raise UsageError(f"Expected the name of a folder in {runs}, found {run!r}")
        return runs / run
    found = sorted(folder.parent for folder in runs.glob("*/logs") if folder.is_dir())
    if not found:
        raise UsageError(f"Expected a run with logs in {runs}, found none")
    return found[-1]


def files_of(profile: Profile, run: str | None) -> Callable[[], list[Path]]:
    """
    Return a function that lists the files as they are now; rotation makes new ones.

    Raises
    ------
    UsageError
        There is no such run, or its log is text.

    """
    logs = _folder(profile, run)
    beside = Path(profile.runs)

    def files() -> list[Path]:
        sidecar = sidecar_log(profile)
        audit = beside / f"{profile.trader_id}.audit.jsonl"
        closed = sidecar.parent.glob(f"{sidecar.name}.[0-9]*")
        return [*sorted(logs.glob("node_*.jsonl")), *closed, *_there(sidecar, audit)]

    if not any(logs.glob("node_*.jsonl")) and any(logs.glob("node_*.log")):
        wanted = "set `json = true` in [logging]; the next run's can be read"
        raise UsageError(f"Expected JSON lines in {logs}, found text: {wanted}")
    return files


def _folder(profile: Profile, run: str | None) -> Path:
    if profile.logging.directory is None:
        return find_run(profile, run) / "logs"
    if run is not None:
        directory = profile.logging.directory
        raise UsageError(f"Expected no --run ({directory} has the logs of all), found {run!r}")
    return Path(profile.logging.directory)


def _there(*paths: Path) -> Iterable[Path]:
    return (path for path in paths if path.exists())


class Tail:
    """
    What is new in a set of files that grow, are closed, and are taken away.

    Parameters
    ----------
    files
        Lists them.

    """

    def __init__(self, files: Callable[[], list[Path]]) -> None:
        self._files = files
        self._read: dict[int, int] = {}  # bytes by inode: a rotated file only changes its name

    def new_lines(self) -> list[bytes]:
        """Return whole lines that were not returned before; the half of one waits for its end."""
        found: list[bytes] = []
        for path in self._files():
            try:
                with path.open("rb") as file:
                    found += self._lines_of(path.stat().st_ino, file.read, file.seek)
            except FileNotFoundError:
                continue  # taken away by rotation
        return found

    def _lines_of(
        self, inode: int, read: Callable[[int], bytes], seek: Callable[[int], int]
    ) -> list[bytes]:
        found: list[bytes] = []
        while True:
            seek(self._read.get(inode, 0))
            whole = read(READ_BYTES_MAX).rpartition(b"\n")
            if not whole[1]:
                return found
            self._read[inode] = self._read.get(inode, 0) + len(whole[0]) + 1
            found += whole[0].split(b"\n")

    async def follow(self) -> AsyncIterator[list[bytes]]:
        """Yield new lines as they come, without an end."""
        while True:
            lines = self.new_lines()
            if lines:
                yield lines
            await asyncio.sleep(POLL_SECS)
