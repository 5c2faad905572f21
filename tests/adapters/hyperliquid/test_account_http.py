"""Reads of an account ask as the venue wants it, weigh what it counts and answer with a type."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.account_schemas import RoleData, UserRole
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from tests.adapters.hyperliquid.account_rows import fill_row, order_row, update_row
from tests.adapters.hyperliquid.recordings import InfoStub, agree

USER = "0x" + "a" * 40

type Read = Callable[[AccountHttp], Awaitable[Any]]

SUMMARY = {
    "accountValue": "0.0",
    "totalNtlPos": "0.0",
    "totalRawUsd": "0.0",
    "totalMarginUsed": "0.0",
}
STATE = {"crossMarginSummary": SUMMARY, "withdrawable": "0.0", "assetPositions": [], "time": 1}
FUNDING = {"coin": "BTC", "usdc": "-0.1", "szi": "1.0", "fundingRate": "0.0000125"}
FOUND = {"status": "order", "order": update_row("open")}
AGENT = {"name": "ok", "address": "0x1", "validUntil": 5}
SUB = {"name": "one", "subAccountUser": "0x2", "master": USER, "clearinghouseState": STATE}
LIMIT = {"cumVlm": "1.5", "nRequestsUsed": 3, "nRequestsCap": 10001, "nRequestsSurplus": 2}


@pytest.mark.parametrize(
    ("read", "request_fields", "reply"),
    [
        (lambda x: x.clearinghouse_state(USER), {"type": "clearinghouseState"}, STATE),
        (
            lambda x: x.clearinghouse_state(USER, "xyz"),
            {"type": "clearinghouseState", "dex": "xyz"},
            STATE,
        ),
        (
            lambda x: x.spot_clearinghouse_state(USER),
            {"type": "spotClearinghouseState"},
            {"balances": []},
        ),
        (
            lambda x: x.frontend_open_orders(USER, "xyz"),
            {"type": "frontendOpenOrders", "dex": "xyz"},
            [order_row()],
        ),
        (lambda x: x.historical_orders(USER), {"type": "historicalOrders"}, [update_row("open")]),
        (lambda x: x.order_status(USER, 5), {"type": "orderStatus", "oid": 5}, FOUND),
        (lambda x: x.order_status(USER, "0xa"), {"type": "orderStatus", "oid": "0xa"}, FOUND),
        (lambda x: x.user_fills(USER), {"type": "userFills"}, [fill_row()]),
        (
            lambda x: x.user_fills_by_time(USER, 1),
            {"type": "userFillsByTime", "startTime": 1},
            [fill_row()],
        ),
        (
            lambda x: x.user_fills_by_time(USER, 1, 2),
            {"type": "userFillsByTime", "startTime": 1, "endTime": 2},
            [fill_row()],
        ),
        (
            lambda x: x.user_funding(USER, 1, 2),
            {"type": "userFunding", "startTime": 1, "endTime": 2},
            [{"time": 3, "hash": "0x0", "delta": FUNDING}],
        ),
        (lambda x: x.user_rate_limit(USER), {"type": "userRateLimit"}, LIMIT),
        (lambda x: x.sub_accounts(USER), {"type": "subAccounts"}, [SUB]),
        (lambda x: x.extra_agents(USER), {"type": "extraAgents"}, [AGENT]),
        (lambda x: x.user_abstraction(USER), {"type": "userAbstraction"}, "unifiedAccount"),
        (lambda x: x.twap_history(USER), {"type": "twapHistory"}, []),
    ],
)
async def test_what_is_asked(read: Read, request_fields: dict[str, Any], reply: Any) -> None:  # noqa: ANN401
    stub = InfoStub(**{request_fields["type"]: reply})

    answer = await read(AccountHttp(stub))

    assert stub.asked == [{"user": USER} | request_fields]
    assert agree(answer, reply)


async def test_what_is_answered() -> None:
    stub = InfoStub(
        userFunding=[{"time": 3, "hash": "0x0", "delta": FUNDING}],
        userRole={"role": "agent", "data": {"user": "0x7"}},
        subAccounts=None,
        orderStatus={"status": "unknownOid"},
        vaultDetails={"name": "Alpha", "leader": "0x9"},
    )
    reads = AccountHttp(stub)

    (payment,) = await reads.user_funding(USER, 1)
    assert (payment.time, payment.coin, str(payment.usdc)) == (3, "BTC", "-0.1")
    assert await reads.user_role(USER) == UserRole("agent", RoleData(user="0x7"))
    assert await reads.sub_accounts(USER) == []
    assert await reads.order_status(USER, 5) is None
    details = await reads.vault_details("0x8")
    assert details is not None
    assert details.leader == "0x9"
    assert stub.asked[-1] == {"type": "vaultDetails", "vaultAddress": "0x8"}


@asynccontextmanager
async def info_server(answers: dict[str, Any]) -> AsyncIterator[str]:
    """Serve fixed answers by HTTP, each connection once."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split()[0])
        request = json.loads(await reader.readexactly(length))
        body = json.dumps(answers[request["type"]]).encode()
        status = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(status % len(body) + body)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("read", "kind", "reply", "weight"),
    [
        (lambda x: x.clearinghouse_state(USER), "clearinghouseState", STATE, 2),
        (lambda x: x.spot_clearinghouse_state(USER), "spotClearinghouseState", {"balances": []}, 2),
        (lambda x: x.order_status(USER, 5), "orderStatus", FOUND, 2),
        (lambda x: x.frontend_open_orders(USER), "frontendOpenOrders", [order_row()] * 45, 20),
        (lambda x: x.historical_orders(USER), "historicalOrders", [update_row("open")] * 45, 22),
        (lambda x: x.user_fills(USER), "userFills", [fill_row()] * 40, 22),
        (lambda x: x.user_fills_by_time(USER, 1), "userFillsByTime", [fill_row()] * 39, 21),
        (lambda x: x.user_role(USER), "userRole", {"role": "user"}, 60),
    ],
)
async def test_what_it_weighs(read: Read, kind: str, reply: Any, weight: int) -> None:  # noqa: ANN401
    governor = address_governor()
    async with info_server({kind: reply}) as url:
        client = HyperliquidHttpClient(url, governor, max_attempts=1)

        await read(AccountHttp(client))

    assert governor.remaining == 1_200 - weight
