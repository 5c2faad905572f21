"""Looks now and then whether the account's stream has kept something back; it concludes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from nautilus_trader.common.component import Logger

from adapters.common.errors import VenueError
from adapters.common.order_tracker import OrderTracker
from adapters.synthetix.account_schemas import AccountOrder


class AccountSweep:
    """
    Compare what rests at the venue with what we believe, and have the differences looked up.

    All news of an account comes by one stream whose events have no numbers: one that is kept back
    leaves no gap to be seen. A look costs 10 of the 1,000 tokens that the venue grants in 10 s.

    Parameters
    ----------
    tracker : OrderTracker
        What we believe.
    resting : Callable[[], Awaitable[Iterable[AccountOrder]]]
        Asks for all orders that rest (VenueError).
    look_up : Callable[[str], None]
        Has the order of a client order id looked up.
    interval_secs : float
        Seconds between two looks.

    """

    def __init__(
        self,
        tracker: OrderTracker,
        resting: Callable[[], Awaitable[Iterable[AccountOrder]]],
        look_up: Callable[[str], None],
        interval_secs: float,
    ) -> None:
        self._tracker = tracker
        self._resting = resting
        self._look_up = look_up
        self._interval_secs = interval_secs
        self._log = Logger(type(self).__name__)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(self._interval_secs)
            try:
                await self.look()
            except VenueError as e:
                self._log.warning(f"Could not ask what rests: {e}")

    async def look(self) -> None:
        """Ask once, unless nothing of ours rests; VenueError if the venue does not say."""
        ours = self._standing()
        if not ours:
            return
        filled = {order.venue_id: order.filledQuantity for order in await self._resting()}
        # What came by the stream meanwhile is known, and what was sent since is not looked at.
        for key, venue_id in ours.items() & self._standing().items():
            is_gone = venue_id not in filled
            if is_gone or self._tracker.lacks_fills(key, venue_id, filled[venue_id]):
                self._look_up(key)

    def _standing(self) -> dict[str, str]:
        """Return the venue order id of each order of ours that the venue has taken."""
        ids = {key: self._tracker.venue_order_id(key) for key in self._tracker.open_orders()}
        return {key: venue_id for key, venue_id in ids.items() if venue_id is not None}
