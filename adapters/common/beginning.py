"""When Nautilus knows an account's past; until then nothing of it is told in parts."""

import asyncio
import time
from collections.abc import Iterable

from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.identifiers import VenueOrderId

POLL_SECS = 0.05
# A node waits 30 s for its venues and 120 for their past; afterwards nobody will tell it any more.
LIMIT_SECS = 165.0


class Beginning:
    """
    Tell when the start of a node is over, as far as one account is concerned.

    Nautilus applies orders and fills in the order in which it is told of them. At its start it asks
    each venue for all of the past at once, but applies no answer before the slowest has come. What
    a reconnect in between finds missing is of that past: told by itself it comes before what was
    before it, and positions, fees and profits come out wrong.

    Parameters
    ----------
    cache : Cache
        Knows what has been applied.

    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._answer: tuple[VenueOrderId, ...] | None = None
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether Nautilus has applied the answer to its question for everything."""
        if not self._is_over and self._answer is not None:
            known = map(self._cache.client_order_id, self._answer)
            self._is_over = not self._answer or any(each is not None for each in known)
        return self._is_over

    def answered(self, venue_order_ids: Iterable[VenueOrderId]) -> None:
        """Note the orders of that answer, which is on its way."""
        if self._answer is None:
            self._answer = tuple(venue_order_ids)

    def end(self) -> None:
        """Call it over: a strategy acts, which it does not before; it may never have been asked."""
        self._is_over = True

    async def wait(self) -> None:
        """Return once it is over, or after so long that nobody can ask any more."""
        deadline = time.monotonic() + LIMIT_SECS
        while not self.is_over and time.monotonic() < deadline:  # noqa: ASYNC110 - no event
            await asyncio.sleep(POLL_SECS)
        self.end()
