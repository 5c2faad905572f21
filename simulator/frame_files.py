"""Files of what was received, one `<receive time in ns> <JSON>` a line; it decodes nothing.

They are added to a folder, gzipped, none is ever overwritten, and a last line that was torn off
does no harm.
"""

import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

FLUSH_SECS = 1.0
"""No more than this is lost when the process is killed."""
FRAME_SUFFIXES = (".gz", ".jsonl", ".txt")


class RecordingError(ValueError):
    """The path holds no recording, or one that cannot be read."""


class RecordReport(msgspec.Struct):
    """How far a recording is; it grows while it runs."""

    frames: int = 0
    size: int = 0
    files: list[Path] = msgspec.field(default_factory=list)
    reconnects: int = 0


type Progress = Callable[[RecordReport], None]


class FrameFiles:
    """The files of one recording; a new one is begun whenever the last is `file_secs` old.

    Parameters
    ----------
    out : Path
        The folder, which exists.
    file_secs : float
        How long one file grows.
    on_progress : Progress
        Called about every second.
    """

    def __init__(self, out: Path, file_secs: float, on_progress: Progress) -> None:
        self.report = RecordReport()
        self._out = out
        self._file_secs = file_secs
        self._on_progress = on_progress
        self._file: gzip.GzipFile | None = None
        self._file_ends = 0.0
        self._flushed = 0.0

    @property
    def is_due(self) -> bool:
        """Tell whether the next file is to be opened before anything more is written."""
        return time.monotonic() >= self._file_ends

    def open(self) -> None:
        """Begin the next file; its name is the time, so names sort by it."""
        self.close()
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ.jsonl.gz")
        path = self._out / name
        self._file = gzip.GzipFile(filename=str(path), mode="xb")
        self._file_ends = time.monotonic() + self._file_secs
        self.report.files.append(path)

    def write(self, frame: bytes) -> None:
        """Add a line with the time of this moment; a file must be open."""
        assert self._file is not None  # noqa: S101  (opened before the first frame)
        line = b"%d %b\n" % (time.time_ns(), frame)
        self._file.write(line)
        self.report.frames += 1
        self.report.size += len(line)
        self.flush()

    def flush(self) -> None:
        """Hand over to the system what was written, at most once in `FLUSH_SECS`."""
        if self._file is not None and time.monotonic() - self._flushed >= FLUSH_SECS:
            self._file.flush()
            self._flushed = time.monotonic()
            self._on_progress(self.report)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def lines(path: Path) -> Iterator[str]:
    """Read a file of frames; a last part that was torn off ends it."""
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8") as file:
        try:
            for line in file:
                if line.endswith("\n"):
                    yield line
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return


def frame_files(path: Path) -> list[Path]:
    """Return the files of frames that a path holds, in the order of their names."""
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.glob("*")
        if file.suffix in FRAME_SUFFIXES and not file.name.endswith(".csv.gz")
    )


def frames(path: Path) -> Iterator[tuple[int, str]]:
    """Read every frame of a path with its receive time in ns."""
    for file in frame_files(path):
        for line in lines(file):
            received, _, frame = line.rstrip("\n").partition(" ")
            if not received.isdigit():
                raise RecordingError(f"Expected '<ns> <JSON>' in {file.name}, was {line[:60]!r}")
            yield int(received), frame
