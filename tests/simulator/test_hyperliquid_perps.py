"""What the engine is told of a universe: tiers, ticks, fees, largest orders, margin modes."""

from decimal import Decimal

import pytest

from simulator.generator import universe
from simulator.hyperliquid_perps import collateral, list_perps
from simulator.numbers import is_tick
from simulator.universe import Universe, perp_entry, perp_meta, spot_token


def test_every_perp_of_every_dex_is_listed_under_its_asset_id() -> None:
    perps = list_perps(universe())

    assert {asset: perp.coin for asset, perp in perps.items()} == {
        0: "BTC", 1: "ETH", 2: "MATIC", 3: "SOL", 4: "HYPE", 110_000: "xyz:TSLA",
    }  # fmt: skip
    assert perps[2].listing.delisted
    assert (perps[0].dex, perps[110_000].dex) == ("", "xyz")
    assert {perp.collateral for perp in perps.values()} == {"USDC"}


def test_tiers_come_from_the_margin_table_and_small_ids_are_one_tier() -> None:
    perps = list_perps(universe())

    assert [(t.lower_bound, t.max_leverage) for t in perps[0].rules.tiers] == [
        (0, 40),
        (150_000_000, 20),
    ]
    assert [(t.lower_bound, t.max_leverage) for t in perps[4].rules.tiers] == [(0, 10)]


def test_builder_perps_cost_twice_and_a_tenth_of_that_while_they_grow() -> None:
    perps = list_perps(universe())
    plain = Universe(
        [perp_meta([]), perp_meta([perp_entry("abc:GOLD", 2, 20)])],
        [None, {"name": "abc"}],
        {"universe": [], "tokens": [spot_token(0, "USDC", 8, 8)]},
    )

    assert perps[0].rules.fee_scale == 1
    assert perps[110_000].rules.fee_scale == Decimal("0.2")
    assert list_perps(plain)[110_000].rules.fee_scale == 2


def test_margin_modes_and_largest_orders_follow_the_entry() -> None:
    perps = list_perps(universe())

    assert (perps[110_000].rules.only_isolated, perps[110_000].rules.strict_isolated) == (True,) * 2
    assert not perps[0].rules.only_isolated
    assert [perps[asset].rules.market_value_max for asset in (0, 1, 3, 4)] == [
        15_000_000,
        15_000_000,
        5_000_000,
        2_000_000,
    ]


def test_the_collateral_of_a_dex_is_the_token_it_names() -> None:
    made = universe()
    made.metas[1]["collateralToken"] = 2

    assert collateral(made, 1) == ("HYPE", 2)
    assert list_perps(made)[110_000].collateral == "HYPE"


@pytest.mark.parametrize(
    ("price", "decimals", "valid"),
    [
        ("1234.5", 6, True),
        ("1234.56", 6, False),
        ("0.001234", 6, True),
        ("0.0012345", 6, False),
        ("123456", 1, True),
        ("12345.6", 1, False),
        ("0.01234", 5, True),
        ("0.012345", 5, False),
        ("1500.0", 2, True),
        ("1234560", 0, True),
    ],
)
def test_a_price_exists_by_the_rules_of_the_sheet(
    price: str, decimals: int, *, valid: bool
) -> None:
    assert is_tick(Decimal(price), decimals) is valid
