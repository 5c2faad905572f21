"""The live stream: nothing is lost to those who listen, and nobody can fill the memory."""

import pytest

from monitor.errors import MonitorError
from monitor.feed import HISTORY_MAX, LISTENERS_MAX, WAITING_MAX, Feed


async def test_a_silent_market_still_sends_signs_of_life() -> None:
    frames = Feed().listen(heartbeat_secs=0.01)
    assert [await anext(frames) for _ in range(3)] == [b": still here\n\n"] * 3


async def test_a_listener_that_reads_nothing_is_let_go() -> None:
    feed = Feed()
    slow = feed.listen()
    await anext(slow)
    for _ in range(WAITING_MAX + 1):
        feed.tell("line", b"1")
    assert not feed.has_listeners
    assert len([frame async for frame in slow]) == WAITING_MAX


async def test_the_history_is_bounded_and_in_order() -> None:
    feed = Feed()
    for _ in range(HISTORY_MAX + 5):
        feed.tell("line", b"1")
    again = feed.listen(after=0)
    await anext(again)
    assert (await anext(again)).startswith(b"id: 6\n")
    assert (await anext(again)).startswith(b"id: 7\n")


async def test_one_listener_too_many_is_refused() -> None:
    feed = Feed()
    listeners = [feed.listen() for _ in range(LISTENERS_MAX)]
    for listener in listeners:
        await anext(listener)
    with pytest.raises(MonitorError) as caught:
        feed.listen()
    assert caught.value.status == 503


async def test_nobody_listens_to_a_desk_that_ends() -> None:
    feed = Feed()
    feed.close()
    with pytest.raises(MonitorError):
        feed.listen()
