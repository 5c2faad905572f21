"""Whether alerts of one strategy are missing, by what they state themselves; pure."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from strategies.alert_warning import AlertTrouble
from webhook.alerts import Alert


class Gap(msgspec.Struct, frozen=True):
    """A sign that an alert is missing: a code for machines, a message for people."""

    trouble: AlertTrouble
    message: str


class Continuity:
    """
    Compare each alert of one strategy with the one before it.

    An alert that trades without stating a position leaves open what its sender believes, so the
    next one is not compared. A heartbeat trades nothing, and leaves the position as it was.

    Parameters
    ----------
    last : Alert or None
        The latest alert of an earlier process, if there was one.
    """

    def __init__(self, last: Alert | None = None) -> None:
        self._stated: Decimal | None = None
        self._sequence: int | None = None
        if last is not None:
            self._remember(last)

    def check(self, alert: Alert) -> Sequence[Gap]:
        """Take the next alert, in the order of arrival; return what does not fit."""
        gaps = [gap for gap in (self._position_gap(alert), self._sequence_gap(alert)) if gap]
        self._remember(alert)
        return gaps

    def _position_gap(self, alert: Alert) -> Gap | None:
        before = alert.stated_before
        if before is None or self._stated is None or before == self._stated:
            return None
        words = f"Expected an alert that starts from the position {self._stated:f}, was {before:f}"
        return Gap(AlertTrouble.POSITION_GAP, f"{words}: an alert between is missing")

    def _sequence_gap(self, alert: Alert) -> Gap | None:
        if alert.sequence is None or self._sequence is None:
            return None
        expected = self._sequence + 1
        if alert.sequence == expected:
            return None
        words = f"Expected the alert number {expected}, was {alert.sequence}"
        return Gap(AlertTrouble.SEQUENCE_GAP, words)

    def _remember(self, alert: Alert) -> None:
        if alert.action is not None or alert.stated is not None:
            self._stated = alert.stated
        if alert.sequence is not None:
            self._sequence = alert.sequence
