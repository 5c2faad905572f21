"""What the venue's answer about one order settles; it asks and records, and sends no order."""

from collections.abc import Callable, Iterable

from adapters.common.ledger import OrderLedger
from adapters.common.recovery import OVERLAP_MS
from adapters.common.settlement import Settlement
from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.observations import OrderObserver, TwapTerms
from adapters.hyperliquid.orders import cloid_from_client_order_id
from adapters.hyperliquid.reports import twap_key
from adapters.hyperliquid.user_schemas import OrderUpdate, UserFill


class OrderInquiry:
    """
    Look orders up and conclude what can be concluded.

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask for orders and the venue's time.
    address : str
        Whose orders.
    account : HyperliquidAccount
        Where to ask for fills.
    ledger, observer
        Where answers are recorded.
    grace_ms : int
        How much later than it was taken an order may be known (`unknownOid` right after an answer).
    is_ours : Callable[[str], bool]
        Whether the venue knows an order by this cloid; others are asked for by venue order id.
    remember : Callable[[str, str], None]
        Keeps the client order id of a TWAP beyond this process.
    on_update : Callable[[OrderUpdate], None]
        Receives what the venue says of an order, as the order stream would.
    on_fills : Callable[[Iterable[UserFill]], None]
        Receives the account's fills.

    """

    def __init__(
        self,
        http: HyperliquidHttpClient,
        address: str,
        account: HyperliquidAccount,
        ledger: OrderLedger,
        observer: OrderObserver,
        *,
        grace_ms: int,
        is_ours: Callable[[str], bool],
        remember: Callable[[str, str], None],
        on_update: Callable[[OrderUpdate], None],
        on_fills: Callable[[Iterable[UserFill]], None],
    ) -> None:
        self._http = http
        self._orders = AccountHttp(http)
        self._address = address
        self._account = account
        self._tracker = ledger.tracker
        self._observer = observer
        self._reporter = ledger.reporter
        self._doubts = ledger.doubts
        self._settlement = Settlement(ledger, grace_ms)
        self._is_ours = is_ours
        self._remember = remember
        self._on_update = on_update
        self._on_fills = on_fills

    async def ask(self, key: str) -> bool:
        """
        Ask for the order of a client order id; return whether nothing about it is in doubt now.

        Raises
        ------
        VenueError
            If the venue does not say.

        """
        if not self._tracker.is_open(key) or self._observer.twap_of(key) is not None:
            self._doubts.forget(key)  # the history of a TWAP is a stream of its own
            return True
        # Read before the question: what has expired by then can have no effect after the answer.
        venue_ms = await self._http.exchange_time_ms() if self._doubts.holds(key) else 0
        terms = self._observer.sent_twap(key)
        if terms is not None:
            return await self._ask_for_twap(key, terms, venue_ms)
        reply = await self._orders.order_status(self._address, self._name(key))
        found = None if reply is None else reply.order
        if found is None:
            return self._on_not_found(key, venue_ms)
        self._on_update(found)
        for oid in self._tracker.standing_besides(key, str(found.order.oid)):
            replaced = await self._orders.order_status(self._address, int(oid))
            if replaced is not None and replaced.order is not None:
                self._on_update(replaced.order)
        self._settlement.on_found(key, venue_ms)
        order = found.order
        if key in self._tracker.doubtful() or self._tracker.lacks_fills(
            key, str(order.oid), order.size - order.sz
        ):
            self._on_fills(await self._account.fills(order.timestamp - OVERLAP_MS))
        return self._settlement.is_complete(key)

    async def _ask_for_twap(self, key: str, terms: TwapTerms, venue_ms: int) -> bool:
        history = await self._orders.twap_history(self._address)
        for entry in history:
            is_new = entry.twapId is not None and not self._observer.knows_twap(entry.twapId)
            if entry.twapId is not None and is_new and terms.describes(entry.state):
                self._doubts.forget(key)
                self._remember(twap_key(entry.twapId), key)
                self._reporter.report(self._observer.bind_twap(entry.twapId, key))
                self._reporter.report(self._observer.on_twap(entry) or ())
                return True
        if self._on_not_found(key, venue_ms):
            self._observer.twap_failed(key)
            return True
        return False

    def _name(self, key: str) -> int | str:
        cloid = cloid_from_client_order_id(key)
        venue_order_id = self._tracker.venue_order_id(key)
        if venue_order_id is None or self._is_ours(cloid):
            return cloid
        return int(venue_order_id)

    def _on_not_found(self, key: str, venue_ms: int) -> bool:
        if self._observer.is_uncoded(key):
            self._reporter.report(self._observer.refuse_uncoded(key))
            return True
        return self._settlement.on_not_found(key, venue_ms)
