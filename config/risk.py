"""The table of limits in a profile; what they mean to an order is for risk/ to say."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, field
from msgspec.structs import fields

from config.errors import MismatchError
from config.forms import InstrumentId, StrategyId, Text
from config.venues import Settings

NAKED_SECS_MIN = 3  # the guard looks every second, and a venue takes its time to accept
PERCENT_MAX = 100

Count = Annotated[int, Meta(ge=0)]


class LimitSettings(Settings, frozen=True, kw_only=True):
    """Limits of one scope; 0 is none, and what is left out is what the wider scopes say.

    Attributes
    ----------
    order_size_max
        Base units of one order.
    order_notional_max
        Value of one order, in quote currency.
    price_collar_percent
        How far a limit may be on the losing side of the mark.
    position_size_max, position_notional_max
        The position in one instrument, with all orders that add to it.
    leverage_max
        Exposure at a venue over the equity there.
    gross_notional_max
        Exposure of the scope.
    open_orders_max, orders_per_minute_max
        Orders of the scope.
    data_age_secs_max
        Age of the newest price.

    """

    order_size_max: Decimal = Decimal(0)
    order_notional_max: Decimal = Decimal(0)
    price_collar_percent: Decimal = Decimal(0)
    position_size_max: Decimal = Decimal(0)
    position_notional_max: Decimal = Decimal(0)
    leverage_max: Decimal = Decimal(0)
    gross_notional_max: Decimal = Decimal(0)
    open_orders_max: Count = 0
    orders_per_minute_max: Count = 0
    data_age_secs_max: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse what is no amount."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Decimal) and not (value.is_finite() and value >= 0):
                raise MismatchError("a decimal number >= 0", each.name)


class RiskSettings(LimitSettings, frozen=True, kw_only=True):
    """The limits of the whole desk, narrower ones, and what the guard halts and closes at.

    Attributes
    ----------
    daily_loss_percent_max, drawdown_percent_max
        Share of the equity that may be lost since midnight UTC and since its highest; 0 is any.
    flatten_on_loss
        Whether such a halt closes the positions as well.
    naked_secs_max
        How long a position may be without the stop that its strategy wants.
    directory
        Where halts are kept; None is a folder of the user's.
    venues, strategies, instruments
        Limits of one of them, by its name, its id and Nautilus's id.

    """

    order_notional_max: Decimal = Decimal(100_000)
    price_collar_percent: Decimal = Decimal(10)
    leverage_max: Decimal = Decimal(5)
    open_orders_max: Count = 200
    orders_per_minute_max: Count = 300
    data_age_secs_max: Decimal = Decimal(60)
    daily_loss_percent_max: Decimal = Decimal(10)
    drawdown_percent_max: Decimal = Decimal(25)
    flatten_on_loss: bool = False
    naked_secs_max: Decimal = Decimal(15)
    directory: Text | None = None
    venues: dict[str, LimitSettings] = field(default_factory=dict)
    strategies: dict[StrategyId, LimitSettings] = field(default_factory=dict)
    instruments: dict[InstrumentId, LimitSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no amount, no share, or too short to be kept."""
        super().__post_init__()
        for name in ("daily_loss_percent_max", "drawdown_percent_max"):
            if getattr(self, name) > PERCENT_MAX:
                raise MismatchError(f"a decimal number <= {PERCENT_MAX}", name)
        if self.naked_secs_max < NAKED_SECS_MIN:
            raise MismatchError(f"a decimal number >= {NAKED_SECS_MIN}", "naked_secs_max")
