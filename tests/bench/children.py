"""Child processes of the bench that speak in lines of JSON: both ends of the pipes."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import msgspec

END_TIMEOUT_SECS = 5.0


class Child:
    """A process that answers each line with one of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def ask(self, question: object) -> Any:  # noqa: ANN401 (whatever the child has to say)
        """Send a line and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> Any:  # noqa: ANN401 (see above)
        """Return what the child says next."""
        assert self._process.stdout is not None
        return msgspec.json.decode(self._process.stdout.readline())


@contextlib.contextmanager
def child(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """Run a module of the bench until the block ends."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    pipe = subprocess.PIPE
    everything = environment_with(environment or {})
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=everything) as process:
        try:
            yield Child(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()  # the end of its input asks a child to end
            try:
                process.wait(END_TIMEOUT_SECS)
            except subprocess.TimeoutExpired:
                process.kill()


def environment_with(more: Mapping[str, str]) -> Mapping[str, str]:
    """Return this process's environment with some variables more."""
    return os.environ | more


async def questions() -> AsyncIterator[bytes]:
    """Yield, in a child, the lines on its standard input until that ends."""
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        yield line


def say(answer: object) -> None:
    """Write, in a child, one line for the parent."""
    sys.stdout.write(f"{msgspec.json.encode(answer).decode()}\n")
    sys.stdout.flush()
