"""TradingView as a sender: it posts alerts without end and sends again by its own rule."""

import asyncio
import random
from contextlib import suppress
from typing import NamedTuple

import aiohttp

# TradingView waits 3 s for an answer; 500 to 599 except 504 it sends again after 5 s, at most three
# times; time-outs, broken connections and all else it does not
# (https://www.tradingview.com/support/solutions/43000529348-about-webhooks/).
# The pause is shorter here: what is proved does not depend on it.
TIMEOUT_SECS = 3.0
RESEND_SECS = 0.5
RESENDS_MAX = 3
SIZES = (11, 12, 13, 14, 15)  # thousandths


class Sent(NamedTuple):
    """
    One alert and how its sender was answered.

    `statuses` has a number for each time it was sent; 0 is no answer.
    """

    id: str
    body: dict[str, str]
    statuses: list[int]
    codes: list[str]

    @property
    def is_accepted(self) -> bool:
        """Whether the sender was ever told that the alert is taken."""
        return 200 in self.statuses


class Sender:
    """
    Post an alert every so often, each in a task of its own, as TradingView's servers do.

    Parameters
    ----------
    url : str
        Where alerts are posted.
    secret : str
        What they carry.
    strategies : sequence of str
        Whom they are for, in turn.
    seed : int
        Decides sides, sizes and pauses.
    """

    def __init__(self, url: str, secret: str, strategies: dict[str, str], seed: int) -> None:
        self.sent: list[Sent] = []
        self._url = url
        self._secret = secret
        self._strategies = list(strategies.items())
        self._random = random.Random(seed)
        self._signs = dict.fromkeys(strategies, 1)

    async def run(self, pause_secs: float) -> None:
        """Post until cancelled; what is under way then is still sent to its end."""
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
        name, ticker = self._strategies[number % len(self._strategies)]
        # Buys and sells in turn: the position stays small, and each order has a size of its own.
        sign = self._signs[name] = -self._signs[name]
        size = self._random.choice(SIZES)
        body = {
            "strategy": name,
            "ticker": ticker,
            "action": "buy" if sign < 0 else "sell",
            "quantity": f"0.{size:03}",
            "id": f"n{number}",
        }
        return Sent(body["id"], body, [], [])

    async def _send(self, session: aiohttp.ClientSession, sent: Sent) -> None:
        for attempt in range(1 + RESENDS_MAX):
            if attempt:
                await asyncio.sleep(RESEND_SECS)
            try:
                async with session.post(
                    self._url, json=sent.body | {"secret": self._secret}
                ) as response:
                    sent.statuses.append(response.status)
                    sent.codes.append((await response.json())["code"])
            except (aiohttp.ClientError, TimeoutError):
                sent.statuses.append(0)
                return
            if not 500 <= sent.statuses[-1] <= 599 or sent.statuses[-1] == 504:
                return
