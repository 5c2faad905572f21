"""The markets as the exchange engine needs them: tiers, ticks, collars, caps and fees."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from simulator.exchange.model import Side
from simulator.exchange.rules import FeeTier, Knobs, MarginTier, MarketRules, VenueRules
from simulator.synthetix_markets import MIN_NOTIONAL, PerpMarket, list_markets
from simulator.synthetix_terms import FEE_STEPS
from simulator.universe import Universe

NO_BAND = Decimal("1e12")
"""Only the collar judges a price here; a bid far below the market just rests."""
TWAP_NOTIONAL_MIN = Decimal(10_000)

FEE_TIERS = tuple(
    FeeTier(Decimal(volume), Decimal(taker), Decimal(maker)) for volume, maker, taker in FEE_STEPS
)

ENGINE_KNOBS = Knobs(partial_ack_is_filled=True)
"""What the engine's knobs are unless somebody turns them: `filled` tells of a part, too (5.3)."""


class SynthetixPerp(msgspec.Struct, frozen=True):
    """A listed market and its rules."""

    market: PerpMarket
    rules: MarketRules

    @property
    def symbol(self) -> str:
        """Return its name on the wire."""
        return self.market.symbol

    @property
    def coin(self) -> str:
        """Return its name inside."""
        return self.market.coin

    @property
    def is_halted(self) -> bool:
        """Say whether it takes no orders."""
        return not self.market.is_open

    def reach(self, reference: Decimal, side: Side) -> Decimal:
        """Return the worst price that a market order accepts, on a tick within the collar."""
        terms = self.market.terms
        price = reference * (1 + side.value * terms.band)
        rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        return (price / terms.tick).to_integral_value(rounding) * terms.tick


def list_perps(universe: Universe) -> Mapping[int, SynthetixPerp]:
    """Return every market by its asset id, closed ones included."""
    return {
        market.asset: SynthetixPerp(market, _rules(market))
        for market in list_markets(universe).values()
    }


def venue_rules(orders_per_market: int, orders_in_all: int) -> VenueRules:
    """Return what holds at this venue (fact sheet 5)."""
    return VenueRules(
        fee_tiers=FEE_TIERS,
        self_trade_rejects_taker=True,
        modify_keeps_id=True,
        triggers_need_position=True,
        position_tpsl_is_sized=True,
        reduce_only_within_position=True,
        market_orders_max=orders_per_market,
        open_orders_base=orders_in_all,
        open_orders_max=orders_in_all,
        schedules_per_day=None,
        twap_value_min=TWAP_NOTIONAL_MIN,
    )


def _rules(market: PerpMarket) -> MarketRules:
    terms = market.terms
    floors = [Decimal(0), *(tier.ceiling for tier in market.tiers if tier.ceiling is not None)]
    return MarketRules(
        asset=market.asset,
        size_decimals=terms.size_decimals,
        tiers=tuple(
            MarginTier(floor, tier.max_leverage)
            for floor, tier in zip(floors, market.tiers, strict=True)
        ),
        is_tick=lambda price: price % terms.tick == 0,
        min_notional=MIN_NOTIONAL,
        min_size=terms.min_size,
        band=NO_BAND,
        collar=terms.band,
        market_reach=terms.band,
    )
