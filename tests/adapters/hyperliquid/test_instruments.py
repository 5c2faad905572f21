"""What the venue lists becomes instruments with its rules, fees and margins."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.instruments import CryptoPerpetual, CurrencyPair
from nautilus_trader.model.objects import Money

from adapters.common.instrument_changes import compare_instruments
from adapters.hyperliquid.instruments import BASE_TIER, parse_perps, parse_spot_pairs
from adapters.hyperliquid.providers import matches
from adapters.hyperliquid.schemas import PerpMeta, SpotMeta, SpotToken, UserFees

USDC_TOKEN = SpotToken("USDC", 8, 8, 0)
PURR_TOKEN = SpotToken("PURR", 0, 5, 1)


def perps_of(
    *records: dict[str, Any],
    dex_index: int = 0,
    tokens: tuple[SpotToken, ...] = (USDC_TOKEN,),
    fees: UserFees = BASE_TIER,
    **meta: object,
) -> list[CryptoPerpetual]:
    perp_meta = msgspec.convert({"universe": list(records), **meta}, PerpMeta, strict=False)
    by_index = {token.index: token for token in tokens}
    return parse_perps(perp_meta, dex_index, by_index, fees, 9, pytest.fail)


def pairs_of(*tokens: SpotToken, universe: list[dict[str, Any]]) -> list[CurrencyPair]:
    return parse_spot_pairs(SpotMeta(universe, list(tokens)), BASE_TIER, 9, pytest.fail)


def test_b9_a_perpetual_carries_its_fees_margins_and_tiers() -> None:
    record = {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 54}
    tiers = [
        {"lowerBound": "0.0", "maxLeverage": 40},
        {"lowerBound": "150000000.0", "maxLeverage": 20},
    ]

    (btc,) = perps_of(record, marginTables=[[54, {"description": "", "marginTiers": tiers}]])

    assert isinstance(btc, CryptoPerpetual)
    assert str(btc.id) == "BTC-USD-PERP.HYPERLIQUID"
    assert btc.raw_symbol.value == "BTC"
    assert (btc.price_precision, str(btc.price_increment)) == (1, "0.1")
    assert (btc.size_precision, str(btc.size_increment)) == (5, "0.00001")
    assert btc.base_currency.code == "BTC"
    assert btc.quote_currency == btc.settlement_currency == USDC
    assert not btc.is_quanto
    assert not btc.is_inverse
    assert btc.min_notional == Money(10, USDC)
    assert btc.margin_init == Decimal("0.025")
    assert btc.margin_maint == Decimal("0.0125")
    assert btc.taker_fee == Decimal("0.00045")
    assert btc.maker_fee == Decimal("0.00015")
    assert btc.ts_event == btc.ts_init == 9
    assert btc.info == {
        "venue": record,
        "product_type": "perp",
        "asset_id": 0,
        "max_leverage": 40,
        "margin_tiers": [
            {"lower_bound": "0.0", "max_leverage": 40},
            {"lower_bound": "150000000.0", "max_leverage": 20},
        ],
    }


@pytest.mark.parametrize(
    ("sz_decimals", "price_decimals"), [(0, 6), (1, 5), (3, 3), (5, 1), (6, 0)]
)
def test_price_precision_of_perps_is_six_less_the_size_precision(
    sz_decimals: int, price_decimals: int
) -> None:
    (perp,) = perps_of({"szDecimals": sz_decimals, "name": "X", "maxLeverage": 3})

    assert perp.size_precision == perp.size_increment.precision == sz_decimals
    assert perp.price_precision == perp.price_increment.precision == price_decimals


def test_delisted_perps_are_left_out_but_keep_their_asset_id() -> None:
    eth, sol = perps_of(
        {"szDecimals": 1, "name": "MATIC", "maxLeverage": 50, "isDelisted": True},
        {"szDecimals": 4, "name": "ETH", "maxLeverage": 25, "isDelisted": None},
        {"szDecimals": 2, "name": "SOL", "maxLeverage": 20, "isDelisted": False},
    )

    assert (eth.info["asset_id"], sol.info["asset_id"]) == (1, 2)


def test_an_unlisted_margin_table_is_a_single_tier() -> None:
    (perp,) = perps_of({"szDecimals": 2, "name": "X", "maxLeverage": 3, "marginTableId": 3})

    assert perp.info["margin_tiers"] == [{"lower_bound": "0", "max_leverage": 3}]
    assert perp.margin_init == 1 / Decimal(3)


def test_recorded_builder_dexes_settle_in_their_own_collateral(shared_data: Path) -> None:
    folder = shared_data / "api_fixtures" / "hyperliquid_nautilus"
    raw_metas = (folder / "http_all_perp_metas_non_usdc_collateral.json").read_bytes()
    raw_spot = (folder / "http_spot_meta_non_usdc_collateral.json").read_bytes()
    metas = msgspec.json.decode(raw_metas, type=list[PerpMeta], strict=False)
    tokens = {t.index: t for t in msgspec.json.decode(raw_spot, type=SpotMeta, strict=False).tokens}

    perps = [
        perp
        for index, meta in enumerate(metas)
        for perp in parse_perps(meta, index, tokens, BASE_TIER, 9, pytest.fail)
    ]

    assert [
        (str(p.id.symbol), p.raw_symbol.value, p.base_currency.code, p.quote_currency.code)
        for p in perps
    ] == [
        ("BTC-USD-PERP", "BTC", "BTC", "USDC"),
        ("km:US500-USD-PERP", "km:US500", "US500", "USDH"),
        ("hyna:BTC-USD-PERP", "hyna:BTC", "BTC", "USDE"),
    ]
    assert [p.info["asset_id"] for p in perps] == [0, 110_000, 120_000]
    assert [p.info["venue"] for p in perps] == [
        u for m in json.loads(raw_metas) for u in m["universe"]
    ]
    assert all(p.quote_currency == p.settlement_currency for p in perps)
    assert perps[1].quote_currency.precision == 8
    # Twice the base tier, and a tenth of that in growth mode.
    assert perps[1].taker_fee == Decimal("0.00009")
    assert perps[1].maker_fee == Decimal("0.00003")


def test_a_builder_dex_out_of_growth_mode_costs_twice_the_base_tier() -> None:
    (tsla,) = perps_of({"szDecimals": 3, "name": "xyz:TSLA", "maxLeverage": 10}, dex_index=1)

    assert str(tsla.id) == "xyz:TSLA-USD-PERP.HYPERLIQUID"
    assert tsla.base_currency.code == "TSLA"
    assert tsla.quote_currency == USDC
    assert (tsla.taker_fee, tsla.maker_fee) == (Decimal("0.0009"), Decimal("0.0003"))
    assert tsla.info["product_type"] == "hip3"


def test_fees_of_the_account_replace_the_base_tier() -> None:
    raw = b"""{"userCrossRate":"0.000432","userAddRate":"-0.00001",
        "userSpotCrossRate":"0.000672","userSpotAddRate":"0.000384","trial":null}"""
    fees = msgspec.json.decode(raw, type=UserFees, strict=False)

    (btc,) = perps_of({"szDecimals": 5, "name": "BTC", "maxLeverage": 40}, fees=fees)

    assert (btc.taker_fee, btc.maker_fee) == (Decimal("0.000432"), Decimal("-0.00001"))


def test_a_dex_of_unknown_collateral_is_left_out_and_reported() -> None:
    reports: list[str] = []
    meta = PerpMeta([{"szDecimals": 2, "name": "q:X", "maxLeverage": 3}], collateralToken=99)

    assert parse_perps(meta, 3, {0: USDC_TOKEN}, BASE_TIER, 9, reports.append) == []
    assert len(reports) == 1


def test_a_broken_record_is_left_out_and_the_others_stay() -> None:
    reports: list[str] = []
    records: list[dict[str, Any]] = [
        {"name": "NOSIZE", "maxLeverage": 3},
        {"szDecimals": 2, "name": "ZERO", "maxLeverage": 0},
        {"szDecimals": 99, "name": "FINE", "maxLeverage": 3},
        {"szDecimals": 2, "name": "X", "maxLeverage": 3},
    ]

    perps = parse_perps(PerpMeta(records), 0, {}, BASE_TIER, 9, reports.append)

    assert [perp.raw_symbol.value for perp in perps] == ["X"]
    assert len(reports) == 3


def test_a_spot_pair() -> None:
    record = {"tokens": [1, 0], "name": "PURR/USDC", "index": 0, "isCanonical": True}

    (purr,) = pairs_of(USDC_TOKEN, PURR_TOKEN, universe=[record])

    assert isinstance(purr, CurrencyPair)
    assert str(purr.id) == "PURR-USDC-SPOT.HYPERLIQUID"
    assert purr.raw_symbol.value == "PURR/USDC"
    assert (purr.price_precision, purr.size_precision) == (8, 0)
    assert (purr.base_currency.code, purr.quote_currency) == ("PURR", USDC)
    assert purr.min_notional == Money(10, USDC)
    assert (purr.taker_fee, purr.maker_fee) == (Decimal("0.0007"), Decimal("0.0004"))
    assert purr.info == {"venue": record, "product_type": "spot", "asset_id": 10_000}


def test_spot_symbols_never_collide_and_a_new_listing_renames_none() -> None:
    other_purr = SpotToken("PURR", 2, 8, 7)
    usdh = SpotToken("USDH", 2, 8, 5)
    universe = [
        {"tokens": [1, 0], "name": "PURR/USDC", "index": 0},
        {"tokens": [1, 5], "name": "@3", "index": 3},
        {"tokens": [7, 0], "name": "@45", "index": 45},
    ]

    pairs = pairs_of(USDC_TOKEN, PURR_TOKEN, usdh, other_purr, universe=universe)

    assert [(str(p.id.symbol), p.raw_symbol.value) for p in pairs] == [
        ("PURR-USDC-SPOT", "PURR/USDC"),
        ("PURR-USDH-SPOT", "@3"),
        ("PURR@45-USDC-SPOT", "@45"),
    ]
    assert [p.info["asset_id"] for p in pairs] == [10_000, 10_003, 10_045]
    assert pairs[1].quote_currency.code == "USDH"


def test_a_spot_pair_of_an_unknown_token_is_left_out_and_reported() -> None:
    reports: list[str] = []
    meta = SpotMeta([{"tokens": [9, 0], "name": "@1", "index": 1}], [USDC_TOKEN])

    assert parse_spot_pairs(meta, BASE_TIER, 9, reports.append) == []
    assert len(reports) == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["BTC", "ETH", "xyz:TSLA", "PURR/USDC"]),
        ({"product_types": ["perp"]}, ["BTC", "ETH"]),
        ({"product_types": ["spot", "hip3"]}, ["xyz:TSLA", "PURR/USDC"]),
        ({"dexes": ["xyz"]}, ["xyz:TSLA"]),
        ({"dexes": [""], "product_types": ["perp"]}, ["BTC", "ETH"]),
        ({"names": ["BTC", "PURR-USDC-SPOT"]}, ["BTC", "PURR/USDC"]),
        ({"names": ["xyz:*"]}, ["xyz:TSLA"]),
        ({"names": ["*"], "dexes": ["none"]}, []),
    ],
)
def test_filters(filters: dict[str, Any], expected: list[str]) -> None:
    listed = [
        *perps_of(
            {"szDecimals": 5, "name": "BTC", "maxLeverage": 40},
            {"szDecimals": 4, "name": "ETH", "maxLeverage": 25},
        ),
        *perps_of({"szDecimals": 3, "name": "xyz:TSLA", "maxLeverage": 10}, dex_index=1),
        *pairs_of(
            USDC_TOKEN,
            PURR_TOKEN,
            universe=[{"tokens": [1, 0], "name": "PURR/USDC", "index": 0}],
        ),
    ]

    assert [x.raw_symbol.value for x in listed if matches(x, filters)] == expected


def test_an_unknown_filter_is_refused() -> None:
    (btc,) = perps_of({"szDecimals": 5, "name": "BTC", "maxLeverage": 40})

    with pytest.raises(ValueError, match=r"'product_types'.*was \['kinds'\]"):
        matches(btc, {"kinds": ["perp"]})


def test_changes_between_two_looks_at_the_venue() -> None:
    old = perps_of(
        {"szDecimals": 5, "name": "BTC", "maxLeverage": 40},
        {"szDecimals": 4, "name": "ETH", "maxLeverage": 25},
        {"szDecimals": 2, "name": "SOL", "maxLeverage": 20},
    )
    new = perps_of(
        {"szDecimals": 5, "name": "BTC", "maxLeverage": 40},
        {"szDecimals": 4, "name": "ETH", "maxLeverage": 20},
        {"szDecimals": 2, "name": "SOL", "maxLeverage": 20, "isDelisted": True},
        {"szDecimals": 2, "name": "NEW", "maxLeverage": 3},
    )

    changes = compare_instruments({x.id: x for x in old}, {x.id: x for x in new})

    assert [x.raw_symbol.value for x in changes.added] == ["NEW"]
    assert [(x.raw_symbol.value, x.info["max_leverage"]) for x in changes.changed] == [("ETH", 20)]
    assert [x.raw_symbol.value for x in changes.removed] == ["SOL"]
