"""What asks a strategy to trade and what it answers; nothing is decided here."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import msgspec
from nautilus_trader.core.data import Data
from nautilus_trader.model.data import CustomData, DataType
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId

from strategies.protection import Distance
from strategies.sizing import Sizing

DECISIONS = "signals.decided"
"""The topic of the message bus on which strategies publish a Decision for each Signal."""


class Action(StrEnum):
    """What a signal asks for."""

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"
    TARGET = "target"


class Reason(StrEnum):
    """Why a signal was answered without an order, as a code that stays the same."""

    REPEATED = "repeated"
    """Its key, or its order, is known already."""
    WRONG_INSTRUMENT = "wrong_instrument"
    """The strategy trades another instrument."""
    NO_PRICE = "no_price"
    """The market has given no price to size the order with."""
    BAD_SIZE = "bad_size"
    """The size is missing, or not one that the venue takes."""
    BAD_PROTECTION = "bad_protection"
    """Its stop or take-profit is of a kind that the strategy cannot measure."""
    NOTHING_TO_DO = "nothing_to_do"
    """The position is already what the signal asks for."""
    DEGRADED = "degraded"
    """The strategy takes no new entries, because something went wrong."""
    PAUSED = "paused"
    """The strategy takes no new entries, because a person has paused it."""
    EXPIRED = "expired"
    """It became too old while the order of an earlier one was under way."""
    FAILED = "failed"
    """The strategy raised an exception while it decided."""


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
        Base units. Positive for buy and sell; signed for target (negative is short); None for
        close, and where `sizing` or the strategy gives the size.
    sizing : Sizing or None
        How much to buy or sell, in place of the strategy's own rule; `quantity` goes before it.
    stop, take_profit : Distance or None
        Where the protection of the position rests from now on; None for the strategy's own rule,
        and where it has none, for what an earlier signal asked for while the position lasts.
    is_exit : bool
        Whether it may only make the position smaller, whatever the position is by now.
    reason : str
        A remark for people.
    ts_expires : int or None
        From when on it must not be traded, nanoseconds UTC; None for never.
    ts_event, ts_init : int
        Nanoseconds UTC of the cause and of this object.
    """

    source: str
    key: str
    strategy: str
    instrument_id: InstrumentId
    action: Action
    quantity: Decimal | None = None
    sizing: Sizing | None = None
    stop: Distance | None = None
    take_profit: Distance | None = None
    is_exit: bool = False
    reason: str = ""
    ts_expires: int | None = None
    ts_event: int
    ts_init: int


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """
    Say what a strategy has made of a signal.

    Published once for each signal, after its order was handed to Nautilus: who does not hear it
    cannot know whether the order has left, and looks for `order_id_of(key)`.

    Parameters
    ----------
    key, strategy : str
        Those of the signal.
    orders : tuple of ClientOrderId
        What was sent for it, now or when it came before.
    reason : Reason or None
        Why nothing was sent now; None where an order was.
    message : str
        The same in words, with the numbers.
    ts_event : int
        Nanoseconds UTC.
    """

    key: str
    strategy: str
    orders: tuple[ClientOrderId, ...] = ()
    reason: Reason | None = None
    message: str = ""
    ts_event: int


def order_id_of(key: str) -> ClientOrderId:
    """
    Return the client order id of the one order that a signal may cause.

    It depends on the key alone, so that a signal that comes again, to whatever process, can be told
    from one whose order has not left yet. 96 bits of a hash: chance does not make two of them.
    """
    return ClientOrderId(f"A-{hashlib.blake2b(key.encode(), digest_size=12).hexdigest()}")


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


LEG_SEPARATOR = "/"
"""Between the key of a hedge's signal and the leg; no strategy's name holds one."""


def key_of_leg(key: str, strategy: str) -> str:
    """Return the key of what a leg of a hedge is given for the signal of this key."""
    return f"{key}{LEG_SEPARATOR}{strategy}"
