"""What goes wrong with the frames and connections of subscribers when rules want it."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.fault_rules import (
    Abort,
    Close,
    CorruptChecksum,
    Duplicate,
    HalfOpen,
    Reorder,
    Silent,
    Status,
)
from tests.simulator.synthetix_halves import BIDS, book, prints
from tests.simulator.synthetix_venues import BTC, fail, levels, open_floor, speaking

SILENCE_SECS = 0.1


async def test_a_swallowed_diff_is_a_gap() -> None:
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0))
        await client.subscribe("orderbook", symbol=BTC)
        first = await client.frame()
        fail(floor, Silent(type="orderbookUpdate", count=1))
        for elapsed_ms in (250, 500):
            floor.at(elapsed_ms, book(elapsed_ms, levels(("99999", f"{elapsed_ms}"))))
        diff = await client.frame()

    assert diff["prevMeseq"] == first["meseq"] + 1


async def test_a_checksum_is_corrupted_and_nothing_else() -> None:
    heard: list[list[dict[str, Any]]] = []
    for rules in ([], [CorruptChecksum(coin=BTC, after=1, count=1)]):
        async with open_floor() as floor, floor.client() as client:
            fail(floor, *rules)
            floor.at(0, book(0))
            await client.subscribe("orderbook", symbol=BTC)
            await client.subscribe("trades", symbol=BTC)
            changed = levels(("99999", "1.25"), ("99998", "2"))
            floor.at(250, book(250, changed), prints(250, "1"))
            floor.at(500, book(500, BIDS))
            heard.append([frame for frame in await client.settled() if "checksum" in frame])

    right, wrong = heard
    sums = [[frame.pop("checksum") for frame in frames] for frames in heard]
    assert right == wrong
    assert len(sums[0]) == 2
    assert sums[0][0] != sums[1][0]
    assert sums[0][1] == sums[1][1]


async def test_pushes_come_twice_and_out_of_order() -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("trades", symbol=BTC)
        doubled = Duplicate(on="ws", type="trade", count=1)
        fail(floor, doubled, Reorder(on="ws", type="trade", after=1, count=1))
        floor.at(5, prints(5, "1", "2", "3"))
        heard = await client.settled()

    assert [frame["data"]["tradeId"] for frame in heard] == ["1", "1", "3", "2"]


async def test_a_rule_finds_pushes_by_their_method_too() -> None:
    async with open_floor(speaking(push="method")) as floor, floor.client() as client:
        await client.subscribe("candles", symbol=BTC, timeframe="1m")
        fail(floor, Silent(type="candleUpdate"))
        floor.at(5, prints(5, "1"))
        heard = await client.settled()

    assert heard == []


async def test_one_side_may_be_closed_while_the_other_is_open() -> None:
    async with open_floor() as floor:
        fail(floor, Status(on="connect", type="trade", status=503))
        async with floor.client("info") as client:
            assert (await client.call("ping"))["status"] == 200
        with pytest.raises(InvalidStatus) as refused:
            async with floor.client("trade"):
                pass

    assert refused.value.response.status_code == 503


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Close(on="ws", type="trade", code=1012, reason="restart"), 1012),
        (Abort(on="ws", type="trade"), None),
    ],
)
async def test_a_connection_ends_in_the_place_of_a_push(
    rule: Close | Abort, code: int | None
) -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("trades", symbol=BTC)
        fail(floor, rule)
        floor.at(5, prints(5, "1"))
        with pytest.raises(ConnectionClosed) as ended:
            await client.frame()

    assert (None if ended.value.rcvd is None else ended.value.rcvd.code) == code


async def test_a_half_open_connection_answers_nothing() -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("trades", symbol=BTC)
        fail(floor, HalfOpen(on="ws", count=1))
        floor.at(5, prints(5, "1"))
        await client.send({"id": "9", "method": "ping"})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SILENCE_SECS):
                await client.line.recv()
        await floor.venue.drop_connections()
