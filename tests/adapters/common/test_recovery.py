"""After each reconnect the venue is asked for what the streams did not tell."""

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

import pytest

from adapters.common import recovery as recovery_module
from adapters.common.errors import OutcomeUnknown
from adapters.common.recovery import Recovery
from tests.waiting import eventually


class Bench:
    """Stands for all that a recovery asks and tells; the account answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.refreshed = 0
        self.failures = 0
        self.is_connected = True
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._tasks: list[asyncio.Task[None]] = []

    def recovery(self) -> Recovery:
        bench = cast("Any", self)
        recovery = Recovery(
            bench,
            bench,
            read_fills=self.read_fills,
            fills_from_ms=lambda: 7,
            refresh=self.refresh,
            on_lost=lambda: None,
            is_connected=lambda: self.is_connected,
            spawn=self._spawn,
        )
        recovery.begin()
        return recovery

    @property
    def tracker(self) -> "Bench":
        return self

    @property
    def reporter(self) -> "Bench":
        return self

    def open_orders(self) -> list[str]:
        return []

    async def read_fills(self, start_ms: int) -> None:
        self.asked.append(start_ms)
        if self.failures:
            self.failures -= 1
            raise OutcomeUnknown("no answer")

    async def refresh(self) -> None:
        await self.may_answer.wait()
        self.refreshed += 1

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))


async def test_a_connection_that_breaks_during_a_recovery_is_recovered_as_well() -> None:
    bench = Bench()
    recovery = bench.recovery()
    bench.may_answer.clear()
    recovery.on_connection(is_up=True)
    await eventually(lambda: bench.asked == [7])

    recovery.on_connection(is_up=False)
    recovery.on_connection(is_up=True)
    bench.may_answer.set()

    await eventually(lambda: bench.refreshed == 2)
    assert bench.asked == [7, 7]


@pytest.mark.parametrize("is_connected", [True, False])
async def test_a_question_without_an_answer_is_asked_again_while_there_is_a_connection(
    monkeypatch: pytest.MonkeyPatch, *, is_connected: bool
) -> None:
    monkeypatch.setattr(recovery_module, "RETRY_SECS", 0.02)
    bench = Bench()
    bench.failures = 2
    recovery = bench.recovery()

    recovery.on_connection(is_up=True)
    bench.is_connected = is_connected
    await asyncio.sleep(0.2)

    assert (len(bench.asked), bench.refreshed) == ((3, 1) if is_connected else (1, 0))
    bench.failures = 0
    recovery.on_connection(is_up=True)
    await eventually(lambda: bench.refreshed == 1 + is_connected)
