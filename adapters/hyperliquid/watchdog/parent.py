"""The side of the process that trades: start a watchdog, beat, restart it, say farewell."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Never

from adapters.common.backoff import backoff_delay_secs
from adapters.hyperliquid.watchdog.lifeline import BEAT, FAREWELL
from adapters.hyperliquid.watchdog.options import WatchdogOptions, options_to_arguments

BEAT_SECS = 1.0
# It loads Nautilus, which takes some 3 s and more on a busy machine.
START_SECS = 60.0
FAREWELL_SECS = 10.0
RESTART_INITIAL_SECS = 1.0
RESTART_MAX_SECS = 60.0


class WatchdogNotStarted(OSError):  # noqa: N818 - named like the venue's errors, as a sentence
    """The watchdog's process ended, or stayed silent, before it was ready."""


class Watchdog:
    """
    One watchdog process at a time, whose lifeline this process holds.

    The owner calls `start`, runs `keep` as a task, and calls `farewell` at a clean stop; anything
    else that ends this process, or its event loop, makes the watchdog cancel the orders.

    Parameters
    ----------
    options : WatchdogOptions
        What to watch.
    environment : Mapping[str, str]
        The environment of its process, with the key in `options.key_variable`.
    tell : Callable[[str], None]
        Takes each sentence for the log.
    log_path : Path, optional
        The file that its lines are appended to; None lets them go to our standard error.

    """

    def __init__(
        self,
        options: WatchdogOptions,
        environment: Mapping[str, str],
        tell: Callable[[str], None],
        log_path: Path | None = None,
    ) -> None:
        self._options = options
        self._environment = environment
        self._tell = tell
        self._log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None

    @property
    def is_alive(self) -> bool:
        """If the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process id, also after its end; None before the first start."""
        return None if self._process is None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The code it has ended with (options.EXIT_*, negative for a signal); None if it runs."""
        return None if self._process is None else self._process.poll()

    async def start(self) -> None:
        """
        Start the process and return once it watches; do nothing if it runs.

        Raises
        ------
        WatchdogNotStarted
            If it ends before that, or is not ready in time.

        """
        if self.is_alive:
            return
        # Not in a thread: a cancelled task would lose the process, which then hears no beat.
        process, ready = self._spawn()
        try:
            async with asyncio.timeout(START_SECS):
                is_ready = await asyncio.to_thread(_read_line, ready)
        except BaseException as e:
            process.kill()  # which also lets the reading thread end
            if isinstance(e, TimeoutError):
                raise WatchdogNotStarted(f"Expected a watchdog within {START_SECS} s") from e
            raise
        if not is_ready:
            code = await asyncio.to_thread(process.wait)
            raise WatchdogNotStarted(f"Expected a watchdog that waits, was one that ended ({code})")

    def beat(self) -> None:
        """Tell it that this process lives; never blocks, and does nothing if it has ended."""
        self._write(BEAT)

    async def keep(self) -> Never:
        """Beat every second, and start it again whenever it has ended; run until cancelled."""
        failures = 0
        while True:
            await asyncio.sleep(BEAT_SECS)
            if self.is_alive:
                failures = 0
                self.beat()
                continue
            self._tell(f"The watchdog ended with code {self.exit_code}; starting it again")
            try:
                await self.start()
            except OSError as e:
                self._tell(str(e))
                await asyncio.sleep(
                    backoff_delay_secs(failures, RESTART_INITIAL_SECS, RESTART_MAX_SECS, 1.0)
                )
                failures += 1
            else:
                self._tell(f"A watchdog (pid {self.pid}) watches again")

    async def farewell(self) -> int | None:
        """
        Let it end without touching an order, and return its exit code.

        None means that it is at work, since this process was silent for too long; it is left to
        finish. End the task of `keep` first.
        """
        process = self._process
        if process is None:
            return None
        self._write(FAREWELL)
        self._close_lifeline()
        with suppress(subprocess.TimeoutExpired):
            return await asyncio.to_thread(process.wait, FAREWELL_SECS)
        self._tell(f"The watchdog (pid {process.pid}) still cancels orders; it was left to finish")
        return None

    def _spawn(self) -> tuple[subprocess.Popen[bytes], int]:
        """Return the process, and where it writes a line once it is ready."""
        command = [sys.executable, "-m", "adapters.hyperliquid.watchdog"]
        self._close_lifeline()
        with ExitStack() as files:
            lifeline_end, self._lifeline = os.pipe()
            files.callback(os.close, lifeline_end)
            ready, ready_end = os.pipe()
            files.callback(os.close, ready_end)
            log = None
            if self._log_path is not None:
                log = files.enter_context(self._log_path.open("ab"))
            os.set_blocking(self._lifeline, False)
            # Not asyncio's subprocess: its transport kills the child when the loop is torn down,
            # which is when the watchdog is needed.
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                [*command, *options_to_arguments(self._options)],
                stdin=lifeline_end,
                stdout=ready_end,
                stderr=log,
                env=dict(self._environment),
                start_new_session=True,  # Ctrl-C in the terminal is for this process alone
            )
        return self._process, ready

    def _write(self, byte: bytes) -> None:
        if self._lifeline is not None:
            # It has ended, or it has not read for hours.
            with suppress(BrokenPipeError, BlockingIOError):
                os.write(self._lifeline, byte)

    def _close_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def _read_line(file: int) -> bytes:
    with os.fdopen(file, "rb") as pipe:
        return pipe.readline()
