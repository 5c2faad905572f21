"""Many waits with one timer end as each of its own would."""

import asyncio

import pytest

from webhook.patience import Patience


async def test_what_comes_in_time_is_returned() -> None:
    assert await Patience(5).wait(asyncio.sleep(0, "it")) == "it"


async def test_each_wait_ends_by_itself() -> None:
    patience = Patience(0.1)
    never = asyncio.Event()
    started = asyncio.get_running_loop().time()
    results = await asyncio.gather(
        *(patience.wait(never.wait()) for _ in range(50)), return_exceptions=True
    )
    assert all(isinstance(one, TimeoutError) for one in results)
    assert 0.1 <= asyncio.get_running_loop().time() - started < 1
    with pytest.raises(TimeoutError):
        await patience.wait(never.wait())


async def test_who_is_canceled_by_another_is_canceled() -> None:
    patience = Patience(5)
    task = asyncio.create_task(patience.wait(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert patience._waiting == {}


async def test_an_error_passes_through() -> None:
    async def fail() -> None:
        raise ValueError("as it is")

    patience = Patience(5)
    with pytest.raises(ValueError, match="as it is"):
        await patience.wait(fail())
    assert patience._waiting == {}
