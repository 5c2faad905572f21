"""The watchdog process: wait for the parent's end, then cancel; it takes no other command."""

import asyncio
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.watchdog.account import WatchedAccount
from adapters.hyperliquid.watchdog.lifeline import Ending, Lifeline
from adapters.hyperliquid.watchdog.options import (
    EXIT_CLEARED,
    EXIT_FAREWELL,
    EXIT_GAVE_UP,
    EXIT_USAGE,
    WatchdogOptions,
    parse_arguments,
)
from adapters.hyperliquid.watchdog.sweep import Sweep

READY = b"ready\n"

log = logging.getLogger("watchdog")


def main(arguments: Sequence[str]) -> int:
    """Watch standard input as the arguments say, and return the exit code."""
    options = parse_arguments(arguments)
    _outlive_the_parent()
    _log_to_stderr()
    try:
        signer = Signer(os.environ.pop(options.key_variable, ""), is_mainnet=options.is_mainnet)
    except ValueError as e:
        log.error("%s (from the variable %s)", e, options.key_variable)  # noqa: TRY400 - no traceback near a key
        return EXIT_USAGE
    lifeline = Lifeline(sys.stdin.fileno(), options.silence_secs)
    with suppress(OSError):  # the parent is gone already; the lifeline will say so
        os.write(sys.stdout.fileno(), READY)
    ending = lifeline.wait()
    if ending is Ending.FAREWELL:
        return EXIT_FAREWELL
    log.warning("The parent %s: canceling the orders of %s", ending.value, options.account)
    return asyncio.run(_sweep(options, signer, lifeline))


async def _sweep(options: WatchdogOptions, signer: Signer, lifeline: Lifeline) -> int:
    sweep = Sweep(
        WatchedAccount(options, signer),
        cancels_all=options.cancels_all,
        parent_is_back=lifeline.has_beat,
    )
    if await sweep.run(options.give_up_secs):
        log.warning("The venue confirms that nothing is left to cancel")
        return EXIT_CLEARED
    log.error("Gave up after %s s: look at the orders of %s", options.give_up_secs, options.account)
    return EXIT_GAVE_UP


def _outlive_the_parent() -> None:
    # What stops a service or a terminal signals all of its processes, but only the parent can say
    # that its orders may stay: by the farewell.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # A core would hold the key.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _log_to_stderr() -> None:
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ watchdog %(process)d %(levelname)s %(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()  # it swallows the errors of a closed standard error
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    exit_code = main(sys.argv[1:])
    logging.shutdown()
    # Not sys.exit: while the interpreter is torn down, a thread of Nautilus's HTTP client that is
    # done with a reply may abort the process (2 of 24 runs), and the parent reads the code.
    os._exit(exit_code)
