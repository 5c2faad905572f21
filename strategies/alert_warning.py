"""What may be wrong with the alerts themselves, as an event that strategies can subscribe to."""

from dataclasses import dataclass
from enum import StrEnum

from nautilus_trader.core.data import Data
from nautilus_trader.model.data import CustomData, DataType


class AlertTrouble(StrEnum):
    """What may be wrong, as a code that stays the same."""

    POSITION_GAP = "position_gap"
    """An alert starts from another position than the one before it ended in: one is missing."""
    SEQUENCE_GAP = "sequence_gap"
    """An alert's number does not follow that of the one before it."""
    SILENCE = "silence"
    """No alert has come for longer than the profile allows."""
    DRIFT = "drift"
    """The strategy does not hold what the alert's sender believes."""
    UNANSWERED = "unanswered"
    """Whether an earlier process has traded the alert cannot be found out yet; others wait."""
    DEAD = "dead"
    """An alert was given up after several deliveries without an answer."""
    NOT_RECORDED = "not_recorded"
    """What becomes of alerts cannot be written down at the moment; they are traded all the same."""


# Slots, as `strategies.signals.Signal` has them.
@dataclass(frozen=True, kw_only=True, slots=True)
class AlertWarning(Data):
    """
    Warn that a strategy may trade on wrong or missing alerts.

    Parameters
    ----------
    strategy : str
        Whose alerts.
    trouble : AlertTrouble
        What may be wrong.
    message : str
        The same in words, with what was expected and what was found.
    key : str or None
        The alert's, where it is about one.
    ts_event, ts_init : int
        Nanoseconds UTC.
    """

    strategy: str
    trouble: AlertTrouble
    message: str
    key: str | None = None
    ts_event: int
    ts_init: int


def warning_data_type(strategy: str) -> DataType:
    """Return the data type under which the warnings about a strategy's alerts travel."""
    return DataType(AlertWarning, metadata={"strategy": strategy})


def wrap_warning(warning: AlertWarning) -> CustomData:
    """Wrap a warning as the data engine wants it."""
    return CustomData(warning_data_type(warning.strategy), warning)
