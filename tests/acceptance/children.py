"""Child processes that a test watches by what they say, and ends by SIGINT."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.waiting import eventually

START_SECS = STOP_SECS = 30


class Child:
    """A running child and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[str] = []

    @property
    def log(self) -> str:
        """Return all that it has said."""
        return "".join(self._lines)

    def count(self, words: str) -> int:
        """Return how many lines have these words."""
        return sum(words in line for line in self._lines)

    async def says(self, words: str, times: int = 1, timeout_secs: float = START_SECS) -> None:
        """Wait until so many lines have these words; fail with its log if they do not."""
        try:
            await eventually(lambda: self.count(words) >= times, timeout_secs)
        except TimeoutError as e:
            raise AssertionError(f"Expected {words!r} {times} times:\n{self.log}") from e

    async def interrupt(self) -> None:
        """Send SIGINT and wait for the end; raise TimeoutError when there is none."""
        self._process.send_signal(signal.SIGINT)
        await asyncio.wait_for(self._process.wait(), STOP_SECS)

    async def read(self) -> None:
        """Keep what it says until it has ended."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self._lines.append(line.decode())


@asynccontextmanager
async def child_of(module: str, *arguments: str) -> AsyncIterator[Child]:
    """Run a module with arguments; whatever is left of it at the end is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    child = Child(process)
    reading = asyncio.create_task(child.read())
    try:
        yield child
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading
