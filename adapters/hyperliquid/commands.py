"""What an account can be told beyond orders; values only, sent over Nautilus's message bus.

Nautilus has no command for leverage or margin. The execution client listens at the endpoint
``<client id>.command``: ``msgbus.send(endpoint="HYPERLIQUID.command", msg=SetLeverage(...))``.
"""

from decimal import Decimal

import msgspec
from nautilus_trader.model.identifiers import InstrumentId


class SetLeverage(msgspec.Struct, frozen=True):
    """Set leverage (a whole number, at most the instrument's) and margin mode of an instrument."""

    instrument_id: InstrumentId
    leverage: int
    is_isolated: bool = False


class AddIsolatedMargin(msgspec.Struct, frozen=True):
    """Add dollars (at most 6 decimals) to an isolated position, or take them if negative."""

    instrument_id: InstrumentId
    amount: Decimal
