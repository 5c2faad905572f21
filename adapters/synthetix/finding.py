"""Whether the venue has an order that an earlier process may have sent; it asks, and sends none."""

from collections.abc import Awaitable, Callable

from nautilus_trader.cache.cache import Cache
from nautilus_trader.execution.reports import OrderStatusReport
from nautilus_trader.model.identifiers import ClientOrderId

from adapters.common.errors import OutcomeUnknown
from adapters.common.foreign import ForeignOrders
from adapters.synthetix.accounts import SynthetixAccount


class OrderFinding:
    """
    Find an order by its client order id, or prove that there is none and never will be.

    An order of a process that was killed may still be on its way for a while. Its nonce, which
    could be used up, died with the process, and its `expiresAfter` may mean nothing to the venue
    (docs/decisions/014). So only one that the venue does not know a generous time after the start
    of this process was never placed: nobody else signs with this key, which the signer's lock sees
    to.

    Parameters
    ----------
    account : SynthetixAccount
        Where to ask.
    foreign : ForeignOrders
        Hands what was found to Nautilus, with its fills.
    cache : Cache
        Where Nautilus holds the orders that it knows.
    ask_venue_ms : Callable[[], Awaitable[int]]
        Asks for the venue's time, Unix milliseconds (VenueError).
    settle_ms : int
        Milliseconds after the start until nothing of an earlier process can arrive, and how much
        later than it took it the venue may know an order.

    """

    def __init__(
        self,
        account: SynthetixAccount,
        foreign: ForeignOrders,
        cache: Cache,
        *,
        ask_venue_ms: Callable[[], Awaitable[int]],
        settle_ms: int,
    ) -> None:
        self._account = account
        self._foreign = foreign
        self._cache = cache
        self._ask_venue_ms = ask_venue_ms
        self._settle_ms = settle_ms
        self._settled_ms: int | None = None
        self._is_settled = False

    def begin(self, venue_ms: int) -> None:
        """Note the venue's time at which this process could begin to send; the first counts."""
        if self._settled_ms is None:
            self._settled_ms = venue_ms + self._settle_ms

    async def find(self, client_order_id: ClientOrderId) -> OrderStatusReport | None:
        """
        Return the order, which Nautilus's cache holds by then, or None if there is none.

        Raises
        ------
        VenueError
            If that is not known yet, because the venue does not say or an order may still arrive.

        """
        if self._settled_ms is None:
            raise OutcomeUnknown("Expected to be connected to the venue, is not yet")
        # Read before the question: what had to arrive by then can have no effect after the answer.
        left_ms = await self._left_ms(self._settled_ms)
        found = await self._account.find(client_order_id.value)
        if found is None:
            if left_ms >= 0:
                raise OutcomeUnknown(f"It may still arrive at the venue for {left_ms / 1000:.1f} s")
            return None
        report = await self._account.order_report(client_order_id)
        if report is None:
            raise OutcomeUnknown(f"The venue has {client_order_id}, and tells nothing to report")
        if self._cache.order(client_order_id) is None:
            await self._foreign.report(found.venue_id)
            if self._cache.order(client_order_id) is None:
                raise OutcomeUnknown(f"Nautilus has not taken the report of {client_order_id} yet")
        return report

    async def _left_ms(self, settled_ms: int) -> int:
        """Return for how long orders may still arrive; once that is over the venue is not asked."""
        if not self._is_settled:
            left_ms = settled_ms - await self._ask_venue_ms()
            self._is_settled = left_ms < 0
            return left_ms
        return -1
