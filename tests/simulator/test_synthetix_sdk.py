"""The venue's own SDK, and its example of a managed book, take the loopback venue for the real one.

The example is the SDK's, unmodified (sdk_examples/, with its licence); it wants python-dotenv for
nothing, so that a stand-in of one line is put before it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from synthetix import Synthetix

from simulator.candles import MINUTE_MS
from simulator.fault_rules import AnyRule, CorruptChecksum, Silent
from simulator.market import HOUR_MS
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_dialect import Decimals
from tests.simulator.synthetix_venues import BTC, speaking
from tests.waiting import eventually

EXAMPLE = Path(__file__).parent / "sdk_examples" / "async-watch-orderbook-managed.py"
SPEED = 10.0
WALLET = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


@asynccontextmanager
async def running(options: VenueOptions | None = None) -> AsyncIterator[SynthetixVenue]:
    options = options or VenueOptions()
    quick = VenueOptions(history_minutes=180, speed=SPEED, dialect=options.dialect)
    async with SynthetixVenue(quick).running() as venue:
        yield venue


async def test_the_sdk_asks_and_understands() -> None:
    async with running() as venue:
        now_ms = venue.clock.now_ms()

        def ask() -> dict[str, Any]:
            sdk = Synthetix(rest_url=venue.http_url, ws_url=venue.ws_url)
            return {
                "markets": sdk.get_markets(),
                "prices": sdk.get_market_prices(),
                "book": sdk.get_orderbook(BTC),
                "trades": sdk.get_last_trades(BTC),
                "candles": sdk.get_candles(BTC, "1m", now_ms - 60 * MINUTE_MS, now_ms),
                "all candles": sdk.get_candles(BTC, "1m"),
                "funding": sdk.get_funding_rate(BTC),
                "fundings": sdk.get_funding_rate_history(BTC, now_ms - 2 * HOUR_MS, now_ms),
                "interest": sdk.get_open_interest(),
                "collaterals": sdk.get_collaterals(),
                "tiers": sdk.get_tiers(),
                "ids": sdk.get_sub_account_ids(WALLET),
                "status": sdk.get_exchange_status(),
            }

        await eventually(lambda: venue.floor.state(venue.floor.markets[BTC]).trades)
        answers = await asyncio.to_thread(ask)

    names = {row["symbol"] for row in answers["markets"]}
    assert {"BTC-USDT", "ETH-USDT", "WTI-USDT"} <= names
    assert answers["prices"]["WTI-USDT"]["onHours"] is True
    assert len(answers["book"]["bids"]) == 60
    assert answers["trades"][0]["symbol"] == BTC
    assert 60 <= len(answers["candles"]["candles"]) <= 62
    assert len(answers["all candles"]["candles"]) >= 180
    assert answers["funding"]["symbol"] == BTC
    assert len(answers["fundings"]["fundingRates"]) == 2
    assert {row["symbol"] for row in answers["interest"]} == names
    assert answers["collaterals"][0]["collateral"] == "USDT"
    assert answers["tiers"][0]["makerFeeRate"] == "0.0002"
    assert answers["ids"] == []
    assert answers["status"] == {"rest": {"maintenance": False}, "ws": {"maintenance": False}}


async def test_the_sdk_listens() -> None:
    heard: dict[str, list[dict[str, Any]]] = {}

    def hear(kind: str) -> Any:  # noqa: ANN401  (the SDK's own callback)
        return lambda message: heard.setdefault(kind, []).append(message)

    async with running() as venue:
        sdk = Synthetix(rest_url=venue.http_url, ws_url=venue.ws_url)
        await sdk.subscribe("trades", hear("trades"), symbol=BTC)
        await sdk.subscribe("orderbook", hear("orderbook"), symbol=BTC, format="snapshot", depth=10)
        await sdk.subscribe("marketPrices", hear("marketPrices"), symbol="ALL")
        await sdk.subscribe("candles", hear("candles"), symbol=BTC, timeframe="1m")
        await eventually(
            lambda: len(heard) == 4 and all("data" in last[-1] for last in heard.values()), 10
        )
        await sdk.close()

    assert len(heard["orderbook"][-1]["data"]["bids"]) == 10
    assert heard["trades"][-1]["data"]["symbol"] == BTC
    assert heard["candles"][-1]["data"]["timeframe"] == "1m"
    acks = [frames[0]["result"]["status"] for frames in heard.values()]
    assert acks == ["subscribed"] * 4


async def test_the_sdk_is_deaf_to_pushes_without_a_method() -> None:
    heard: list[dict[str, Any]] = []
    async with running(speaking(push="channel")) as venue:
        sdk = Synthetix(rest_url=venue.http_url, ws_url=venue.ws_url)
        await sdk.subscribe("orderbook", heard.append, symbol=BTC)
        await eventually(lambda: len(venue.received) > 0)
        await asyncio.sleep(0.3)
        await sdk.close()

    assert [frame for frame in heard if "data" in frame] == []


@pytest.mark.parametrize("decimals", ["short", "padded"])
async def test_the_managed_book_of_the_sdk_stays_true(tmp_path: Path, decimals: Decimals) -> None:
    async with running(speaking(decimals=decimals)) as venue:
        lines = await _watched(venue, tmp_path, oks=15)

    kinds = {line.partition("]")[0] for line in lines[1:]}
    assert lines[0].startswith("Subscribing to BTC-USDT orderbook")
    assert kinds == {"[snapshot", "[ok"}
    assert sum(line.startswith("[snapshot]") for line in lines) == 1


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Silent(type="orderbookUpdate", after=3, count=1), "[gap]"),
        (CorruptChecksum(after=3, count=1), "[checksum mismatch]"),
    ],
)
async def test_the_managed_book_of_the_sdk_finds_its_way_back(
    tmp_path: Path, rule: AnyRule, told: str
) -> None:
    async with running() as venue:
        venue.faults.add(rule)
        lines = await _watched(venue, tmp_path, oks=10)

    faults = [number for number, line in enumerate(lines) if line.startswith(told)]
    assert len(faults) == 1
    after = lines[faults[0] + 1 :]
    assert after[0].startswith("[snapshot]")
    assert all(line.startswith("[ok]") for line in after[1:])
    assert len(after) > 3


async def _watched(venue: SynthetixVenue, folder: Path, oks: int) -> list[str]:
    """Run the example until it has said [ok] so often, and return its lines."""
    (folder / "dotenv.py").write_text("def load_dotenv() -> None: ...\n")
    environment = os.environ | {
        "REST_URL_OVERRIDE": venue.http_url,
        "WS_URL_OVERRIDE": venue.ws_url,
        "PYTHONPATH": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLE),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(20):
            while sum(line.startswith("[ok]") for line in lines) < oks:
                line = (await process.stdout.readline()).decode()
                assert line, lines
                lines.append(line)
    finally:
        process.kill()
        await process.wait()
    return lines
