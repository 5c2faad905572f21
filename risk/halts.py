"""Halts and loss marks as small files that outlive a run; whether to halt is decided elsewhere.

A file that is there halts, also if it cannot be read: whoever wrote it meant something.
"""

import os
from pathlib import Path

import msgspec

from risk.events import Cause, Halt
from risk.losses import EquityMarks

ALL = "all"
"""The halt of every desk that shares a folder, in place of a trader id; none is called so."""


class HaltFiles:
    """
    The halts in a folder: one for all desks, one for each desk.

    Parameters
    ----------
    folder : Path
        Made when the first file is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, desk: str, halt: Halt) -> None:
        """
        Halt a desk, or `ALL`, until it is lifted; an earlier halt of the same stays as it is.

        One that asks for positions to be closed takes the place of one that does not.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        before = self._halt(self._path(desk))
        if before is None or (halt.flatten and not before.flatten):
            _write(self._path(desk), halt)

    def read(self, desk: str) -> Halt | None:
        """Return what halts a desk; None if nothing does."""
        halts = [self._halt(self._path(each)) for each in (ALL, desk)]
        found = [halt for halt in halts if halt is not None]
        # Of two, the one that asks for more.
        return max(found, key=lambda halt: halt.flatten, default=None)

    def lift(self) -> dict[str, Halt]:
        """
        Lift every halt, and forget what a loss that halted was measured from.

        Returns
        -------
        dict[str, Halt]
            What was lifted, by desk.

        Raises
        ------
        OSError
            If a file cannot be removed.
        """
        lifted = {}
        for path in sorted(self.folder.glob("*.halt.json")):
            halt = self._halt(path)
            desk = path.name.removesuffix(".halt.json")
            if halt is not None and halt.cause is not Cause.KILL:
                self._marks_path(desk).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            if halt is not None:
                lifted[desk] = halt
        return lifted

    def write_marks(self, desk: str, marks: EquityMarks) -> None:
        """
        Keep what a desk's losses are measured from; OSError if it cannot be written.

        It does not wait for the disk: a power cut may cost the newest marks, no trade waits.
        """
        _write(self._marks_path(desk), marks, is_synced=False)

    def read_marks(self, desk: str) -> EquityMarks | None:
        """Return what a desk's losses are measured from; None if that is not known."""
        try:
            return msgspec.json.decode(self._marks_path(desk).read_bytes(), type=EquityMarks)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            return None

    def _path(self, desk: str) -> Path:
        return self.folder / f"{desk}.halt.json"

    def _marks_path(self, desk: str) -> Path:
        return self.folder / f"{desk}.equity.json"

    def _halt(self, path: Path) -> Halt | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Halt)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, msgspec.DecodeError) as e:
            return Halt(cause=Cause.KILL, words=f"{path} cannot be read: {e}", ts_event=0)


def _write(path: Path, content: Halt | EquityMarks, *, is_synced: bool = True) -> None:
    """Write a file as a whole, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(f".{os.getpid()}.new")
    with new.open("wb") as file:
        file.write(msgspec.json.encode(content))
        file.flush()
        if is_synced:
            os.fsync(file.fileno())
    new.replace(path)
