"""`perpdesk data download`: ccxt on the loopback venue brings home what the venue has."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nautilus_trader.model.data import BarType
from nautilus_trader.model.identifiers import InstrumentId

from backtest import exchange
from backtest.candles import Candle
from backtest.catalog import History
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.backtest.made import INSTRUMENT, Outcome, Perpdesk

BAR_TYPE = BarType.from_str(f"{INSTRUMENT}-1-MINUTE-LAST-EXTERNAL")
MINUTE_MS = 60_000
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[HyperliquidVenue]:
    async with HyperliquidVenue(VenueOptions(seed=4, history_minutes=300)).running() as venue:
        yield venue


async def downloaded(
    perpdesk: Perpdesk, venue: HyperliquidVenue, data: Path, *more: str
) -> Outcome:
    now_ms = venue.clock.now_ms() // MINUTE_MS * MINUTE_MS
    arguments = ("data", "download", "hyperliquid", "BTC/USDC:USDC", "--instrument", INSTRUMENT)
    window = ["--bar", "1m"]
    for name, minutes in (("--start", 245), ("--end", 5)):
        if name not in more:
            window += [name, str(now_ms - minutes * MINUTE_MS)]
    rest = ("--url", venue.http_url, "--data", str(data), "--json", *more)
    return await asyncio.to_thread(perpdesk, *arguments, *window, *rest)


def theirs(venue: HyperliquidVenue, times: list[int]) -> list[Any]:
    """Return the venue's own candles that close at these times."""
    candles = venue.market.coin("BTC").series.between("1m", 0, times[-1] // 1_000_000)
    known = {(candle.t + MINUTE_MS) * 1_000_000: candle for candle in candles}
    return [known[time] for time in times]


async def test_candles_are_the_venues_to_the_last_digit(
    perpdesk: Perpdesk, venue: HyperliquidVenue, tmp_path: Path
) -> None:
    result = await downloaded(perpdesk, venue, tmp_path, "--page", "50", "--funding")

    assert result.code == 0, result.errors
    candles, funding = json.loads(result.output)
    assert candles["new"] == 240
    assert candles["findings"]["gaps"] == []
    assert funding["new"] >= 3
    bars = History(tmp_path).bars(BAR_TYPE)
    assert len(bars) == 240
    for bar, own in zip(bars, theirs(venue, [bar.ts_event for bar in bars]), strict=True):
        prices = (bar.open, bar.high, bar.low, bar.close, bar.volume)
        assert [p.as_decimal() for p in prices] == [
            Decimal(text) for text in (own.o, own.h, own.l, own.c, own.v)
        ]


async def test_the_instrument_has_the_exchanges_terms(
    perpdesk: Perpdesk, venue: HyperliquidVenue, tmp_path: Path
) -> None:
    await downloaded(perpdesk, venue, tmp_path, "--max-leverage", "40")

    instrument = History(tmp_path).instrument(INSTRUMENT)
    assert instrument is not None
    assert instrument.size_precision == 5
    assert instrument.taker_fee == Decimal("0.00045")
    assert instrument.get_settlement_currency().code == "USDC"
    assert instrument.margin_init == Decimal("0.025")


async def test_a_second_call_asks_for_nothing_that_is_there(
    perpdesk: Perpdesk, venue: HyperliquidVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    original = exchange.Exchange.candles

    def watched(
        self: exchange.Exchange, length: str, from_ns: int, until_ns: int, page: int
    ) -> list[Candle]:
        asked.append((from_ns, until_ns))
        return original(self, length, from_ns, until_ns, page)

    monkeypatch.setattr(exchange.Exchange, "candles", watched)
    end = venue.clock.now_ms() // MINUTE_MS * MINUTE_MS - 100 * MINUTE_MS
    await downloaded(perpdesk, venue, tmp_path, "--end", str(end))
    first, asked[:] = list(asked), []

    result = await downloaded(perpdesk, venue, tmp_path)

    assert first[-1][1] == (end - MINUTE_MS) * 1_000_000
    assert asked[0][0] == end * 1_000_000
    assert json.loads(result.output)[0]["known"] == 0
    closes = [bar.ts_event for bar in History(tmp_path).bars(BAR_TYPE)]
    assert closes == list(range(closes[0], closes[-1] + 1, MINUTE_MS * 1_000_000))
    assert len(closes) == 240


async def test_what_the_exchange_has_no_more_is_named(
    perpdesk: Perpdesk, venue: HyperliquidVenue, tmp_path: Path
) -> None:
    now_ms = venue.clock.now_ms() // MINUTE_MS * MINUTE_MS
    start_ms = now_ms - 400 * MINUTE_MS  # the venue's history is 300 minutes

    result = await downloaded(
        perpdesk, venue, tmp_path, "--start", str(start_ms), "--end", str(now_ms - 5 * MINUTE_MS)
    )

    report = json.loads(result.output)[0]
    (gap,) = report["findings"]["gaps"]
    assert gap["from_ns"] == start_ms * 1_000_000
    assert gap["missing"] + report["new"] == 395
    assert report["new"] >= 290


async def test_funding_goes_on_where_it_was(
    perpdesk: Perpdesk, venue: HyperliquidVenue, tmp_path: Path
) -> None:
    first = await downloaded(perpdesk, venue, tmp_path, "--funding")
    second = await downloaded(perpdesk, venue, tmp_path, "--funding")

    assert json.loads(second.output)[1]["new"] == 0
    rates = History(tmp_path).funding(InstrumentId.from_str(INSTRUMENT))
    assert len(rates) == json.loads(first.output)[1]["new"]
    assert {rate.time_ns % 3_600_000_000_000 for rate in rates} == {0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere", "BTC/USDC:USDC"), "Expected an exchange that ccxt knows, found 'nowhere'"),
        (("hyperliquid", "NOPE/USDC:USDC"), "Expected a market of hyperliquid"),
    ],
)
async def test_what_there_is_not_is_named(
    perpdesk: Perpdesk,
    venue: HyperliquidVenue,
    tmp_path: Path,
    arguments: tuple[str, str],
    words: str,
) -> None:
    options = ("--instrument", INSTRUMENT, "--bar", "1m", "--start", "2026-01-01")
    where = ("--url", venue.http_url, "--data", tmp_path)

    result = await asyncio.to_thread(perpdesk, "data", "download", *arguments, *options, *where)

    assert result.code == 2
    assert words in result.errors


async def test_an_exchange_that_does_not_answer_ends_with_3(
    perpdesk: Perpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "RETRIES_MAX", 0)
    options = ("--instrument", INSTRUMENT, "--bar", "1m", "--start", "2026-01-01")
    where = ("--url", "http://127.0.0.1:9", "--data", tmp_path)
    market = ("hyperliquid", "BTC/USDC:USDC")

    result = await asyncio.to_thread(perpdesk, "data", "download", *market, *options, *where)

    assert result.code == 3
    assert "hyperliquid does not answer" in result.errors
