"""Faults of requests and connections, as a client of a running venue meets them."""

import asyncio
from collections.abc import Callable
from typing import Literal

import msgspec
import pytest
import requests
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus

from simulator.fault_rules import (
    Abort,
    AnyRule,
    Close,
    Delay,
    DropReply,
    DropRequest,
    Duplicate,
    HalfOpen,
    Reorder,
    Status,
)
from tests.simulator.faulty import (
    CLOCK,
    LATE_MS,
    SILENCE_SECS,
    Exchange,
    cancel,
    closed,
    is_silent,
    order,
    posted,
)
from tests.simulator.venues import Desk, book, open_desk
from tests.waiting import eventually

# Requests over HTTP.


@pytest.mark.parametrize(
    ("rule", "executed"),
    [
        (DropReply(on="exchange", count=1), 1),
        (DropRequest(on="exchange", count=1), 0),
        (Abort(on="exchange", count=1), 0),
        (Abort(on="exchange", count=1, executed=True), 1),
    ],
)
async def test_an_action_without_response_ends_its_connection(
    desk: Desk, exchange: Exchange, rule: AnyRule, executed: int
) -> None:
    desk.venue.faults.add(rule)
    with pytest.raises(requests.ConnectionError) as failed:
        await desk.post("/exchange", order())

    assert len(exchange.actions) == executed
    assert ("reset by peer" in str(failed.value)) == isinstance(rule, Abort)
    assert (await desk.post("/exchange", order())).status_code == 200
    assert [fired.do for fired in desk.venue.faults.log] == [rule.__struct_config__.tag]


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize(
    ("status", "said", "body", "kind"),
    [
        (429, None, "null", "application/json"),
        (429, "Too Many Requests", "Too Many Requests", "text/plain; charset=utf-8"),
        (422, None, "Failed to deserialize the JSON body into the target type",
         "text/plain; charset=utf-8"),
        (500, None, "Internal Server Error", "text/plain; charset=utf-8"),
        (502, None, "<html>\r\n<head><title>502 Bad Gateway</title></head>",
         "text/html; charset=utf-8"),
    ],
)  # fmt: skip
async def test_a_status_comes_before_or_after_executing(
    desk: Desk,
    exchange: Exchange,
    executed: bool,
    status: int,
    said: str | None,
    body: str,
    kind: str,
) -> None:
    desk.venue.faults.add(Status(on="exchange", status=status, body=said, executed=executed))
    response = await desk.post("/exchange", order())

    assert response.status_code == status
    assert response.text.startswith(body)
    assert response.headers["content-type"] == kind
    assert len(exchange.actions) == executed


async def test_a_half_open_connection_answers_nothing_and_ends_with_the_venue() -> None:
    async with open_desk() as desk:
        desk.venue.faults.add(HalfOpen(on="info", count=1))
        asking = asyncio.create_task(desk.post("/info", CLOCK))
        await eventually(lambda: desk.venue.faults.log)
        await desk.info(type="exchangeStatus")
        assert not asking.done()

    with pytest.raises(requests.ConnectionError):
        await asking


async def test_a_delayed_reply_is_passed_by_a_later_one(desk: Desk, exchange: Exchange) -> None:
    desk.venue.faults.add(Delay(on="exchange", type="order", ms=LATE_MS))
    late = asyncio.create_task(desk.post("/exchange", order()))
    await eventually(lambda: exchange.actions)
    assert (await desk.post("/exchange", cancel())).status_code == 200

    assert not late.done()
    assert (await late).status_code == 200
    assert late.result().elapsed.total_seconds() >= LATE_MS / 1000


async def test_an_action_may_be_executed_late(desk: Desk, exchange: Exchange) -> None:
    desk.venue.faults.add(Delay(on="exchange", type="order", ms=LATE_MS, executed=False))
    late = asyncio.create_task(desk.post("/exchange", order()))
    await eventually(lambda: desk.venue.faults.log)
    await desk.post("/exchange", cancel())
    await late

    types = [msgspec.json.decode(body)["action"]["type"] for body in exchange.actions]
    assert types == ["cancel", "order"]


async def test_the_end_of_the_venue_ends_every_wait() -> None:
    async with open_desk() as desk, desk.client() as client:
        desk.venue.faults.add(Delay(on="request", ms=60_000))
        asking = asyncio.create_task(desk.post("/info", CLOCK))
        await client.send(posted(1, CLOCK))
        await eventually(lambda: len(desk.venue.faults.log) == 2)

    assert (await asking).status_code == 200


# Posts by WebSocket.


@pytest.mark.parametrize(("rule", "executed"), [(DropReply, 1), (DropRequest, 0)])
async def test_a_dropped_post_is_silence(
    desk: Desk,
    exchange: Exchange,
    rule: Callable[..., AnyRule],
    executed: int,
) -> None:
    desk.venue.faults.add(rule(on="post", type="order", count=1))
    async with desk.client() as client:
        await client.send(posted(1, order(), "action"))
        await client.send(posted(2, cancel(), "action"))
        answered = [frame for frame in await client.settled() if frame["channel"] == "post"]

    assert [frame["data"]["id"] for frame in answered] == [2]
    assert len(exchange.actions) == 1 + executed


