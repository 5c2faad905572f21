"""What the venue answers to a question or an action, within its limits; no socket here."""

import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus

import msgspec

from simulator.hyperliquid_actions import act
from simulator.hyperliquid_info import ask, weight_of
from simulator.hyperliquid_limits import WeightBudget
from simulator.hyperliquid_questions import BadShapeError
from simulator.hyperliquid_replies import refusal
from simulator.hyperliquid_trading import Trading
from simulator.replies import TEXT, Reply


class Front:
    """Answers the bodies of requests, by whichever way they came.

    `failures` are what the next questions are answered with instead, one each.

    Parameters
    ----------
    trading : Trading
        Whom it asks.
    now_ms : Callable[[], int]
        The venue's time.
    weight_per_minute : int
        What an address may spend; 0 is no limit.
    speed : float
        How many venue seconds pass in a second of the wall, which clients sign with.
    """

    def __init__(
        self, trading: Trading, now_ms: Callable[[], int], weight_per_minute: int, speed: float
    ) -> None:
        self._trading = trading
        self._now_ms = now_ms
        self._budget = WeightBudget(weight_per_minute)
        self._speed = speed
        self.failures: deque[Reply] = deque()

    def fail_next_info(self, status: int, body: str, count: int = 1) -> None:
        """Answer the next `count` questions with a status and a plain text instead."""
        failure = Reply(status, body.encode(), media_type=TEXT)
        self.failures.extend([failure] * count)

    def info(self, body: bytes) -> Reply:
        """Answer a question."""
        if self.failures:
            return self.failures.popleft()
        if not self._budget.spend(weight_of(body)):
            return Reply(HTTPStatus.TOO_MANY_REQUESTS, b"null")
        try:
            kind, answer, weight = ask(self._trading, self._now_ms(), body)
        except (msgspec.DecodeError, BadShapeError) as e:
            return refusal(e)
        self._budget.charge(weight)
        return Reply(HTTPStatus.OK, msgspec.json.encode(answer), kind)

    def exchange(self, body: bytes) -> Reply:
        """Do a signed action, and answer it."""
        if not self._budget.spend(1):
            return Reply(HTTPStatus.TOO_MANY_REQUESTS, b"null")
        wall_ms = time.time_ns() // 1_000_000
        now_ms = self._now_ms()
        try:
            done = act(self._trading, body, now_ms, wall_ms=wall_ms, speed=self._speed)
        except msgspec.DecodeError as e:
            return refusal(e)
        self._budget.charge(done.weight - 1)
        return Reply(HTTPStatus.OK, msgspec.json.encode(done.answer))
