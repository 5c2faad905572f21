"""The Signal, the event that asks a strategy to trade, and its routing; it decides nothing."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from nautilus_trader.core.data import Data
from nautilus_trader.model.data import CustomData, DataType
from nautilus_trader.model.identifiers import InstrumentId


class Action(StrEnum):
    """What a signal asks for."""

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"
    TARGET = "target"


# Slots, because the compiled base defines ts_event and ts_init as properties without a setter.
@dataclass(frozen=True, kw_only=True, slots=True)
class Signal(Data):
    """
    Ask one strategy to change its position.

    Parameters
    ----------
    source : str
        Who asks, such as "tradingview" or "rsi".
    key : str
        The idempotency key: two signals with the same key are one signal.
    strategy : str
        The strategy it is meant for, which also routes it.
    instrument_id : InstrumentId
        What to trade.
    action : Action
        Buy or sell a quantity, close the position, or go to a target position.
    quantity : Decimal or None
        Base units. Positive for buy and sell, where None leaves the size to the strategy; signed
        for target (negative is short); None for close.
    reason : str
        A remark for people.
    ts_event, ts_init : int
        Nanoseconds UTC of the cause and of this object.
    """

    source: str
    key: str
    strategy: str
    instrument_id: InstrumentId
    action: Action
    quantity: Decimal | None = None
    reason: str = ""
    ts_event: int
    ts_init: int


def signal_data_type(strategy: str) -> DataType:
    """
    Return the data type under which signals for `strategy` travel.

    Publisher and subscriber must both use it: Nautilus routes custom data by its metadata, here
    to the topic ``data.Signal.strategy=<strategy>``.
    """
    return DataType(Signal, metadata={"strategy": strategy})


def wrap_signal(signal: Signal) -> CustomData:
    """Wrap a signal as the data engine wants it, in a data client or a backtest's data."""
    return CustomData(signal_data_type(signal.strategy), signal)
