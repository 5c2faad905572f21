"""Every recorded context and funding record parses, and each field arrives where it belongs."""

import json
from decimal import Decimal
from pathlib import Path

from nautilus_trader.model.data import FundingRateUpdate, IndexPriceUpdate, MarkPriceUpdate
from nautilus_trader.model.enums import RecordFlag
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price

from adapters.hyperliquid.parsing import (
    parse_funding_entry,
    parse_funding_rate,
    parse_index_price,
    parse_mark_price,
)
from adapters.hyperliquid.schemas import AssetCtx, FundingEntry, WsAssetCtx, WsSpotAssetCtx
from tests.adapters.hyperliquid.recordings import cassette_bodies, decode, frame, raw_fixture

MS = 1_000_000
SNAPSHOT = RecordFlag.F_SNAPSHOT.value
LAST = RecordFlag.F_LAST.value
NO_TIME_TO_INIT = 7


def test_context_of_a_perpetual(btc: Instrument) -> None:
    hour = 3_600_000_000_000
    message = frame(
        "activeAssetCtx",
        {
            "coin": "BTC",
            "ctx": {
                "funding": "-0.0000015186",
                "openInterest": "27353.17682",
                "prevDayPx": "76317.0",
                "dayNtlVlm": "1516669192.1953897476",
                "premium": "-0.0005927453",
                "oraclePx": "77605.0",
                "markPx": "77562.5",
                "midPx": "77558.5",
                "impactPxs": ["77558.0", "77559.0"],
                "dayBaseVlm": "19707.77457",
            },
        },
    )
    ctx = message.data.ctx
    ts_event = 5 * hour + 1

    assert isinstance(message, WsAssetCtx)
    assert message.stream == ("activeAssetCtx", "BTC")
    assert parse_mark_price(ctx, btc, ts_event, 7) == MarkPriceUpdate(
        btc.id, Price.from_str("77562.5"), ts_event, 7
    )
    assert parse_index_price(ctx, btc, ts_event, 7) == IndexPriceUpdate(
        btc.id, Price.from_str("77605.0"), ts_event, 7
    )
    funding = parse_funding_rate(ctx, btc, ts_event, 7)
    assert funding == FundingRateUpdate(
        btc.id, Decimal("-0.0000015186"), ts_event, 7, interval=60, next_funding_ns=6 * hour
    )
    assert (funding.ts_event, funding.ts_init) == (ts_event, 7)


def test_the_next_funding_of_a_full_hour_is_the_following_hour(btc: Instrument) -> None:
    hour = 3_600_000_000_000
    ctx = AssetCtx(markPx=1.0, funding=Decimal(1))

    assert parse_funding_rate(ctx, btc, 5 * hour, 0).next_funding_ns == 6 * hour


def test_context_of_a_spot_pair_has_a_mark_price_only(btc: Instrument) -> None:
    message = frame(
        "activeSpotAssetCtx", {"coin": "@107", "ctx": {"markPx": "22.5", "midPx": None}}
    )

    assert isinstance(message, WsSpotAssetCtx)
    assert message.stream == ("activeAssetCtx", "@107")
    assert parse_mark_price(message.data.ctx, btc, 1, 2).value == Price.from_str("22.5")
    assert parse_index_price(message.data.ctx, btc, 1, 2) is None
    assert parse_funding_rate(message.data.ctx, btc, 1, 2) is None


def test_every_recorded_context_of_every_dex_decodes(shared_data: Path) -> None:
    source = json.loads(raw_fixture(shared_data, "ws_all_dexs_asset_ctxs.json"))
    contexts = [ctx for _, ctxs in source["data"]["ctxs"] for ctx in ctxs]

    assert len(contexts) > 300
    for raw in contexts:
        ctx = decode(json.dumps(raw), AssetCtx)
        assert Decimal(str(ctx.markPx)) == Decimal(raw["markPx"])
        assert Decimal(str(ctx.oraclePx)) == Decimal(raw["oraclePx"])
        assert ctx.funding == Decimal(raw["funding"])


def test_funding_history(btc: Instrument, shared_data: Path) -> None:
    bodies = [
        raw_fixture(shared_data, "http_funding_history.json").decode(),
        cassette_bodies(shared_data, "test_get_funding_history[None].yaml")[-1],
        cassette_bodies(shared_data, "test_get_funding_history[1684811870000].yaml")[-1],
    ]
    for body in bodies:
        for entry, source in zip(decode(body, list[FundingEntry]), json.loads(body), strict=True):
            update = parse_funding_entry(entry, btc)
            assert update == FundingRateUpdate(
                btc.id, Decimal(source["fundingRate"]), 0, 0, interval=60
            )
            assert update.ts_event == update.ts_init == source["time"] * MS
            assert str(entry.premium) == source.get("premium", "None")
            assert entry.coin == source["coin"]
