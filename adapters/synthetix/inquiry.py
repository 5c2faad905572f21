"""What the venue's answer about one order settles; it asks and records, and sends no order."""

from collections.abc import Awaitable, Callable, Iterable

from adapters.common.ledger import OrderLedger
from adapters.common.settlement import Settlement
from adapters.synthetix.account_schemas import AccountOrder, AccountTrade
from adapters.synthetix.accounts import SynthetixAccount


class OrderInquiry:
    """
    Look orders up and conclude what can be concluded.

    Parameters
    ----------
    account : SynthetixAccount
        Where to ask.
    ledger : OrderLedger
        Where answers are recorded.
    grace_ms : int
        How much later than it was taken an order may be known.
    ask_venue_ms : Callable[[], Awaitable[int]]
        Asks for the venue's time, Unix milliseconds (VenueError).
    use_up : Callable[[int], Awaitable[None]]
        Lets the venue take a nonce no more (VenueError if that is not known).
    on_order : Callable[[AccountOrder], None]
        Receives what the venue says of an order, as the stream would.
    on_fills : Callable[[Iterable[AccountTrade]], None]
        Receives an order's fills.

    """

    def __init__(
        self,
        account: SynthetixAccount,
        ledger: OrderLedger,
        *,
        grace_ms: int,
        ask_venue_ms: Callable[[], Awaitable[int]],
        use_up: Callable[[int], Awaitable[None]],
        on_order: Callable[[AccountOrder], None],
        on_fills: Callable[[Iterable[AccountTrade]], None],
    ) -> None:
        self._account = account
        self._tracker = ledger.tracker
        self._doubts = ledger.doubts
        self._settlement = Settlement(ledger, grace_ms)
        self._ask_venue_ms = ask_venue_ms
        self._use_up = use_up
        self._on_order = on_order
        self._on_fills = on_fills
        self._being_used_up: set[int] = set()

    async def ask(self, key: str) -> bool:
        """
        Ask for the order of a client order id; return whether nothing about it is in doubt now.

        Raises
        ------
        VenueError
            If the venue does not say.

        """
        if not self._tracker.is_open(key):
            self._doubts.forget(key)
            return True
        # Read before the question: what is over by then can have no effect after the answer.
        venue_ms = await self._ask_venue_ms() if self._doubts.holds(key) else 0
        found = await self._find(key)
        if found is None:
            is_settled = self._settlement.on_not_found(key, venue_ms)
            await self._end_late(key, venue_ms)
            return is_settled
        self._on_order(found)
        self._settlement.on_found(key, venue_ms)
        await self._end_late(key, venue_ms)
        venue_id, filled = found.venue_id, found.filledQuantity
        if key in self._tracker.doubtful() or self._tracker.lacks_fills(key, venue_id, filled):
            self._on_fills(await self._account.fills_of(found))
        return self._settlement.is_complete(key)

    async def _end_late(self, key: str, venue_ms: int) -> None:
        """
        Let what is late and in doubt never take effect; the next question settles it.

        Its expiry does not see to that: a server that compares it in seconds never finds a time in
        milliseconds past (docs/decisions/014).
        """
        late = self._doubts.late_nonces(key, venue_ms)
        # Orders of one request have one nonce, and may be looked up at the same time.
        nonces = [nonce for nonce in late if nonce not in self._being_used_up]
        self._being_used_up.update(nonces)
        try:
            for nonce in nonces:
                await self._use_up(nonce)
            if nonces:
                # The venue may know an order late that it took right before: its grace begins now.
                over_ms = await self._ask_venue_ms()
                for nonce in nonces:
                    self._doubts.used_up(nonce, over_ms)
        finally:
            self._being_used_up.difference_update(nonces)

    async def _find(self, key: str) -> AccountOrder | None:
        found = await self._account.find(key)
        venue_order_id = self._tracker.venue_order_id(key)
        if found is None and venue_order_id is not None:
            # One that was placed elsewhere, whose id here is not the venue's client id.
            found = await self._account.find_numbered(venue_order_id)
        return found
