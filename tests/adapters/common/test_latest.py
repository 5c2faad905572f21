"""Of messages that replace one another the newest is read, and reading leaves time for others."""

import asyncio
from collections.abc import Callable
from typing import Any

from adapters.common.latest import Latest
from tests.waiting import eventually


class Clockwork(asyncio.AbstractEventLoop):
    """A loop whose time goes from one call to the next."""

    def __init__(self) -> None:
        self.now = 100.0
        self._calls: list[tuple[float, Callable[..., object]]] = []

    def get_debug(self) -> bool:
        return False

    def time(self) -> float:
        return self.now

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *_args: object,
        context: Any = None,  # noqa: ANN401, ARG002
    ) -> asyncio.TimerHandle:
        self._calls.append((when, callback))
        return asyncio.TimerHandle(when, callback, (), self)

    def run_due(self) -> None:
        """Go on until all calls are made."""
        while self._calls:
            when, callback = self._calls.pop(0)
            self.now = max(self.now, when)
            callback()


async def test_the_newest_of_one_turn_is_read_and_those_before_it_never() -> None:
    read: list[int] = []
    latest = Latest(asyncio.get_running_loop(), read.append)

    for number in range(5):
        latest.offer(number)
    await eventually(lambda: read)
    latest.offer(5)
    await eventually(lambda: len(read) == 2)

    assert read == [4, 5]


def test_reading_takes_a_tenth_of_the_time_at_most() -> None:
    loop = Clockwork()
    read: list[tuple[float, int]] = []

    def read_slowly(number: int) -> None:
        loop.now += 2.0  # so long it takes
        read.append((loop.now, number))

    latest = Latest(loop, read_slowly)
    latest.offer(1)
    loop.run_due()
    latest.offer(2)
    latest.offer(3)
    loop.run_due()

    assert [number for _, number in read] == [1, 3]
    assert read[1][0] - read[0][0] == 20.0


async def test_what_is_out_of_date_is_read_no_more() -> None:
    read: list[int] = []
    latest = Latest(asyncio.get_running_loop(), read.append)

    latest.offer(1)
    latest.forget()
    latest.offer(2)
    await eventually(lambda: read)

    assert read == [2]


async def test_a_message_that_cannot_be_read_does_not_keep_the_next_from_it() -> None:
    read: list[str] = []
    errors: list[BaseException] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: errors.append(context["exception"]))

    def read_number(text: str) -> None:
        int(text)
        read.append(text)

    latest = Latest(loop, read_number)
    latest.offer("one")
    await eventually(lambda: errors)
    latest.offer("2")
    await eventually(lambda: read)

    assert read == ["2"]
