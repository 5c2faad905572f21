"""The markets of the venue: their terms and margin tiers, made from what a universe lists."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

import msgspec

from simulator.universe import Listing, Universe

QUOTE = "USDT"
BASES_WITH_HOURS = frozenset({"WTI"})
"""What trades in sessions (fact sheet 4); their hours are not known, so they are always on."""


class Tier(msgspec.Struct, frozen=True):
    """A margin tier: notionals from `floor` to `ceiling` USDT, both included; None has no end."""

    floor: Decimal
    ceiling: Decimal | None
    max_leverage: int
    deduction: Decimal

    @property
    def initial(self) -> Decimal:
        """Return the initial margin rate: one over the leverage."""
        return 1 / Decimal(self.max_leverage)

    @property
    def maintenance(self) -> Decimal:
        """Return the maintenance margin rate: half the initial one."""
        return 1 / Decimal(2 * self.max_leverage)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a market allows, sizes in base units and prices in USDT (fact sheet 4).

    `band` is how far a price may lie off the mark price, as a fraction of it. `tiers` are pairs of
    notional ceiling and leverage; the last one's ceiling is left out of account.
    """

    description: str
    tick: Decimal
    size_decimals: int
    min_size: Decimal
    max_market_size: Decimal
    max_limit_size: Decimal
    band: Decimal
    liquidation_fee: Decimal
    tiers: tuple[tuple[int, int], ...]


class PerpMarket(msgspec.Struct, frozen=True):
    """A market: `symbol` is its name on the wire, `coin` its name inside."""

    symbol: str
    coin: str
    asset: int
    is_open: bool
    terms: Terms
    tiers: tuple[Tier, ...]
    is_close_only: bool = False

    @property
    def base(self) -> str:
        """Return the base asset."""
        return self.symbol.removesuffix(f"-{QUOTE}")

    @property
    def max_leverage(self) -> int:
        """Return the leverage of the smallest positions."""
        return self.tiers[0].max_leverage


MIN_NOTIONAL = Decimal(10)

TERMS: Mapping[str, Terms] = {
    "BTC": Terms(
        description="Bitcoin perpetual",
        tick=Decimal(1),
        size_decimals=5,
        min_size=Decimal("0.001"),
        max_market_size=Decimal(10),
        max_limit_size=Decimal(100),
        band=Decimal("0.05"),
        liquidation_fee=Decimal("0.005"),
        tiers=((1_000_000, 100), (50_000_000, 50), (0, 25)),
    ),
    "ETH": Terms(
        description="Ethereum perpetual",
        tick=Decimal("0.1"),
        size_decimals=4,
        min_size=Decimal("0.01"),
        max_market_size=Decimal(300),
        max_limit_size=Decimal(3_000),
        band=Decimal("0.05"),
        liquidation_fee=Decimal("0.005"),
        tiers=((1_000_000, 25), (20_000_000, 20), (0, 10)),
    ),
    "SOL": Terms(
        description="Solana perpetual",
        tick=Decimal("0.01"),
        size_decimals=3,
        min_size=Decimal("0.1"),
        max_market_size=Decimal(5_000),
        max_limit_size=Decimal(50_000),
        band=Decimal("0.1"),
        liquidation_fee=Decimal("0.01"),
        tiers=((500_000, 20), (0, 10)),
    ),
}
"""Terms of support.synthetix.io (fact sheet 4); the tiers of BTC are those of its example."""


def market_of(listing: Listing, *, close_only: bool = False) -> PerpMarket:
    """Make the market of a listed perp; one without known terms gets those of its decimals."""
    terms = TERMS.get(listing.coin) or _usual_terms(listing)
    return PerpMarket(
        symbol=f"{listing.coin}-{QUOTE}",
        coin=listing.coin,
        asset=listing.asset,
        is_open=not listing.delisted,
        terms=terms,
        tiers=_tiers(terms.tiers),
        is_close_only=close_only,
    )


def list_markets(
    universe: Universe, close_only: frozenset[str] = frozenset()
) -> dict[str, PerpMarket]:
    """Return the markets of a universe by symbol: its own perps; spot and other dexs are none.

    `close_only` are symbols where positions may only be reduced.
    """
    markets = (market_of(listing) for listing in universe.perps(0))
    return {
        market.symbol: msgspec.structs.replace(market, is_close_only=market.symbol in close_only)
        for market in markets
    }


def _usual_terms(listing: Listing) -> Terms:
    least = Decimal(1).scaleb(-listing.sz_decimals)
    return Terms(
        description=f"{listing.coin} perpetual",
        tick=Decimal(1).scaleb(-listing.max_decimals),
        size_decimals=listing.sz_decimals,
        min_size=least,
        max_market_size=Decimal(10_000),
        max_limit_size=Decimal(100_000),
        band=Decimal("0.1"),
        liquidation_fee=Decimal("0.01"),
        tiers=((500_000, 10), (0, 5)),
    )


def _tiers(steps: tuple[tuple[int, int], ...]) -> tuple[Tier, ...]:
    """Chain tiers: each begins one USDT above the one before, and the last has no end (5.7).

    The deductions make the maintenance margin continuous over the boundaries.
    """
    ceilings = [Decimal(ceiling) for ceiling, _ in steps[:-1]]
    tiers = [Tier(Decimal(0), ceilings[0] if ceilings else None, steps[0][1], Decimal(0))]
    for place, ((_, before), (_, leverage)) in enumerate(pairwise(steps)):
        boundary = ceilings[place]
        ceiling = ceilings[place + 1] if place + 1 < len(ceilings) else None
        step = boundary * (1 / Decimal(2 * leverage) - 1 / Decimal(2 * before))
        tiers.append(Tier(boundary + 1, ceiling, leverage, tiers[-1].deduction + step))
    return tuple(tiers)
