"""What holds at a venue and in a market: numbers and predicates, no state."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from simulator.exchange.model import ZERO, Status

DEFAULT_LEVERAGE = 20
"""A market a trader never set is cross 20x, or its maximum if lower (Hyperliquid 5.5)."""
FEE_DECIMALS = 6
"""USD figures are cut to 6 decimals, fees among them (Hyperliquid 2 and 5.7, captured)."""


class MarginTier(msgspec.Struct, frozen=True):
    """From this notional on, so much leverage."""

    lower_bound: Decimal
    max_leverage: int


class MarketRules(msgspec.Struct, frozen=True):
    """One perpetual market.

    Attributes
    ----------
    is_tick : Callable
        Says whether a price exists here (the venue's tick rule).
    tiers : tuple of MarginTier
        Rising; the first begins at 0.
    band : Decimal
        A limit price further from the mark than this fraction denies the request (1.5).
    collar : Decimal, optional
        As `band`, but refuses the one order (Synthetix 5.2); None is no collar.
    market_value_max : Decimal, optional
        Largest notional of an order that ends at once; a resting one may be 10 times as large
        (Hyperliquid 5.3). None is no limit.
    market_reach : Decimal, optional
        How far beyond the mark, as a fraction of it, a market trigger that fires may go
        (Synthetix 5.2); None is as far as the price it was placed with.
    fee_scale : Decimal
        Factor on every fee of this market (Hyperliquid 5.7, builder dexs).
    only_isolated, strict_isolated : bool
        Cross margin is not offered; margin cannot be removed either.
    """

    asset: int
    size_decimals: int
    tiers: tuple[MarginTier, ...]
    is_tick: Callable[[Decimal], bool]
    min_notional: Decimal = Decimal(10)
    min_size: Decimal = ZERO
    band: Decimal = Decimal("0.95")
    collar: Decimal | None = None
    market_value_max: Decimal | None = None
    market_reach: Decimal | None = None
    fee_scale: Decimal = Decimal(1)
    only_isolated: bool = False
    strict_isolated: bool = False

    @property
    def max_leverage(self) -> int:
        """Return the leverage of the smallest positions."""
        return self.tiers[0].max_leverage

    def tier(self, notional: Decimal) -> MarginTier:
        """Return the tier of a position of this notional."""
        return next(tier for tier in reversed(self.tiers) if notional >= tier.lower_bound)

    def maintenance(self, notional: Decimal) -> Decimal:
        """Return the maintenance margin: half the initial margin at the tier's leverage.

        notional * rate(tier) - deduction(tier), where the deductions make it continuous over the
        tiers (Hyperliquid 5.5): the sum over the tiers of what lies in each.
        """
        margin = ZERO
        for tier, upper in zip(self.tiers, (*self.tiers[1:], None), strict=True):
            top = notional if upper is None else min(notional, upper.lower_bound)
            margin += max(top - tier.lower_bound, ZERO) / (2 * tier.max_leverage)
        return margin


class FeeTier(msgspec.Struct, frozen=True):
    """From this volume of 14 days on, so much of the notional; a negative rate is a rebate."""

    volume: Decimal
    taker: Decimal
    maker: Decimal


BASE_FEES = (FeeTier(ZERO, Decimal("0.00045"), Decimal("0.00015")),)
"""Hyperliquid's base tier for perps (5.7)."""


class VenueRules(msgspec.Struct, frozen=True):
    """What the two venues do differently, all of it verified.

    Attributes
    ----------
    fee_tiers : tuple of FeeTier
        Rising; the first begins at 0.
    self_trade_rejects_taker : bool
        False cancels the resting order and goes on (Hyperliquid 5.4); True stops the taker
        (Synthetix 12).
    modify_keeps_id : bool
        False gives a new id and counts the size anew (Hyperliquid 3.3); True keeps id, fills and
        time of placing, the size is the total, and a change that is refused leaves the order as it
        was (Synthetix 5.4).
    triggers_need_position : bool
        A trigger is taken only against an open position, which it can only reduce, and ends with
        it (Synthetix 5.2).
    position_tpsl_is_sized : bool
        False makes every TP/SL of a position track its size (Hyperliquid 3.1); True only those
        that say so (Synthetix 5.2).
    reduce_only_within_position : bool
        The reduce-only orders in the book may not be larger than the position in all (Synthetix
        2.5); False trims them when they match.
    market_orders_max : int, optional
        How many orders may be open in one market; None is no limit of its own.
    schedule_volume : Decimal
        Volume a trader needs before `schedule_cancel` (Hyperliquid mainnet 1,000,000).
    schedules_per_day : int, optional
        How often a scheduled cancel may go off in a UTC day (Hyperliquid 3.4); None is no limit.
    twap_value_min : Decimal, optional
        The least notional of a TWAP (Synthetix 5.2); None is 10 a minute (Hyperliquid 5.10).
    """

    fee_tiers: tuple[FeeTier, ...] = BASE_FEES
    self_trade_rejects_taker: bool = False
    modify_keeps_id: bool = False
    triggers_need_position: bool = False
    position_tpsl_is_sized: bool = False
    open_orders_base: int = 1_000
    open_orders_max: int = 5_000
    open_orders_volume: Decimal = Decimal(5_000_000)
    reduce_only_within_position: bool = False
    market_orders_max: int | None = None
    schedule_volume: Decimal = ZERO
    schedules_per_day: int | None = 10
    twap_value_min: Decimal | None = None

    def open_orders_limit(self, volume: Decimal) -> int:
        """Return how many orders may be open: the base, and one for each 5M traded (5.3)."""
        extra = int(volume // self.open_orders_volume)
        return min(self.open_orders_base + extra, self.open_orders_max)


class Knobs(msgspec.Struct, frozen=True):
    """What nobody has verified: an adapter must work under each setting (Hyperliquid 10 a-d).

    Attributes
    ----------
    partial_ack_is_filled : bool
        (a) A resting order that filled in part at once is acknowledged as Filled, not Resting.
    partial_fill_reports_open : bool
        (b) Each partial fill tells the order as open again.
    trigger_gives_new_id : bool
        (c) An order that fires ends as triggered and goes on under a new id.
    partial_ioc_status : Status
        (d) How an order that ends at once is closed when only a part of it filled.
    bracket_is_oco : bool
        A take-profit or stop of a bracket that fills cancels the other (Synthetix 12.1 g).
    modify_keeps_priority : bool
        A resting order that only shrinks keeps its place in the queue (Synthetix 12.1 h); asked
        only where a modified order keeps its id.
    """

    partial_ack_is_filled: bool = False
    partial_fill_reports_open: bool = False
    trigger_gives_new_id: bool = False
    partial_ioc_status: Status = Status.CANCELED
    bracket_is_oco: bool = True
    modify_keeps_priority: bool = False
