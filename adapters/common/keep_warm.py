"""Keep an event loop from sleeping, for those who pay a core to be answered sooner; opt-in."""

import asyncio


async def keep_warm() -> None:
    """Go round the loop without a pause, until cancelled; the price is one whole core."""
    while True:  # noqa: ASYNC110 - no event is awaited: not to sleep is the purpose
        await asyncio.sleep(0)
