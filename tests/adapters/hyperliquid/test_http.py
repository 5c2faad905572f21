"""Reads are typed, retried where that helps, weighed as the venue weighs them, and bounded."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio

from adapters.common.backoff import backoff_delay_secs
from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.common.governor import WeightGovernor
from adapters.hyperliquid import http as http_module
from adapters.hyperliquid.factories import shared_governor
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.waiting import eventually

MINUTE = 60_000


# One venue serves all tests of this module.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_venue() -> AsyncIterator[HyperliquidVenue]:
    options = VenueOptions(seed=3, speed=20, history_minutes=700, weight_per_minute=0)
    async with HyperliquidVenue(options).running() as venue:
        await eventually(lambda: len(venue.market.coin("BTC").trades) > 1)
        yield venue


@pytest.fixture
def venue(shared_venue: HyperliquidVenue) -> HyperliquidVenue:
    shared_venue.received.clear()
    shared_venue.failures.clear()
    return shared_venue


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "BACKOFF_INITIAL_SECS", 0.001)


def client_of(
    venue: HyperliquidVenue, governor: WeightGovernor | None = None
) -> HyperliquidHttpClient:
    return HyperliquidHttpClient(venue.http_url, governor or address_governor(), max_attempts=3)


def asked(venue: HyperliquidVenue) -> list[str]:
    return [r.body["type"] for r in venue.received if r.kind == "info" and isinstance(r.body, dict)]


async def test_every_read_answers_with_its_type(venue: HyperliquidVenue) -> None:
    client = client_of(venue)
    now_ms = await client.exchange_time_ms()

    metas, spot = await client.all_perp_metas(), await client.spot_meta()
    fees = await client.user_fees("0x" + "0" * 40)
    book = await client.l2_book("BTC", n_sig_figs=5, mantissa=2)
    candles = await client.candle_snapshot("BTC", "1m", now_ms - 10 * MINUTE, now_ms)
    trades = await client.recent_trades("BTC")
    funding = await client.funding_history("BTC", now_ms - 100 * 60 * MINUTE, now_ms)

    assert metas[0].universe[0]["name"] == "BTC"
    assert spot.tokens[0].name == "USDC"
    assert fees.userCrossRate > fees.userAddRate
    assert (book.coin, len(book.levels)) == ("BTC", 2)
    assert venue.received[4].body == {
        "type": "l2Book",
        "coin": "BTC",
        "nSigFigs": 5,
        "mantissa": 2,
    }
    assert [c.t for c in candles] == sorted(c.t for c in candles)
    assert 10 <= len(candles) <= 11  # The open minute may be without a trade yet.
    assert trades[0].time >= trades[-1].time
    assert funding[0].time < funding[-1].time


async def test_a_coin_without_a_book_is_refused_in_words(venue: HyperliquidVenue) -> None:
    with pytest.raises(VenueRefused, match="Expected a coin with a book, was 'NONE'"):
        await client_of(venue).l2_book("NONE")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_busy_or_broken_venue_is_asked_again(venue: HyperliquidVenue, status: int) -> None:
    venue.fail_next_info(status, "null", count=2)

    assert await client_of(venue).all_perp_metas()
    assert asked(venue) == ["allPerpMetas"] * 3


async def test_retries_are_bounded_and_then_the_outcome_is_unknown(venue: HyperliquidVenue) -> None:
    venue.fail_next_info(502, "<html><body>Bad Gateway</body></html>", count=9)

    with pytest.raises(OutcomeUnknown, match="Expected status 200 to spotMeta, was 502: '<html>"):
        await client_of(venue).spot_meta()

    assert asked(venue) == ["spotMeta"] * 3


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_what_the_venue_refuses_is_not_asked_again(
    venue: HyperliquidVenue, status: int
) -> None:
    venue.fail_next_info(status, "Failed to deserialize the JSON body into the target type")

    with pytest.raises(VenueRefused, match=f"was {status}: 'Failed to deserialize"):
        await client_of(venue).spot_meta()

    assert asked(venue) == ["spotMeta"]


@pytest.mark.parametrize("body", ["", "<html></html>", "null", '{"tokens":[]}', "[1,2"])
async def test_a_reply_that_is_not_what_was_asked_for_is_told_with_its_head(
    venue: HyperliquidVenue, body: str
) -> None:
    venue.fail_next_info(200, body)

    with pytest.raises(OutcomeUnknown, match="Expected a reply to spotMeta, was"):
        await client_of(venue).spot_meta()


async def test_nobody_listening_is_an_unknown_outcome_after_all_attempts() -> None:
    client = HyperliquidHttpClient("http://127.0.0.1:9", address_governor(), max_attempts=2)

    with pytest.raises(OutcomeUnknown, match="No answer to spotMeta"):
        await client.spot_meta()


async def test_a_venue_that_never_answers_is_left_after_the_time_out() -> None:
    over = asyncio.Event()

    async def keep_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = HyperliquidHttpClient(url, address_governor(), timeout_secs=1, max_attempts=1)

        with pytest.raises(OutcomeUnknown, match="No answer to spotMeta"):
            await client.spot_meta()
        over.set()


async def test_reads_weigh_what_the_venue_counts(venue: HyperliquidVenue) -> None:
    governor = address_governor()
    client = client_of(venue, governor)
    now_ms = await client.exchange_time_ms()
    spent = [1_200 - governor.remaining]

    replies = []
    for read in (
        client.l2_book("BTC"),
        client.spot_meta(),
        client.candle_snapshot("BTC", "1m", now_ms - 600 * MINUTE, now_ms - 1),
        client.recent_trades("BTC"),
    ):
        replies.append(await read)
        spent.append(1_200 - governor.remaining)

    costs = [after - before for before, after in pairwise(spent)]
    assert spent[0] == 2
    assert costs == [2, 20, 20 + len(replies[2]) // 60, 20 + len(replies[3]) // 20]
    assert len(replies[2]) >= 600


async def test_clients_of_one_address_share_a_governor() -> None:
    mine = shared_governor("http://127.0.0.1:1")

    assert shared_governor("http://127.0.0.1:1") is mine
    assert shared_governor("http://127.0.0.1:2") is not mine


async def test_backoff_doubles_up_to_its_bound_with_half_jitter() -> None:
    delays = [backoff_delay_secs(attempt, 0.25, 2.0, 1.0) for attempt in range(6)]

    assert delays == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]
    assert backoff_delay_secs(1, 0.25, 2.0, 0.0) == 0.25
    assert backoff_delay_secs(10_000, 0.25, 2.0, 0.0) == 1.0
