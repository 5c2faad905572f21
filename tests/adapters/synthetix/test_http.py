"""Reads are tried again, writes never; the venue's own count of tokens is respected."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.common.governor import WeightGovernor
from adapters.synthetix.constants import TOKENS_PER_IP, USER_AGENT
from adapters.synthetix.credentials import check_credentials
from adapters.synthetix.http import SynthetixHttpClient, address_governor

ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


class Answering:
    """A venue that gives its answers one after the other, the last one for ever."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.url = ""
        self.heads: list[str] = []
        self.bodies: list[Any] = []
        self._answers = list(answers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if "content-length:" in head.lower():
            size = int(head.lower().split("content-length:")[1].split()[0])
            self.bodies.append(json.loads(await reader.readexactly(size)))
        status, content = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        body = json.dumps(content).encode()
        writer.write(f"HTTP/1.1 {status} Some\r\nContent-Length: {len(body)}\r\n".encode())
        writer.write(b"Connection: close\r\n\r\n" + body)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def answering(*answers: tuple[int, Any]) -> AsyncIterator[Answering]:
    venue = Answering(*answers)
    async with await asyncio.start_server(venue.serve, "127.0.0.1", 0) as serving:
        venue.url = f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}/v1"
        yield venue


def ok(response: Any, **more: Any) -> tuple[int, Any]:  # noqa: ANN401 (any JSON)
    return 200, {"status": "ok", "response": response, "timestamp": 1704067200000, **more}


def failed(status: int, code: str, category: str) -> tuple[int, Any]:
    return status, {"status": "error", "error": {"code": code, "category": category}}


def client(venue: Answering, governor: WeightGovernor | None = None) -> SynthetixHttpClient:
    return SynthetixHttpClient(venue.url, governor or address_governor(), max_attempts=3)


async def test_a_question_has_its_envelope_and_says_who_asks() -> None:
    async with answering(ok({"bids": [["9", "1"]], "asks": []})) as venue:
        book = await client(venue).order_book("BTC-USDT", 10)
    assert book.bids == [("9", "1")]
    assert venue.bodies == [
        {"params": {"action": "getOrderbook", "symbol": "BTC-USDT", "limit": 10}}
    ]
    (head,) = venue.heads
    assert head.startswith("POST /v1/info ")
    agents = [line for line in head.split("\r\n") if line.lower().startswith("user-agent:")]
    assert [line.split(": ", 1)[1] for line in agents] == [USER_AGENT]


@pytest.mark.parametrize(
    ("response", "rows"), [({"candles": None}, 0), ({}, 0), ({"candles": []}, 0)]
)
async def test_no_candles_are_none_or_null(response: Any, rows: int) -> None:  # noqa: ANN401
    async with answering(ok(response)) as venue:
        assert len(await client(venue).candles("BTC-USDT", "1m", 0, 1, 5)) == rows


async def test_the_venues_time_is_that_of_its_answers() -> None:
    async with answering(ok({})) as venue:
        assert await client(venue).exchange_time_ms() == 1_704_067_200_000


async def test_the_state_of_the_edge_has_no_envelope() -> None:
    async with answering((200, {"maintenance": True, "message": "new"})) as venue:
        status = await client(venue).edge_status()
    assert (status.maintenance, status.message) == (True, "new")
    assert venue.heads[0].startswith("GET /v1/status ")


@pytest.mark.parametrize(
    "failure",
    [
        failed(503, "SERVICE_UNAVAILABLE", "SYSTEM"),
        failed(429, "RATE_LIMIT_EXCEEDED", "RATE_LIMIT"),
        (502, "Bad Gateway"),
        (200, "?"),
    ],
)
async def test_a_read_is_tried_again_while_that_may_help(failure: tuple[int, Any]) -> None:
    governor = WeightGovernor(TOKENS_PER_IP, window_secs=0.2)
    async with answering(failure, ok({"trades": []})) as venue:
        assert await client(venue, governor).last_trades("BTC-USDT", 5) == []
    assert len(venue.bodies) == 2


