"""The venue's own SDK takes the loopback venue for the real one."""

import asyncio
from typing import Any

import pytest
from hyperliquid.info import Info

from simulator.candles import MINUTE_MS
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.loopback import serve
from tests.acceptance.sdk_traders import listening
from tests.waiting import eventually

USER = "0x" + "ab" * 20


async def test_the_sdk_asks_and_understands() -> None:
    async with HyperliquidVenue(VenueOptions(history_minutes=120)).running() as venue:
        now_ms = venue.clock.now_ms()

        def ask() -> dict[str, Any]:
            info = Info(venue.http_url, skip_ws=True, perp_dexs=["", "xyz"])
            answers = {
                "assets": [info.name_to_asset(n) for n in ("BTC", "HYPE/USDC", "xyz:TSLA")],
                "mids": info.all_mids(),
                "book": info.l2_snapshot("ETH"),
                "candles": info.candles_snapshot("BTC", "1m", now_ms - 60 * MINUTE_MS, now_ms),
                "state": info.user_state(USER),
                "funding": info.funding_history("BTC", 0),
                "order": info.query_order_by_oid(USER, 1),
                "fees": info.user_fees(USER),
            }
            info.session.close()
            return answers

        answers = await asyncio.to_thread(ask)

    assert answers["assets"] == [0, 10_001, 110_000]
    assert float(answers["mids"]["BTC"]) > 0
    assert len(answers["book"]["levels"][0]) == 20
    assert len(answers["candles"]) >= 60
    assert answers["state"]["assetPositions"] == []
    assert len(answers["funding"]) == 2
    assert answers["order"] == {"status": "unknownOid"}
    assert answers["fees"]["userAddRate"] == "0.00015"


async def test_the_sdk_listens() -> None:
    feeds = [
        {"type": "allMids"},
        {"type": "l2Book", "coin": "BTC"},
        {"type": "bbo", "coin": "BTC"},
        {"type": "trades", "coin": "BTC"},
        {"type": "candle", "coin": "BTC", "interval": "1m"},
        {"type": "activeAssetCtx", "coin": "BTC"},
        {"type": "activeAssetCtx", "coin": "@1"},
        {"type": "userFills", "user": USER},
    ]
    options = VenueOptions(history_minutes=60, speed=20)
    async with HyperliquidVenue(options).running() as venue:
        listener = await listening(venue, *feeds)
        heard = listener.heard
        await eventually(lambda: len(heard) == len(feeds))
        await eventually(lambda: len(heard["l2Book"]) > 3)
    await listener.hang_up()

    assert heard["candle"][-1]["s"] == "BTC"
    assert heard["userFills"][0]["isSnapshot"] is True
    assert "activeSpotAssetCtx" in heard


async def test_serving_ends_with_its_task() -> None:
    listening: list[HyperliquidVenue] = []
    venue = HyperliquidVenue(VenueOptions(history_minutes=60))
    serving = asyncio.create_task(serve(venue, listening.append))
    await eventually(lambda: listening)
    reader, writer = await asyncio.open_connection("127.0.0.1", listening[0].port)
    writer.close()
    await writer.wait_closed()

    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving

    assert reader is not None
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", listening[0].port)
