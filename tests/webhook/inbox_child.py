"""A process that consumes an inbox, puts alerts into it and says their keys, until it is killed."""

import asyncio
import sys
from itertools import count

from tests.webhook.given import LATER_NS, NOW_NS, make_alert
from webhook.inbox import Accepted, Limits
from webhook.stores import open_inbox

_CALLERS = 16


async def main(where: str) -> None:
    inbox = open_inbox(where, Limits(undecided_max=1_000_000))
    await inbox.open()
    numbers = count()

    async def call() -> None:
        for number in numbers:
            answer = await inbox.put(make_alert(number), NOW_NS, LATER_NS)
            assert isinstance(answer, Accepted)
            sys.stdout.write(f"alerts:{number}\n")
            sys.stdout.flush()

    async def take() -> None:
        while True:
            await inbox.take()

    await asyncio.gather(take(), *(call() for _ in range(_CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