async def test_a_read_is_given_up_at_last() -> None:
    async with answering(failed(500, "INTERNAL_ERROR", "SYSTEM")) as venue:
        with pytest.raises(OutcomeUnknown, match="500 INTERNAL_ERROR"):
            await client(venue).tiers()
    assert len(venue.bodies) == 3


async def test_a_refused_read_is_not_tried_again() -> None:
    async with answering(failed(404, "NOT_FOUND", "REQUEST")) as venue:
        with pytest.raises(VenueRefused, match="404 NOT_FOUND"):
            await client(venue).funding_rate("NONE-USDT")
    assert len(venue.bodies) == 1


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (failed(500, "INTERNAL_ERROR", "SYSTEM"), OutcomeUnknown),
        (failed(429, "RATE_LIMIT_EXCEEDED", "RATE_LIMIT"), OutcomeUnknown),
        (failed(401, "UNAUTHORIZED", "AUTH"), VenueRefused),
    ],
)
async def test_a_signed_body_is_never_sent_again(
    failure: tuple[int, Any], error: type[Exception]
) -> None:
    async with answering(failure) as venue:
        with pytest.raises(error):
            await client(venue).trade(b'{"nonce":1}')
    assert venue.bodies == [{"nonce": 1}]
    assert venue.heads[0].startswith("POST /v1/trade ")


async def test_no_answer_is_unknown() -> None:
    gone = SynthetixHttpClient("http://127.0.0.1:9/v1", address_governor(), max_attempts=1)
    for question in (gone.markets(), gone.trade(b"{}"), gone.edge_status()):
        with pytest.raises(OutcomeUnknown, match=r"No answer .*from http://127.0.0.1:9/v1"):
            await question


async def test_what_the_venue_has_counted_beyond_us_is_counted() -> None:
    governor = address_governor()
    bucket = {"requestsCap": TOKENS_PER_IP, "remainingTokens": 40}
    async with answering(ok([], ipRateLimit=bucket), ok([])) as venue:
        await client(venue, governor).tiers()
        assert governor.remaining == 40
        await client(venue, governor).tiers()
        assert governor.remaining == 39


async def test_a_429_is_authoritative() -> None:
    governor = address_governor()
    async with answering(failed(429, "RATE_LIMIT_EXCEEDED", "RATE_LIMIT")) as venue:
        with pytest.raises(OutcomeUnknown):
            await client(venue, governor).trade(b"{}")
    assert governor.remaining == 0


# --- Whom a key trades for ---

OWNED = {"subAccountIds": ["11"], "delegatedSubAccountIds": ["22"]}


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        (OWNED, None, "11"),
        (OWNED, "11", "11"),
        (OWNED, "22", "22"),
        ({"subAccountIds": [1867542890123456789]}, None, "1867542890123456789"),
    ],
)
async def test_a_key_trades_for_what_it_owns_or_was_let(
    found: Any,  # noqa: ANN401
    wanted: str | None,
    expected: str,
) -> None:
    async with answering(ok(found)) as venue:
        assert await check_credentials(client(venue), ADDRESS, wanted) == expected
    assert venue.bodies[0]["params"] == {
        "action": "getSubAccountIds",
        "walletAddress": ADDRESS,
        "includeDelegations": True,
    }


@pytest.mark.parametrize(
    ("found", "wanted", "words"),
    [
        (OWNED, "33", r"owns \(11\) or is a delegate of \(22\), was 33"),
        (
            {"subAccountIds": ["1", "2"]},
            None,
            "owns 2 sub-accounts: set subaccount_id to one of 1, 2",
        ),
        ({"delegatedSubAccountIds": ["22"]}, None, "only a delegate: set subaccount_id to 22"),
        ({}, None, "has no sub-account: deposit first"),
    ],
)
async def test_what_is_wrong_with_a_key_is_said_in_words(
    found: Any,  # noqa: ANN401
    wanted: str | None,
    words: str,
) -> None:
    async with answering(ok(found)) as venue:
        with pytest.raises(ValueError, match=words):
            await check_credentials(client(venue), ADDRESS, wanted)
