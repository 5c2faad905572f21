"""What the API needs of a desk: a protocol that the composition root fulfills, and no more."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from monitor.picture import (
    AlertPicture,
    ChartPicture,
    DeskPicture,
    EquityPoint,
    StepPicture,
    StrategyPicture,
    TradePicture,
)


class Action(StrEnum):
    """What a strategy can be told."""

    PAUSE = "pause"
    """Open nothing new; exits and protection go on. It lasts through restarts."""
    RESUME = "resume"
    """The end of a pause."""
    FLATTEN = "flatten"
    """Pause, cancel what is under way, and close the position at the market."""
    START = "start"
    """Go on after a stop, or after an error, warming up anew."""
    STOP = "stop"
    """Hear nothing more, and leave orders and positions as the profile's `on_stop` says."""
    PARAMETERS = "parameters"
    """Go on with other parameters."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command to one strategy; `parameters` are for the action of that name alone."""

    strategy: str
    action: Action
    parameters: dict[str, Any] = {}


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a command has done, in words, and the strategy after it."""

    message: str
    strategy: StrategyPicture
    code: str = "done"


class Desk(Protocol):
    """A desk that can be looked at and told what to do, on the event loop that it runs in."""

    def picture(self) -> DeskPicture:
        """Return what is so now."""

    def trades(self, limit: int) -> Sequence[TradePicture]:
        """Return the latest round trips of this run, newest first."""

    def equity(self, limit: int) -> Sequence[EquityPoint]:
        """Return the account's worth over this run, oldest first, at so many times at most."""

    async def alerts(self, limit: int) -> Sequence[AlertPicture]:
        """
        Return the latest alerts, newest first; none where the profile takes none.

        Raises
        ------
        MonitorError
            503 if their store cannot be read.

        """

    async def trace(self, key: str) -> Sequence[StepPicture]:
        """
        Return what happened to an alert, oldest first.

        Raises
        ------
        MonitorError
            404 if there is no such alert, 503 if their store cannot be read.

        """

    def chart(self, strategy: str, limit: int) -> ChartPicture:
        """Return the latest bars of a strategy and what it did on them (MonitorError 404)."""

    def troubles(self) -> Sequence[str]:
        """Return in words why the process should be replaced; empty while it works."""

    def carry_out(self, command: Command) -> Done:
        """
        Do what a person asks; orders have been sent when this returns, not filled.

        Raises
        ------
        MonitorError
            404 for an unknown strategy, 409 where its state does not allow it, 422 for parameters
            that are none.

        """
