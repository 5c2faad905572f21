"""An answer finds who waits for it, whenever it comes; without one the outcome is unknown."""

import asyncio

import pytest

from adapters.common.errors import NotSent, OutcomeUnknown
from adapters.common.posts import PostBook
from tests.waiting import eventually


def book(in_flight_max: int = 10) -> PostBook[str]:
    return PostBook(asyncio.get_running_loop(), in_flight_max)


async def test_answers_find_their_requests_in_any_order() -> None:
    posts = book()
    first, second = posts.next_id(), posts.next_id()
    answers = [posts.expect(first, 60), posts.expect(second, 60)]

    assert posts.settle(second, "two")
    assert posts.settle(first, "one")

    assert await asyncio.gather(*answers) == ["one", "two"]
    assert not posts.settle(first, "again")


async def test_the_venue_is_given_no_more_than_it_takes() -> None:
    posts = book(in_flight_max=1)
    post_id = posts.next_id()
    posts.expect(post_id, 60)

    assert posts.is_full
    with pytest.raises(NotSent, match="at most 1 posts"):
        posts.next_id()
    posts.settle(post_id, "")
    assert posts.next_id() > post_id


async def test_each_request_is_given_up_at_its_own_time() -> None:
    posts = book()
    slow = posts.expect(posts.next_id(), 60)
    quick = posts.expect(posts.next_id(), 0.02)

    await eventually(quick.done)

    assert isinstance(quick.exception(), OutcomeUnknown)
    assert not slow.done()
    posts.give_up_all("the line is lost")
    with pytest.raises(OutcomeUnknown, match="line is lost"):
        await slow
