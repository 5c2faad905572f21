"""What an account can be told beyond orders; values only, sent over Nautilus's message bus.

Nautilus has no command for leverage. The execution client listens at the endpoint
``<client id>.command``: ``msgbus.send(endpoint="SYNTHETIX.command", msg=SetLeverage(...))``.
"""

import msgspec
from nautilus_trader.model.identifiers import InstrumentId


class SetLeverage(msgspec.Struct, frozen=True):
    """Set the leverage of an instrument, a whole number; all margin is cross."""

    instrument_id: InstrumentId
    leverage: int
