"""A WebSocket that is opened again and again while it is recorded; what it says is not read."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Never

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

BACKOFF_SECS_MIN = 0.5
BACKOFF_SECS_MAX = 30.0
FRAME_BYTES_MAX = 16 * 1024 * 1024
USER_AGENT = "perpdesk-recorder"
"""A venue may refuse who does not say what it is."""


class LineSilentError(Exception):
    """Nothing came for a while, not even the answer to a ping."""


async def stay_connected(
    url: str,
    listen: Callable[[ClientConnection], Awaitable[None]],
    frames: Callable[[], int],
    on_end: Callable[[Exception], None],
) -> Never:
    """Connect again and again; a line that brought frames resets the pause between.

    Parameters
    ----------
    url : str
        Where to.
    listen : Callable
        Uses an open line until it raises what ended it.
    frames : Callable[[], int]
        Returns how many frames came so far.
    on_end : Callable[[Exception], None]
        Hears why there is no line: it could not be opened, was closed, or fell silent.
    """
    pause = BACKOFF_SECS_MIN
    while True:
        before = frames()
        try:
            line = await connect(
                url, max_size=FRAME_BYTES_MAX, ping_interval=None, user_agent_header=USER_AGENT
            )
        except (OSError, WebSocketException) as e:
            on_end(e)
        else:
            async with line:
                try:
                    await listen(line)
                except (ConnectionClosed, LineSilentError) as e:
                    on_end(e)
        pause = BACKOFF_SECS_MIN if frames() > before else min(pause * 2, BACKOFF_SECS_MAX)
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  (jitter)


async def next_frame(
    line: ClientConnection, silence_secs: float, ping: Callable[[], Awaitable[None]]
) -> bytes:
    """Wait for a frame; a ping after a silence must bring one, or it is a LineSilentError."""
    for _ in range(2):
        try:
            async with asyncio.timeout(silence_secs):
                return await line.recv(decode=False)
        except TimeoutError:
            await ping()
    raise LineSilentError