async def test_a_posted_request_is_told_a_status_in_words(desk: Desk) -> None:
    desk.venue.faults.add(Status(on="request", status=502, body="<html>", count=1))
    desk.venue.faults.add(Status(on="post", status=429, count=1, after=1))
    async with desk.client() as client:
        for number in (1, 2, 3):
            await client.send(posted(number, CLOCK))
        frames = await client.settled()

    responses = {frame["data"]["id"]: frame["data"]["response"] for frame in frames}
    assert responses[1] == {"type": "error", "payload": "502 Bad Gateway: <html>"}
    assert responses[2] == {"type": "error", "payload": "429 Too Many Requests"}
    assert responses[3]["type"] == "info"


async def test_delayed_posts_are_executed_in_order_and_answered_late(
    desk: Desk, exchange: Exchange
) -> None:
    desk.venue.faults.add(Delay(on="post", type="order", ms=LATE_MS))
    async with desk.client() as client:
        await client.send(posted(1, order(), "action"))
        await client.send(posted(2, cancel(), "action"))
        frames = await client.until(
            lambda frame: frame.get("data", {}) and frame["data"]["id"] == 1
        )

    types = [msgspec.json.decode(body)["action"]["type"] for body in exchange.actions]
    assert types == ["order", "cancel"]
    assert [frame["data"]["id"] for frame in frames if frame["channel"] == "post"] == [2, 1]


async def test_an_answer_may_come_twice_or_after_others(desk: Desk) -> None:
    desk.venue.faults.add(Reorder(on="post", behind=2, count=1))
    desk.venue.faults.add(Duplicate(on="post", after=1, count=1))
    async with desk.client() as client:
        for number in (1, 2, 3):
            await client.send(posted(number, CLOCK))
        frames = await client.settled()

    assert [frame["data"]["id"] for frame in frames] == [2, 2, 1, 3]


@pytest.mark.parametrize("on", ["post", "ws", "connect"])
async def test_the_venue_closes_with_a_code(
    desk: Desk, exchange: Exchange, on: Literal["post", "ws", "connect"]
) -> None:
    desk.venue.faults.add(Close(on=on, count=1))
    async with desk.client() as client:
        if on != "connect":
            await client.send(posted(1, order(), "action") if on == "post" else {"method": "ping"})
        end = await closed(client)

    assert end.rcvd is not None
    assert (end.rcvd.code, end.rcvd.reason) == (1000, "Inactive")
    assert not exchange.actions


@pytest.mark.parametrize("on", ["post", "ws"])
async def test_the_venue_resets_a_connection(
    desk: Desk, exchange: Exchange, on: Literal["post", "ws"]
) -> None:
    desk.venue.faults.add(Abort(on=on, type="order" if on == "post" else "", executed=True))
    async with desk.client() as client:
        await client.send(posted(1, order(), "action"))
        end = await closed(client)

    assert end.rcvd is None
    assert isinstance(end.__cause__, ConnectionResetError)
    assert len(exchange.actions) == 1


@pytest.mark.parametrize("on", ["post", "ws"])
async def test_a_half_open_socket_is_deaf_and_dumb(
    desk: Desk, exchange: Exchange, on: Literal["post", "ws"]
) -> None:
    desk.venue.faults.add(HalfOpen(on=on, type="order" if on == "post" else "pong", count=1))
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        if on == "post":
            await client.send(posted(1, order(), "action"))
        else:
            await client.send({"method": "ping"})
        await client.send(posted(2, order(), "action"))
        await eventually(lambda: desk.venue.faults.log)
        desk.at(500, book(500, "99.0", "101.0"))
        ponged = await client.line.ping()

        assert await is_silent(client)
        assert not ponged.done()
        assert not exchange.actions
        assert client.line.close_code is None
        await desk.venue.drop_connections()
        assert (await closed(client)).rcvd is None
    async with desk.client() as again:
        assert await again.settled() == []


async def test_half_open_sockets_do_not_outlive_the_venue() -> None:
    async with open_desk() as desk:
        desk.venue.faults.add(HalfOpen(on="ws"))
        line = await connect(desk.venue.ws_url)
        await line.send('{"method":"ping"}')
        await eventually(lambda: desk.venue.faults.log)

    await line.wait_closed()
    assert line.close_code == 1006
    assert not desk.venue._reception.tasks


# Opening a WebSocket.


async def test_a_client_is_refused_or_reset_or_left_waiting(desk: Desk) -> None:
    for rule in (Status(on="connect", status=502), Abort(on="connect"), HalfOpen(on="connect")):
        desk.venue.faults.add(msgspec.structs.replace(rule, count=1))
        if isinstance(rule, Status):
            with pytest.raises(InvalidStatus) as refused:
                await connect(desk.venue.ws_url)
            assert refused.value.response.status_code == 502
        elif isinstance(rule, Abort):
            with pytest.raises(InvalidMessage):
                await connect(desk.venue.ws_url)
        else:
            with pytest.raises(TimeoutError):
                await connect(desk.venue.ws_url, open_timeout=SILENCE_SECS)
    async with desk.client() as client:
        assert await client.settled() == []


async def test_a_client_may_be_let_in_late(desk: Desk) -> None:
    desk.venue.faults.add(Delay(on="connect", ms=LATE_MS, count=1))
    with pytest.raises(TimeoutError):
        await connect(desk.venue.ws_url, open_timeout=0.02)
    async with desk.client() as client:
        assert await client.settled() == []
