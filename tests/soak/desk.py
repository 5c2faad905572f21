"""The process under a soak, `perpdesk run`: started, asked, measured and killed from outside."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from tests.acceptance.under_test import KEY, KEY_VARIABLE
from tests.soak.pictures import NodePicture, Question
from tests.soak.profile import SECRET, SECRET_VARIABLE, TOKENS

ASK_SECS = 20.0
LINE_BYTES_MAX = 256 * 1024 * 1024


class Size(msgspec.Struct, frozen=True):
    """What a process holds."""

    rss_mb: float
    threads: int
    files: int


class DeskProcess:
    """
    A desk, whose lives follow one another.

    Attributes
    ----------
    lives
        How often it was started.
    exits
        The codes with which it ended by itself, each with the life.

    """

    def __init__(self, profile: Path, folder: Path) -> None:
        self.lives = 0
        self.exits: list[tuple[int, int]] = []
        self._profile = profile
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """Return the exit code of the last life; None while it lives."""
        assert self._process is not None
        return self._process.poll()

    def start(self, seconds: float) -> None:
        """Start a life that ends by itself after so many seconds."""
        self.lives += 1
        (self._folder / "books.sock").unlink(missing_ok=True)
        environment = os.environ | TOKENS | {
            KEY_VARIABLE: KEY,
            SECRET_VARIABLE: SECRET,
            "XDG_STATE_HOME": str(self._folder / "user-state"),
        }  # fmt: skip
        command = [sys.executable, "-m", "desk", "run", str(self._profile)]
        with (self._folder / f"desk-{self.lives}.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--seconds", f"{seconds:.0f}"],
                stdout=log,
                stderr=log,
                env=environment,
                process_group=0,
            )

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def said(self) -> str:
        """Return what the last life has written to its terminal."""
        return (self._folder / f"desk-{self.lives}.log").read_text(errors="replace")

    def size(self) -> Size | None:
        """Measure it; None where there is nothing to measure."""
        if not self.is_alive:
            return None
        assert self._process is not None
        place = Path(f"/proc/{self._process.pid}")
        try:
            lines = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
            files = sum(1 for _ in (place / "fd").iterdir())
            return Size(int(lines["VmRSS"].split()[0]) / 1024, int(lines["Threads"]), files)
        except (OSError, KeyError):
            return None  # it ends just now

    async def picture(self, since_ns: int = 0) -> NodePicture | None:
        """Ask for its books; None while there is nobody to answer."""
        try:
            async with asyncio.timeout(ASK_SECS):
                reader, writer = await asyncio.open_unix_connection(
                    self._folder / "books.sock", limit=LINE_BYTES_MAX
                )
                writer.write(msgspec.json.encode(Question(since_ns)) + b"\n")
                line = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return None
        return msgspec.json.decode(line, type=NodePicture) if line else None
