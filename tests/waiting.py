"""How tests wait: for a condition, with a deadline."""

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], object], timeout_secs: float = 5.0) -> None:
    """Return once `condition` is true; raise TimeoutError when it stays false."""
    async with asyncio.timeout(timeout_secs):
        while not condition():
            await asyncio.sleep(0.005)
