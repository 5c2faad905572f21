"""Whether a strategy holds what its alerts' sender believes; pure, it is told time and position."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from webhook.alerts import Alert


class Drifted(msgspec.Struct, frozen=True):
    """A position that is not the stated one; both signed, in base units."""

    key: str
    strategy: str
    stated: Decimal
    held: Decimal


class _Statement(msgspec.Struct, frozen=True):
    alert: Alert
    stated: Decimal
    due_ns: int


class Drift:
    """
    Compare the latest stated position of each strategy with the one it holds, some time later.

    Parameters
    ----------
    delay_ns : int
        How long after an alert is done, so that fills and balances have been told.
    held : callable
        Returns the position of the strategy that an alert is for, and the least difference that
        counts (the venue's size step); None where there is none to compare with.
    """

    def __init__(
        self, delay_ns: int, held: Callable[[Alert], tuple[Decimal, Decimal] | None]
    ) -> None:
        self._delay_ns = delay_ns
        self._held = held
        self._waiting: dict[str, _Statement] = {}

    def begun(self, alert: Alert) -> None:
        """Note that an alert is on its way: what was stated before it is out of date."""
        self._waiting.pop(alert.strategy, None)

    def done(self, alert: Alert, now_ns: int) -> None:
        """Note that nothing more will come of an alert: its position can be compared."""
        if alert.stated is not None:
            statement = _Statement(alert, alert.stated, now_ns + self._delay_ns)
            self._waiting[alert.strategy] = statement

    def due(self, now_ns: int) -> Sequence[Drifted]:
        """Return what differs now; each statement is compared once."""
        ready = [one for one in self._waiting.values() if one.due_ns <= now_ns]
        found = []
        for one in ready:
            del self._waiting[one.alert.strategy]
            position = self._held(one.alert)
            if position is not None and abs(one.stated - position[0]) >= position[1]:
                found.append(Drifted(one.alert.key, one.alert.strategy, one.stated, position[0]))
        return found

    def next_ns(self) -> int | None:
        """Return when `due` has something to compare, or None."""
        return min((one.due_ns for one in self._waiting.values()), default=None)
