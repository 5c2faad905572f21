"""A timer of a node fires on its loop, in turn, and never after it was canceled."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from nautilus_trader.common.component import Clock, LiveClock, TimeEvent
from nautilus_trader.core.uuid import UUID4

from desk.loop_clock import LoopClock, _Timer
from tests.waiting import eventually

MS = 1_000_000


@pytest.fixture
async def clock() -> Clock:
    """Return one on the test's loop."""
    return _clock_on(asyncio.get_running_loop())


def _clock_on(loop: asyncio.AbstractEventLoop) -> Clock:
    clock: Clock = type("Clock", (LoopClock,), {"loop": loop})()
    return clock


def _set_timer(clock: Clock, heard: list[tuple[str, int]]) -> None:
    def hear(event: TimeEvent) -> None:
        heard.append((event.name, threading.get_ident()))

    clock.set_timer_ns("ns", 10 * MS, 0, 0, hear)
    clock.set_timer("span", timedelta(milliseconds=10), callback=hear)
    clock.set_time_alert_ns("alert ns", clock.timestamp_ns() + 10 * MS, hear)
    clock.set_time_alert("alert", datetime.now(UTC) + timedelta(milliseconds=10), hear)


async def test_each_kind_of_timer_fires_on_the_loop(clock: Clock) -> None:
    heard: list[tuple[str, int]] = []

    _set_timer(clock, heard)
    await eventually(lambda: {name for name, _ in heard} == {"ns", "span", "alert ns", "alert"})

    clock.cancel_timers()
    assert {thread for _, thread in heard} == {threading.get_ident()}


async def test_nautiluss_own_timers_do_not() -> None:
    """What this clock is for; where it is no longer so, the clock can go."""
    clock, heard = LiveClock(), list[tuple[str, int]]()

    _set_timer(clock, heard)
    await eventually(lambda: len({name for name, _ in heard}) == 4)

    clock.cancel_timers()
    assert threading.get_ident() not in {thread for _, thread in heard}


async def test_the_default_handler_hears_on_the_loop_as_well(clock: Clock) -> None:
    heard: list[int] = []
    clock.register_default_handler(lambda _event: heard.append(threading.get_ident()))

    clock.set_timer_ns("timer", 10 * MS, 0, 0)
    await eventually(lambda: heard)

    clock.cancel_timers()
    assert set(heard) == {threading.get_ident()}


@pytest.mark.parametrize("is_one", [True, False])
async def test_a_canceled_timer_is_not_heard_of_again(clock: Clock, is_one: bool) -> None:
    heard: list[str] = []
    clock.set_timer_ns("other", 10 * MS, 0, 0, lambda event: heard.append(event.name))
    clock.set_timer_ns("timer", 10 * MS, 0, 0, lambda event: heard.append(event.name))
    time.sleep(0.1)  # noqa: ASYNC251  both are due, and wait for the loop

    if is_one:
        clock.cancel_timer("timer")
    else:
        clock.cancel_timers()
    await asyncio.sleep(0.1)

    clock.cancel_timers()
    assert set(heard) == ({"other"} if is_one else set())


async def test_a_timer_may_be_set_again_under_its_name_in_its_own_handler(clock: Clock) -> None:
    heard: list[str] = []

    def hear(event: TimeEvent) -> None:
        heard.append(event.name)
        if len(heard) < 3:
            clock.set_time_alert_ns(event.name, clock.timestamp_ns() + MS, hear)

    clock.set_time_alert_ns("again", clock.timestamp_ns() + MS, hear)

    await eventually(lambda: len(heard) == 3)


async def test_a_handler_that_raises_is_called_again(clock: Clock) -> None:
    calls: list[str] = []
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))

    def fail(event: TimeEvent) -> None:
        calls.append(event.name)
        raise ValueError("no more")

    clock.set_timer_ns("timer", 10 * MS, 0, 0, fail)
    await eventually(lambda: len(calls) > 1)

    clock.cancel_timers()
    assert not errors  # it is logged where the node logs


async def test_alerts_that_have_fired_are_forgotten(clock: Clock) -> None:
    heard: list[str] = []
    for number in range(100):
        name, due_ns = f"alert {number}", clock.timestamp_ns() + MS
        clock.set_time_alert_ns(name, due_ns, lambda event: heard.append(event.name))
    await eventually(lambda: len(heard) == 100)

    assert not clock._timers  # a leak shows nowhere else


async def test_a_timer_without_a_handler_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="handler for the timer 'timer', found none"):
        clock.set_timer_ns("timer", 10 * MS, 0, 0)


def test_a_timer_whose_loop_is_closed_does_nothing() -> None:
    loop, heard = asyncio.new_event_loop(), list[TimeEvent]()
    loop.close()

    _Timer(loop, heard.append)(TimeEvent("timer", UUID4(), 1, 1))

    assert not heard
