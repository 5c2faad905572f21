"""Faults around real orders of a signed client: what is executed is executed, whatever is heard."""

from contextlib import suppress
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from simulator.fault_rules import (
    AckRace,
    AgentExpiry,
    AnyRule,
    ClockSkew,
    Delay,
    DropReply,
    DropRequest,
    Duplicate,
    PostOnly,
    Silent,
    Status,
    UnknownOid,
)
from simulator.hyperliquid_directory import Agent
from tests.simulator.signed_bodies import USER, address, signed
from tests.simulator.trading_floor import open_trading_desk, wire
from tests.simulator.venues import START_MS, Client, Desk

RESTING = wire(0, "B", "90000", "0.01")
CROSSING = wire(0, "B", "101000", "0.01", "Ioc")


def ordered(
    order: object, nonce: int = START_MS, wallet: LocalAccount = USER, expires: int | None = None
) -> dict[str, Any]:
    action = {"type": "order", "orders": [order], "grouping": "na"}
    return signed(wallet, action, nonce, None, expires)


def posted(body: object, number: int = 1) -> dict[str, Any]:
    return {"method": "post", "id": number, "request": {"type": "action", "payload": body}}


async def open_orders(desk: Desk) -> list[Any]:
    orders: list[Any] = await desk.info(type="openOrders", user=address(USER))
    return orders


async def watch(client: Client, *feeds: str) -> None:
    for feed in feeds:
        await client.send(
            {"method": "subscribe", "subscription": {"type": feed, "user": address(USER)}}
        )
    await client.settled()


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (DropReply(on="request", type="order", count=1), 1),
        (DropRequest(on="request", type="order", count=1), 0),
        (Status(on="request", status=502, executed=True, type="order", count=1), 1),
        (Status(on="request", status=429, type="order", count=1), 0),
        (PostOnly(count=1), 0),
    ],
)
@pytest.mark.parametrize("by", ["http", "ws"])
async def test_an_order_rests_or_not_whatever_is_heard(rule: AnyRule, count: int, by: str) -> None:
    async with open_trading_desk() as desk, desk.client() as client:
        desk.venue.faults.add(rule)
        if by == "ws":
            await client.send(posted(ordered(RESTING)))
            await client.settled()
        else:
            with suppress(OSError):
                await desk.post("/exchange", ordered(RESTING))
        assert len(await open_orders(desk)) == count
        again = (await desk.post("/exchange", ordered(RESTING))).json()
        assert (again["status"] == "err") == bool(count)  # its nonce was used, or was not


async def test_fills_race_with_the_reply_and_come_twice() -> None:
    async with open_trading_desk() as desk, desk.client() as client:
        await watch(client, "orderUpdates", "userEvents", "userFills")
        await client.send(posted(ordered(CROSSING)))
        usual = [frame["channel"] for frame in await client.settled()]
        desk.venue.faults.add(AckRace())
        desk.venue.faults.add(Duplicate(on="ws", type="userFills"))
        desk.venue.faults.add(Silent(type="user"))
        await client.send(posted(ordered(CROSSING, START_MS + 1), 2))
        faulty = [frame["channel"] for frame in await client.settled()]

    assert sorted(usual) == ["orderUpdates", "post", "user", "userFills"]
    assert usual[-1] == "post"
    assert faulty[0] == "post"
    assert sorted(faulty[1:]) == ["orderUpdates", "userFills", "userFills"]


async def test_an_order_is_unknown_while_it_is_young() -> None:
    async with open_trading_desk() as desk:
        desk.venue.faults.add(UnknownOid(ms=300))
        placed = (await desk.post("/exchange", ordered(RESTING))).json()
        oid = placed["response"]["data"]["statuses"][0]["resting"]["oid"]
        first = await desk.info(type="orderStatus", user=address(USER), oid=oid)
        desk.at(300)
        then = await desk.info(type="orderStatus", user=address(USER), oid=oid)

    assert first == {"status": "unknownOid"}
    assert then["status"] == "order"


async def test_an_expired_agent_does_not_exist() -> None:
    wallet = Account.create()
    agent = wallet.address.lower()
    async with open_trading_desk() as desk:
        desk.venue.trading.directory.agents[agent] = Agent(agent, address(USER))
        desk.venue.faults.add(AgentExpiry(agent=agent, after=1))
        first = (await desk.post("/exchange", ordered(RESTING, START_MS, wallet))).json()
        then = (await desk.post("/exchange", ordered(RESTING, START_MS + 1, wallet))).json()

    assert first["status"] == "ok"
    assert then["response"] == f"User or API Wallet {agent} does not exist."


async def test_a_venue_that_is_ahead_finds_orders_expired() -> None:
    async with open_trading_desk() as desk:
        desk.venue.faults.add(ClockSkew(offset_ms=10_000, count=1))
        body = ordered(RESTING, expires=START_MS + 5_000)
        first = (await desk.post("/exchange", body)).json()
        then = (await desk.post("/exchange", body)).json()

    assert first["response"] == "Action already expired"
    assert then["status"] == "ok"


async def test_an_order_may_be_executed_after_its_client_gave_up() -> None:
    async with open_trading_desk() as desk, desk.client() as client:
        await watch(client, "orderUpdates")
        desk.venue.faults.add(Delay(on="post", type="order", ms=300, executed=False))
        await client.send(posted(ordered(RESTING)))
        assert await client.settled() == []
        assert await open_orders(desk) == []
        frames = await client.until(lambda frame: frame["channel"] == "post")

        assert [frame["channel"] for frame in frames] == ["orderUpdates", "post"]
        assert len(await open_orders(desk)) == 1
