"""Who posts the alerts of a soak: all the time, some twice, and again where nobody answered."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

import aiohttp

from tests.acceptance.crash_sender import Sent

TIMEOUT_SECS = 3.0
AGAIN_SECS = (0.5, 3.0)
AGAIN_MAX = 8
TWICE = 0.1
"""How likely an alert is posted a second time, taken or not."""
CLOSE = 0.1
SIZES = ("0.02", "0.03", "0.04", "0.05")


class Sender:
    """
    Post an alert every so often for one strategy after the other, each in a task of its own.

    Attributes
    ----------
    sent
        Every alert, oldest first, with how each post of it was answered; 0 is no answer.
    refused, doubled
        How many posts met a closed door, and how many alerts were posted twice on purpose.

    """

    def __init__(self, url: str, secret: str, strategies: Sequence[str], seed: int) -> None:
        self.sent: list[Sent] = []
        self.refused = 0
        self.doubled = 0
        self._url = url
        self._secret = secret
        self._strategies = strategies
        self._random = random.Random(f"alerts {seed}")
        self._wished: Counter[str] = Counter()

    async def run(self, pause_secs: float) -> None:
        """Post until cancelled; what is under way then is still posted to its end."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECS)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tasks:
            with suppress(asyncio.CancelledError):
                while True:
                    sent = self._next()
                    self.sent.append(sent)
                    tasks.create_task(self._send(session, sent))
                    await asyncio.sleep(self._random.uniform(0, 2 * pause_secs))

    def _next(self) -> Sent:
        number = len(self.sent)
        strategy = self._strategies[number % len(self._strategies)]
        body = {"strategy": strategy, "ticker": strategy, "id": f"n{number}"}
        wished = self._wished[strategy]
        if wished and self._random.random() < CLOSE:
            self._wished[strategy] = 0
            return Sent(body["id"], body | {"action": "close"}, [], [])
        size = self._random.choice(SIZES)
        sign = -1 if wished > 0 else 1
        self._wished[strategy] += sign * int(Decimal(size) * 100)
        action = "buy" if sign > 0 else "sell"
        return Sent(body["id"], body | {"action": action, "quantity": size}, [], [])

    async def _send(self, session: aiohttp.ClientSession, sent: Sent) -> None:
        for attempt in range(1 + AGAIN_MAX):
            if attempt:
                await asyncio.sleep(self._random.uniform(*AGAIN_SECS))
            if await self._post(session, sent):
                break
        if self._random.random() < TWICE:
            self.doubled += 1
            await self._post(session, sent)

    async def _post(self, session: aiohttp.ClientSession, sent: Sent) -> bool:
        """Return whether there is nothing more to try."""
        body = sent.body | {"secret": self._secret}
        try:
            async with session.post(self._url, json=body) as response:
                sent.statuses.append(response.status)
                sent.codes.append((await response.json())["code"])
        except aiohttp.ClientConnectorError:
            self.refused += 1
            return False
        except (aiohttp.ClientError, TimeoutError):
            sent.statuses.append(0)
            return False
        return not 500 <= response.status <= 599
