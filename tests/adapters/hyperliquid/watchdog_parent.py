"""A process with a watchdog, for its tests: `watchdog_parent.py URL SILENCE_SECS LOG`."""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.watchdog import Watchdog, WatchdogOptions

KEY_VARIABLE = "WATCHDOG_TEST_KEY"


async def _run(url: str, silence_secs: str, log: str) -> None:
    options = WatchdogOptions(
        url=url,
        account=Signer(os.environ[KEY_VARIABLE], is_mainnet=False).address,
        key_variable=KEY_VARIABLE,
        is_mainnet=False,
        silence_secs=float(silence_secs),
        give_up_secs=60.0,  # nobody else ends the watchdog of a test that failed
    )
    watchdog = Watchdog(options, os.environ, tell=partial(print, flush=True), log_path=Path(log))
    await watchdog.start()
    print(watchdog.pid, flush=True)  # noqa: T201 - to the test
    await watchdog.keep()


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
