"""What risk tells on the message bus, and under which topics; nothing is decided here."""

from enum import StrEnum

import msgspec

from risk.refusals import Refusal

ALL_TOPICS = "risk.*"
"""Matches every topic below."""
REFUSALS = "risk.refusal"
"""An OrderRefused for each order that a control, or a halt, has refused."""
HALTS = "risk.halt"
"""A Halt when trading is halted, and a Lift when it goes on."""
STOPS = "risk.stop"
"""A StopNews for each thing done about a position without a resting stop."""


class OrderRefused(msgspec.Struct, frozen=True, kw_only=True):
    """
    An order, or a change of one, that never left.

    Parameters
    ----------
    client_order_id, strategy_id, instrument_id : str
        Whose it is.
    refusal : Refusal
        Why.
    ts_event : int
        Nanoseconds UTC.
    """

    client_order_id: str
    strategy_id: str
    instrument_id: str
    refusal: Refusal
    ts_event: int


class Cause(StrEnum):
    """What halted trading."""

    KILL = "kill"
    """A person, by command, file or signal."""
    DAILY_LOSS = "daily_loss"
    """Equity fell too far since the day began, UTC."""
    DRAWDOWN = "drawdown"
    """Equity fell too far from its highest."""


class Halt(msgspec.Struct, frozen=True, kw_only=True):
    """
    Trading is halted: nothing may be opened until a person lifts it.

    Parameters
    ----------
    cause : Cause
        What halted it.
    words : str
        Why, for people, with the numbers.
    flatten : bool
        Whether positions are to be closed as well.
    ts_event : int
        Nanoseconds UTC.
    """

    cause: Cause
    words: str
    flatten: bool = False
    ts_event: int

    def __str__(self) -> str:
        """Return it in one line."""
        rest = ", positions are closed" if self.flatten else ""
        return f"halted ({self.cause}): {self.words}{rest}"


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """A halt was lifted by a person; `ts_event` is in nanoseconds UTC."""

    halt: Halt
    ts_event: int

    def __str__(self) -> str:
        """Return it in one line."""
        return f"lifted: {self.halt.words} ({self.halt.cause})"


class StopAction(StrEnum):
    """What is done about a position without a resting stop."""

    REATTACH = "reattach"
    """Its strategy is asked to rest its stop again."""
    FLATTEN = "flatten"
    """It is closed: no stop has come to rest in time."""


class StopNews(msgspec.Struct, frozen=True, kw_only=True):
    """
    Something was done about a position without a resting stop.

    Parameters
    ----------
    action : StopAction
        What.
    instrument_id, strategy_id : str
        Whose position.
    words : str
        With the numbers.
    ts_event : int
        Nanoseconds UTC.
    """

    action: StopAction
    instrument_id: str
    strategy_id: str
    words: str
    ts_event: int

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.action} {self.strategy_id}: {self.words}"
