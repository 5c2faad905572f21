"""The perps of a universe as the exchange engine needs them: tiers, ticks, fees, largest orders."""

from decimal import Decimal

import msgspec

from simulator.exchange.rules import FeeTier, MarginTier, MarketRules
from simulator.numbers import MAX_DECIMALS_PERP, is_tick
from simulator.universe import TIERED_TABLE, Json, Listing, Universe

BUILDER_FEE_SCALE = Decimal(2)
GROWTH_FEE_SCALE = Decimal("0.1")
"""A builder dex's perp costs twice the fee, and a tenth of that in growth mode (fact sheet 5.7)."""
ISOLATED_MODES = frozenset({"strictIsolated", "noCross"})

MAX_MARKET_NOTIONALS = ((25, "15000000.0"), (20, "5000000.0"), (10, "2000000.0"), (0, "500000.0"))
"""The largest market orders by the coin's maximum leverage (fact sheet 5.3)."""

FEE_TIERS = tuple(
    FeeTier(Decimal(volume), Decimal(taker), Decimal(maker))
    for volume, taker, maker in (
        ("0", "0.00045", "0.00015"),
        ("5000000", "0.0004", "0.00012"),
        ("25000000", "0.00035", "0.00008"),
        ("100000000", "0.0003", "0.00004"),
        ("500000000", "0.00028", "0"),
        ("2000000000", "0.00026", "0"),
        ("7000000000", "0.00024", "0"),
    )
)
"""Perp fees by the volume of 14 days (fact sheet 5.7)."""


class Perp(msgspec.Struct, frozen=True):
    """A listed perp; `dex` is its dex's name, `collateral` the token that margins and fees take."""

    listing: Listing
    dex: str
    collateral: str
    rules: MarketRules

    @property
    def coin(self) -> str:
        """Return its name on the wire."""
        return self.listing.coin

    @property
    def is_halted(self) -> bool:
        """Say whether it takes no orders: it is delisted."""
        return self.listing.delisted

    @property
    def price_decimals(self) -> int:
        """Return how many decimals its prices have at most."""
        return self.listing.max_decimals


def list_perps(universe: Universe) -> dict[int, Perp]:
    """Return every perp of every dex by its asset id, delisted ones included."""
    perps: dict[int, Perp] = {}
    for index, (dex, meta) in enumerate(zip(universe.dexs, universe.metas, strict=True)):
        name = dex["name"] if dex else ""
        token, _ = collateral(universe, index)
        tables = dict(meta.get("marginTables", ()))
        for listing, entry in zip(universe.perps(index), meta["universe"], strict=True):
            rules = _rules(listing, entry, _tiers(entry, tables))
            perps[listing.asset] = Perp(listing, name, token, rules)
    return perps


def collateral(universe: Universe, dex: int) -> tuple[str, int]:
    """Return name and index of the token that margins a dex's perps; USDC if it is not listed."""
    index = universe.metas[dex].get("collateralToken", 0)
    names = {token["index"]: token["name"] for token in universe.spot["tokens"]}
    return (names[index], index) if index in names else ("USDC", 0)


def _rules(listing: Listing, entry: Json, tiers: tuple[MarginTier, ...]) -> MarketRules:
    leverage = tiers[0].max_leverage
    largest = next(notional for least, notional in MAX_MARKET_NOTIONALS if leverage >= least)
    scale = BUILDER_FEE_SCALE if listing.dex else Decimal(1)
    if entry.get("growthMode") == "enabled":
        scale *= GROWTH_FEE_SCALE
    mode = entry.get("marginMode")
    return MarketRules(
        asset=listing.asset,
        size_decimals=listing.sz_decimals,
        tiers=tiers,
        is_tick=lambda price: is_tick(price, MAX_DECIMALS_PERP - listing.sz_decimals),
        market_value_max=Decimal(largest),
        fee_scale=scale,
        only_isolated=bool(entry.get("onlyIsolated")) or mode in ISOLATED_MODES,
        strict_isolated=mode == "strictIsolated",
    )


def _tiers(entry: Json, tables: dict[int, Json]) -> tuple[MarginTier, ...]:
    """Return a perp's margin tiers; an id below 50 is one tier of its own (fact sheet 2.1)."""
    table = entry.get("marginTableId")
    if table is None or table < TIERED_TABLE or table not in tables:
        return (MarginTier(Decimal(0), entry["maxLeverage"]),)
    return tuple(
        MarginTier(Decimal(tier["lowerBound"]), tier["maxLeverage"])
        for tier in tables[table]["marginTiers"]
    )
