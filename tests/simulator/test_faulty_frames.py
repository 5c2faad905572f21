"""Faults of frames and of the venue's own, as a client of a running venue meets them."""

import asyncio
import time
from http import HTTPStatus
from typing import Any

import msgspec
import pytest

from simulator.fault_rules import (
    AckRace,
    AgentExpiry,
    ClockSkew,
    Delay,
    DropReply,
    Duplicate,
    PostOnly,
    Reorder,
    Silent,
    Status,
    UnknownOid,
)
from simulator.hyperliquid_directory import Agent
from simulator.outlet import Outlet
from simulator.replies import Reply
from tests.simulator.faulty import LATE_MS, Exchange, cancel, channels, order, posted, trading
from tests.simulator.venues import START_MS, Desk, book, open_desk
from tests.waiting import eventually

# Frames.


async def test_a_channel_is_silent_for_a_while_and_its_subscription_stays(desk: Desk) -> None:
    desk.venue.faults.add(Silent(type="bbo", coin="BTC", for_ms=1_000, count=1))
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        await client.subscribe(type="bbo", coin="ETH")
        for elapsed_ms in (100, 600, 1_100):
            price = str(elapsed_ms)
            desk.at(elapsed_ms, book(elapsed_ms, price, "9999.0"),
                    book(elapsed_ms, price, "9999.0", "ETH"))  # fmt: skip
        frames = await client.settled()

    seen = [(frame["data"]["coin"], frame["data"]["time"] - START_MS) for frame in frames]
    assert seen == [("ETH", 100), ("ETH", 600), ("BTC", 1_100), ("ETH", 1_100)]


async def test_frames_come_twice_or_behind_others(desk: Desk) -> None:
    desk.venue.faults.add(Reorder(on="ws", type="l2Book", behind=2, count=1))
    desk.venue.faults.add(Duplicate(on="ws", type="bbo", times=2, count=1))
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        await client.subscribe(type="l2Book", coin="BTC")
        desk.at(500, book(500, "99.0", "101.0"))

        assert await channels(client) == ["bbo", "bbo", "l2Book", "bbo"]


async def test_a_held_frame_comes_on_a_quiet_line_too(desk: Desk) -> None:
    desk.venue.faults.add(Reorder(on="ws", type="bbo", behind=50))
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        desk.at(500, book(500, "99.0", "101.0"))
        assert await channels(client) == []

        assert (await client.frame())["channel"] == "bbo"


async def test_a_copy_may_come_later(desk: Desk) -> None:
    desk.venue.faults.add(Duplicate(on="ws", type="bbo", ms=LATE_MS))
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        desk.at(500, book(500, "99.0", "101.0"))
        (first,) = await client.settled()

        assert await client.frame() == first


async def test_late_frames_keep_the_order_of_their_channel(desk: Desk) -> None:
    desk.venue.faults.add(Delay(on="ws", type="bbo", ms=LATE_MS, count=1))
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        await client.subscribe(type="l2Book", coin="BTC")
        desk.at(500, book(500, "99.0", "101.0"))
        desk.at(1_000, book(1_000, "98.0", "101.0"))

        assert await channels(client) == ["l2Book", "l2Book"]
        late = [await client.frame(), await client.frame()]
    assert [frame["data"]["time"] - START_MS for frame in late] == [500, 1_000]


async def test_a_short_delay_hurries_no_frame_before_it() -> None:
    out: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()
    outlet = Outlet(lambda frame: out.append((frame, loop.time() - began)))
    began = loop.time()
    outlet.emit("bbo", "first", 60.0, ())
    outlet.emit("bbo", "second", 5.0, ())
    outlet.emit("bbo", "third", 0.0, ())
    outlet.emit("trades", "other", 0.0, ())
    await eventually(lambda: len(out) == 4)

    assert [frame for frame, _ in out] == ["other", "first", "second", "third"]
    assert min(elapsed for _, elapsed in out[1:]) >= 0.059
    assert not outlet.busy


# The venue's own troubles.


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (order("Alo"), False),
        (order("Gtc"), True),
        (order("Ioc"), True),
        (cancel(), False),
        ({**order(), "action": {"type": "modify", "oid": 1,
                                "order": order("Alo")["action"]["orders"][0]}}, False),
        ({**order(), "action": {"type": "modify", "oid": 1,
                                "order": order("Gtc")["action"]["orders"][0]}}, True),
        ({**order(), "action": {"type": "batchModify", "modifies": [
            {"oid": 1, "order": order("Gtc")["action"]["orders"][0]}]}}, True),
        ({**order(), "action": {"type": "order", "orders": [
            order("Alo")["action"]["orders"][0],
            {"t": {"trigger": {"isMarket": True, "triggerPx": "1", "tpsl": "sl"}}}]}}, True),
        (b"{", False),
        ([], False),
        ({"action": [1]}, False),
    ],
)  # fmt: skip
async def test_only_post_only_orders_are_taken_after_an_upgrade(
    desk: Desk, exchange: Exchange, body: object, refused: bool
) -> None:
    desk.venue.faults.add(PostOnly(for_ms=1_000, count=1))
    response = await desk.post("/exchange", body)

    words = "Only post-only orders allowed immediately after a network upgrade"
    assert (response.json() == {"status": "err", "response": words}) == refused
    assert len(exchange.actions) == (not refused)


