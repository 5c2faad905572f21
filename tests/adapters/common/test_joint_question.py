"""Who asks at the same time shares an answer, which is never older than the wish for it."""

import asyncio

import pytest

from adapters.common.errors import OutcomeUnknown
from adapters.common.joint_question import JointQuestion


class Venue:
    """Answers with the number of the question, when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        if number == 2:
            raise OutcomeUnknown("silent")
        return number


async def test_who_comes_while_a_question_is_out_gets_the_next_one() -> None:
    venue = Venue()
    ask = JointQuestion(venue)
    first = [asyncio.create_task(ask()) for _ in range(3)]
    while not venue.asked:
        await asyncio.sleep(0)
    late = [asyncio.create_task(ask()) for _ in range(2)]
    await asyncio.sleep(0)
    assert venue.asked == 1
    venue.may_answer.set()
    assert await asyncio.gather(*first) == [1, 1, 1]
    for error in await asyncio.gather(*late, return_exceptions=True):
        assert isinstance(error, OutcomeUnknown)
    assert await ask() == 3


async def test_who_gives_up_leaves_the_answer_to_the_others() -> None:
    venue = Venue()
    ask = JointQuestion(venue)
    gone, waiting = asyncio.create_task(ask()), asyncio.create_task(ask())
    while not venue.asked:
        await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    venue.may_answer.set()
    assert await waiting == 1
