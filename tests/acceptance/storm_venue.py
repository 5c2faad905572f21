"""What a storm must know of a venue: how to run it, what may befall it, how its ledger names."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest
from nautilus_trader.model.identifiers import InstrumentId

from tests.acceptance.storm_faults import Weather
from tests.acceptance.storm_sea import Sea
from tests.acceptance.trading_run import Run

# A hang is what a storm finds: how soon both sides agree is a figure, told at the end. A machine
# with other work has stood still for six seconds.
PATIENCE_SECS = 30.0
EXPIRY_SECS = 1
# The bench cannot wait long: what is lost shall be found soon.
IMPATIENT = {
    "expires_after_secs": EXPIRY_SECS,
    "post_timeout_secs": 1,
    "http_timeout_secs": 1,
    "ws_ping_interval_secs": 1,
    "ws_idle_timeout_secs": 2,
}


class StormVenue(Protocol):
    """
    One venue, and the account on it that a key trades which is not its owner's.

    Attributes
    ----------
    account : str
        What the venue's engine calls the account.
    settings : Mapping[str, Any]
        How the venue may behave where nobody has verified it, by name; the first is as documented.
    weather : Weather
        What may go wrong.
    triggers_need_position : bool
        Whether a stop is taken only against a position.

    """

    account: str
    settings: Mapping[str, Any]
    weather: Weather
    triggers_need_position: bool

    def running(
        self, sea: Sea, setting: str, folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AbstractAsyncContextManager[Run]:
        """Run the venue on a market and a node on it, without the limits of any budget."""

    def instrument_id(self, coin: str) -> InstrumentId:
        """Return Nautilus's name of a coin's perp."""

    def symbol(self, coin: str) -> str:
        """Return what rules of faults call a coin."""

    def client_id(self, client_order_id: str) -> str:
        """Return what the venue is told of an order's name."""

    def trade_id(self, number: int) -> str:
        """Return what the venue calls a match of its engine."""

    def placed(self, body: object) -> Iterator[str]:
        """Give the names of the orders that a client has asked to place, by HTTP or as a post."""

    def is_connected(self, run: Run) -> bool:
        """Tell whether the node hears of its orders, on a connection that the venue hears too."""

    def may_sign(self, run: Run) -> bool:
        """Tell whether the key may still trade."""

    def let_sign(self, run: Run) -> None:
        """Let the key trade (again), as its owner would."""