async def test_the_post_only_time_ends_by_the_venues_clock(desk: Desk, exchange: Exchange) -> None:
    desk.venue.faults.add(PostOnly(for_ms=1_000, count=1))
    for elapsed_ms in (0, 999, 1_000):
        desk.at(elapsed_ms)
        await desk.post("/exchange", order())

    assert len(exchange.actions) == 1


@pytest.mark.parametrize(("age_ms", "known"), [(499, False), (500, True)])
async def test_a_young_order_is_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, age_ms: int, known: bool
) -> None:
    status = {"order": {"oid": 5, "timestamp": START_MS}, "status": "open"}
    reply = Reply(HTTPStatus.OK, msgspec.json.encode({"status": "order", "order": status}))
    monkeypatch.setattr(desk.venue._front, "info", lambda _body: reply)
    desk.venue.faults.add(UnknownOid(ms=500))
    desk.at(age_ms)
    answer = await desk.info(type="orderStatus", user="0x" + "0" * 40, oid=5)

    assert answer["status"] == ("order" if known else "unknownOid")


async def test_agents_expire(desk: Desk) -> None:
    agents = desk.venue.trading.directory.agents
    for letter in "abc":
        address = f"0x{letter * 40}"
        agents[address] = Agent(address, "0x" + "1" * 40)
    desk.venue.faults.add(AgentExpiry(agent="0x" + "A" * 40, after=1, count=1))
    await desk.post("/exchange", order())
    assert len(agents) == 3
    await desk.post("/exchange", order())
    assert sorted(agents) == ["0x" + "b" * 40, "0x" + "c" * 40]
    desk.venue.expire_agent()
    assert not agents


@pytest.mark.parametrize(
    ("offset_ms", "body", "words"),
    [
        (5_000, order(expiresAfter=START_MS + 4_999), "Action already expired"),
        (5_000, order(expiresAfter=START_MS + 5_000), None),
        (0, order(expiresAfter=START_MS), None),
        (-2 * 86_400_000, order(), "Invalid nonce"),
        (3 * 86_400_000, order(), "Invalid nonce"),
    ],
)
async def test_the_venues_clock_may_be_wrong(
    desk: Desk, exchange: Exchange, offset_ms: int, body: dict[str, Any], words: str | None
) -> None:
    desk.venue.faults.add(ClockSkew(offset_ms=offset_ms))
    answer = (await desk.post("/exchange", body)).json()

    assert (await desk.info(type="exchangeStatus"))["time"] == START_MS + offset_ms
    assert (answer["status"] == "err") == (words is not None)
    assert str(answer["response"]).startswith(words or "{'type'")
    assert len(exchange.actions) == (words is None)


async def test_a_nonce_of_the_walls_time_passes_a_venue_of_another(
    desk: Desk, exchange: Exchange
) -> None:
    desk.venue.faults.add(ClockSkew(offset_ms=5_000))
    for nonce in (START_MS, time.time_ns() // 1_000_000):
        await desk.post("/exchange", {**order(), "nonce": nonce})

    assert len(exchange.actions) == 2


async def test_user_frames_come_before_the_reply_or_after(desk: Desk, exchange: Exchange) -> None:
    async with desk.client() as client:
        await client.send(posted(1, order(), "action"))
        usual = await channels(client)
        desk.venue.faults.add(AckRace())
        desk.venue.faults.add(Delay(on="post", ms=20))
        await client.send(posted(2, order(), "action"))
        raced = [(await client.frame())["channel"] for _ in range(4)]

    assert usual == ["orderUpdates", "userFills", "bbo", "post"]
    assert raced == ["bbo", "post", "orderUpdates", "userFills"]
    assert len(exchange.actions) == 2


async def test_user_frames_may_wait_after_a_reply_by_http(desk: Desk, exchange: Exchange) -> None:
    desk.venue.faults.add(AckRace(ms=LATE_MS))
    async with desk.client() as client:
        assert await channels(client) == []
        await desk.post("/exchange", order())
        assert await channels(client) == ["bbo"]
        assert (await client.frame())["channel"] == "orderUpdates"
        assert (await client.frame())["channel"] == "userFills"
        assert len(exchange.actions) == 1


async def test_the_seed_decides_which_channel_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    async def orders_seen(seed: int) -> tuple[tuple[str, ...], ...]:
        async with open_desk(fault_seed=seed) as desk, desk.client() as client:
            trading(desk, monkeypatch, "orderUpdates", "userFills")
            desk.venue.faults.add(AckRace(events="random"))
            seen = []
            for number in range(8):
                await client.send(posted(number, order(), "action"))
                seen.append(tuple(await channels(client)))
        return tuple(seen)

    first = await orders_seen(1)
    assert await orders_seen(1) == first
    assert await orders_seen(2) != first
    assert len(set(first)) > 2


async def test_what_a_dropped_reply_held_comes_all_the_same(desk: Desk, exchange: Exchange) -> None:
    desk.venue.faults.add(AckRace())
    desk.venue.faults.add(DropReply(on="post"))
    async with desk.client() as client:
        await client.send(posted(1, order(), "action"))

        assert await channels(client) == ["bbo", "orderUpdates", "userFills"]
        assert len(exchange.actions) == 1


# By coin.


async def test_a_rule_knows_the_coin_of_an_action(desk: Desk, exchange: Exchange) -> None:
    desk.venue.faults.add(Status(on="exchange", coin="ETH", status=500))
    assert (await desk.post("/exchange", order(asset=0))).status_code == 200
    assert (await desk.post("/exchange", order(asset=1))).status_code == 500
    assert (await desk.post("/exchange", cancel())).status_code == 200
    assert len(exchange.actions) == 2
