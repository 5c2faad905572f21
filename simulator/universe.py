"""What a venue lists: its perps, builder dexs and spot pairs, kept as the venue's own JSON."""

from typing import Any

import msgspec

from simulator.numbers import MAX_DECIMALS_PERP, MAX_DECIMALS_SPOT

SPOT_ASSET = 10_000
"""A spot pair's asset id is this plus its `index` (fact sheet 5.1)."""
BUILDER_ASSET = 100_000
"""A builder dex's asset ids begin at this plus 10,000 times its place in perpDexs."""
BUILDER_ASSETS = 10_000
TIERED_TABLE = 50
"""A marginTableId below this is its own single tier and not listed (fact sheet 2.1)."""

type Json = dict[str, Any]


class Listing(msgspec.Struct, frozen=True):
    """One tradable name; `dex` is None for a spot pair, 0 for the venue's own perps."""

    coin: str
    asset: int
    sz_decimals: int
    dex: int | None
    delisted: bool

    @property
    def max_decimals(self) -> int:
        """Return how many decimals a price may have at most (fact sheet 5.2)."""
        most = MAX_DECIMALS_SPOT if self.dex is None else MAX_DECIMALS_PERP
        return most - self.sz_decimals


class Universe:
    """The venue's lists: `metas[i]` belongs to `dexs[i]`, and positions never change."""

    def __init__(self, metas: list[Json], dexs: list[Json | None], spot: Json) -> None:
        if len(metas) != len(dexs):
            raise ValueError(f"Expected a meta for each of {len(dexs)} dexs, was {len(metas)}")
        self.metas = metas
        self.dexs = dexs
        self.spot = spot
        self.listings: dict[str, Listing] = {}
        self._index()

    def dex_index(self, name: str) -> int | None:
        """Return a dex's place by its name ("" is the venue's own); None when it is unknown."""
        names = [dex["name"] if dex else "" for dex in self.dexs]
        return names.index(name) if name in names else None

    def perps(self, dex: int) -> list[Listing]:
        """Return a dex's perps in the order of its universe, delisted ones included."""
        return [self.listings[entry["name"]] for entry in self.metas[dex]["universe"]]

    def pairs(self) -> list[Listing]:
        """Return the spot pairs in the order of their universe."""
        return [self.listings[entry["name"]] for entry in self.spot["universe"]]

    def add_perp(self, coin: str, sz_decimals: int, max_leverage: int) -> None:
        """List a new perp at the end of its dex, as the venue does; ValueError if it is known.

        A name like "xyz:GOLD" goes to the dex "xyz".
        """
        dex = self.dex_index(coin.rpartition(":")[0])
        if coin in self.listings or dex is None:
            raise ValueError(f"Expected a new coin of a known dex, was {coin}")
        self.metas[dex]["universe"].append(perp_entry(coin, sz_decimals, max_leverage))
        self._index()

    def set_delisted(self, coin: str, *, delisted: bool) -> None:
        """Mark a perp as delisted or not; it keeps its place and so its asset id."""
        listing = self.listings[coin]
        if listing.dex is None:
            raise ValueError(f"Expected a perp, was the spot pair {coin}")
        entry = next(e for e in self.metas[listing.dex]["universe"] if e["name"] == coin)
        entry.pop("isDelisted", None)
        if delisted:
            entry["isDelisted"] = True
        self._index()

    def _index(self) -> None:
        listings: list[Listing] = []
        for dex, meta in enumerate(self.metas):
            first = BUILDER_ASSET + BUILDER_ASSETS * dex if dex else 0
            listings += [
                _perp(first + place, entry, dex) for place, entry in enumerate(meta["universe"])
            ]
        tokens = {token["index"]: token for token in self.spot["tokens"]}
        listings += [_pair(entry, tokens) for entry in self.spot["universe"]]
        self.listings = {listing.coin: listing for listing in listings}


def _perp(asset: int, entry: Json, dex: int) -> Listing:
    delisted = bool(entry.get("isDelisted", False))
    return Listing(entry["name"], asset, entry["szDecimals"], dex, delisted)


def _pair(entry: Json, tokens: dict[int, Json]) -> Listing:
    base = tokens[entry["tokens"][0]]
    asset = SPOT_ASSET + entry["index"]
    return Listing(entry["name"], asset, base["szDecimals"], dex=None, delisted=False)


def perp_entry(coin: str, sz_decimals: int, max_leverage: int, **flags: object) -> Json:
    """Write a perp of `meta`; flags are present only when set, as at the venue."""
    return {
        "szDecimals": sz_decimals,
        "name": coin,
        "maxLeverage": max_leverage,
        "marginTableId": max_leverage,
        **flags,
    }


def perp_meta(universe: list[Json], tables: list[tuple[int, Json]] | None = None) -> Json:
    """Write the `meta` of one dex whose collateral is USDC (token 0)."""
    return {
        "universe": universe,
        "marginTables": [list(table) for table in tables or []],
        "collateralToken": 0,
    }


def spot_token(index: int, name: str, sz_decimals: int, wei_decimals: int) -> Json:
    """Write a token of `spotMeta`; its id is made from its index."""
    return {
        "name": name,
        "szDecimals": sz_decimals,
        "weiDecimals": wei_decimals,
        "index": index,
        "tokenId": f"0x{index + 1:032x}",
        "isCanonical": True,
        "evmContract": None,
        "fullName": None,
        "deployerTradingFeeShare": "0.0",
    }


def spot_pair(index: int, name: str, base: int, *, canonical: bool) -> Json:
    """Write a pair of `spotMeta` quoted in USDC (token 0)."""
    return {"tokens": [base, 0], "name": name, "index": index, "isCanonical": canonical}


def margin_table(*tiers: tuple[str, int]) -> Json:
    """Write a margin table of (notional from which it holds, leverage) tiers."""
    return {
        "description": f"tiered {tiers[0][1]}x",
        "marginTiers": [{"lowerBound": low, "maxLeverage": leverage} for low, leverage in tiers],
    }


def builder_dex(name: str, full_name: str) -> Json:
    """Write a builder dex of `perpDexs`."""
    return {
        "name": name,
        "fullName": full_name,
        "deployer": "0x" + name.encode().hex().rjust(40, "0"),
        "oracleUpdater": None,
        "feeRecipient": None,
        "assetToStreamingOiCap": [],
        "subDeployers": [],
        "deployerFeeScale": "1.0",
        "lastDeployerFeeScaleChangeTime": "1970-01-01T00:00:00",
        "assetToFundingMultiplier": [],
    }
