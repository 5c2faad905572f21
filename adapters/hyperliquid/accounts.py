"""Read one account of Hyperliquid as Nautilus reports and balances; it sends no order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial

import msgspec
from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.execution.reports import (
    FillReport,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, VenueOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance, Currency, MarginBalance

from adapters.common.errors import VenueRefused
from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.account_schemas import RateLimit
from adapters.hyperliquid.fills import AccountFills, may_have_fills
from adapters.hyperliquid.funds import AccountFunds
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.orders import cloid_from_client_order_id
from adapters.hyperliquid.past_orders import (
    OrderRecord,
    flatten,
    latest_updates,
    merge_open,
    order_records,
)
from adapters.hyperliquid.reporter import Reporter
from adapters.hyperliquid.reports import (
    OrderState,
    order_state,
    twap_id_of,
)
from adapters.hyperliquid.user_schemas import (
    FrontendOrder,
    FundingPayment,
    OrderUpdate,
    UserFill,
)

_TRIGGERED_LIMITS = {"Stop Limit", "Take Profit Limit"}


class HyperliquidAccount:
    """
    One account's orders, fills, positions and money.

    Every method raises what the HTTP client does. Of coins without a loaded instrument nothing is
    reported; each is named once in the log.

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask.
    address : str
        The account that is traded: of a master, a sub-account or a vault, never of an agent.
    instruments : Callable[[str], Instrument | None]
        Finds the instrument of a coin.
    account_id : AccountId
        The account's name here.
    clock : LiveClock
        Our own time.
    client_order_id_of : Callable[[str], ClientOrderId | None]
        Finds the client order id behind a cloid (or behind ``twap-N``), None of foreign orders.
    collaterals : Mapping[str, Currency]
        The dexes to look at, as they are at each call, and what each is margined in; "" is the
        venue's own.

    """

    def __init__(
        self,
        http: HyperliquidHttpClient,
        address: str,
        instruments: Callable[[str], Instrument | None],
        account_id: AccountId,
        clock: LiveClock,
        client_order_id_of: Callable[[str], ClientOrderId | None],
        collaterals: Mapping[str, Currency],
    ) -> None:
        self._http = AccountHttp(http)
        self._address = address
        self._dexes = collaterals.keys()
        self._log = Logger(type(self).__name__)
        self._reporter = Reporter(instruments, account_id, clock, client_order_id_of, self._log)
        self._fills = AccountFills(self._http, address)
        find = self._reporter.instrument
        self._funds = AccountFunds(http, address, find, account_id, clock, collaterals)

    async def order_report(
        self, *, cloid: str | None = None, oid: int | None = None, since_ms: int | None = None
    ) -> OrderStatusReport | None:
        """
        Return one order, or None if the venue does not know it (yet) or its coin is not loaded.

        Parameters
        ----------
        cloid : str, optional
            The order's; of several venue orders under it the venue tells the latest.
        oid : int, optional
            The venue's number, where there is no cloid.
        since_ms : int, optional
            When the first of several venue orders was placed: pass it for an order that has been
            modified, so that what the earlier ones have filled is counted. Asks more of the venue.

        Raises
        ------
        ValueError
            If neither id is given, or the venue tells a status or an order type of no known kind.

        """
        wanted = cloid if cloid is not None else oid
        if wanted is None:
            raise ValueError("Expected a cloid or an oid, was neither")
        reply = await self._http.order_status(self._address, wanted)
        if reply is None:
            return None
        update = reply.order
        fills: list[UserFill] = []
        if since_ms is not None or may_have_fills(update):
            fills = await self._fills.of_order(update, since_ms)
        for record in order_records([update], fills, [], self._reporter.is_ours):
            if record.is_told:
                return self._reporter.order(record)
        return None

    def order_question(
        self, client_order_id: ClientOrderId | None, venue_order_id: VenueOrderId | None
    ) -> Callable[[], Awaitable[OrderStatusReport | None]] | None:
        """Return how to ask for an order; None if the venue knows it by neither of these ids."""
        if client_order_id is not None:
            cloid = cloid_from_client_order_id(client_order_id.value)
            if self._reporter.is_ours(cloid):
                return partial(self.order_report, cloid=cloid)
        if venue_order_id is not None and venue_order_id.value.isdigit():
            return partial(self.order_report, oid=int(venue_order_id.value))
        return None

    async def order_reports(
        self, *, open_only: bool, start_ms: int | None = None
    ) -> list[OrderStatusReport]:
        """
        Return the open orders, and unless `open_only` also those that have ended since the start.

        A modified order is one report under its latest venue order id. What the open ones among
        them filled before is known from the latest 2,000 fills of the account, if `open_only`.
        """
        if not open_only:
            return (await self.reports_since(start_ms))[0]
        orders = await self._open_orders()
        fills: list[UserFill] = []
        if any(self._needs_fills(order) for order in orders.values()):
            fills = await self._fills.latest()
        updates = await self._settled(merge_open(orders, {}), orders)
        records = order_records(updates.values(), fills, [], self._reporter.is_ours)
        return self._reporter.orders(record for record in records if record.is_told)

    async def reports_since(
        self, start_ms: int | None = None
    ) -> tuple[list[OrderStatusReport], list[FillReport]]:
        """
        Return all orders that are open or have had news since the start, and all their fills.

        Both are of one look, and fills stand under the venue order id of their order's report, as
        Nautilus needs them: it ignores a fill without its order. An order that the venue has
        forgotten is put together from its fills, and the parts of a TWAP are one order.
        """
        start_ms = start_ms or 0
        # History before open orders before fills: what is told later then knows more.
        history = await self._or_nothing(self._http.historical_orders(self._address))
        orders = await self._open_orders()
        latest = latest_updates(self._reporter.known(history))
        updates = await self._settled(merge_open(orders, latest), orders)
        twaps = await self._or_nothing(self._http.twap_history(self._address))
        fills = await self.fills(_first_ms(updates.values(), start_ms))
        order_reports: list[OrderStatusReport] = []
        fill_reports: list[FillReport] = []
        for record in order_records(updates.values(), fills, twaps, self._reporter.is_ours):
            is_live = record.is_open and not _has_fired(record, orders)
            if is_live or (not record.is_open and record.last_ms >= start_ms):
                reports = self._reporter.orders([record])
                order_reports += reports
                fill_reports += self._reporter.fills(record.fills, record) if reports else []
        return order_reports, fill_reports

    async def order_with_fills(
        self, venue_order_id: str
    ) -> tuple[OrderStatusReport | None, list[FillReport]]:
        """
        Return one order, or a TWAP as one order, and its fills.

        None is an order of which `order_report` returns None, or one that is part of a TWAP.
        """
        twap_id = twap_id_of(venue_order_id)
        if twap_id is not None:
            return await self._twap_with_fills(twap_id)
        oid = int(venue_order_id)
        reply = await self._http.order_status(self._address, oid)
        if reply is None:
            return None, []
        fills = await self._fills.of_order(reply.order, None)
        for record in order_records([reply.order], fills, [], self._reporter.is_ours):
            if record.is_told:
                return self._reporter.order(record), self._reporter.fills(record.fills, record)
        return None, []

    async def _twap_with_fills(
        self, twap_id: int
    ) -> tuple[OrderStatusReport | None, list[FillReport]]:
        """Return a TWAP as one order, and the fills of its parts; None if it is not known."""
        history = await self._http.twap_history(self._address)
        twaps = [entry for entry in history if entry.twapId == twap_id]
        if not twaps:
            return None, []
        fills = await self.fills(min(entry.state.timestamp for entry in twaps))
        parts = [fill for fill in fills if fill.twapId == twap_id]
        for record in order_records([], parts, twaps, self._reporter.is_ours):
            if record.is_told:
                return self._reporter.order(record), self._reporter.fills(record.fills, record)
        return None, []

    async def resting(self, coin: str) -> list[FrontendOrder]:
        """Return the open orders of one coin, children that wait for their parent included."""
        dex = coin.rpartition(":")[0]
        orders = flatten(await self._http.frontend_open_orders(self._address, dex))
        return [order for order in orders.values() if order.coin == coin]

    async def fill_reports(self, start_ms: int, end_ms: int | None = None) -> list[FillReport]:
        """Return the fills of a range as the venue booked them, each under its own oid."""
        return self._reporter.fills(await self.fills(start_ms, end_ms))

    async def fills(self, start_ms: int, end_ms: int | None = None) -> list[UserFill]:
        """Return the fills of a range, both ends included, oldest first, of all coins."""
        return await self._fills.between(start_ms, end_ms)

    async def fundings(self, start_ms: int, end_ms: int | None = None) -> list[FundingPayment]:
        """Return the funding payments of a range, both ends included, oldest first."""
        return await self._funds.fundings(start_ms, end_ms)

    async def position_reports(self, coins: Iterable[str] = ()) -> list[PositionStatusReport]:
        """Return the open positions of all dexes, and a flat one of those `coins` without any."""
        return await self._funds.position_reports(coins)

    async def balances(self) -> tuple[list[AccountBalance], list[MarginBalance]]:
        """Return the money by currency, and the margin of each position."""
        return await self._funds.balances()

    async def rate_limit(self) -> RateLimit:
        """Return how many requests the account has used of those that it may send."""
        return await self._http.user_rate_limit(self._address)

    async def _open_orders(self) -> dict[int, FrontendOrder]:
        """Return the open orders of all dexes with their children, each with a size."""
        lists = await asyncio.gather(
            *(self._http.frontend_open_orders(self._address, dex) for dex in self._dexes)
        )
        orders = flatten(order for orders in lists for order in orders)
        unsized = [oid for oid, order in orders.items() if not order.size]
        if unsized:
            sizes = await self._funds.position_sizes()
            for oid in unsized:
                size = sizes.get(orders[oid].coin, Decimal(0))
                orders[oid] = msgspec.structs.replace(orders[oid], sz=size, origSz=size)
        return orders

    async def _settled(
        self, updates: dict[int, OrderUpdate], open_orders: dict[int, FrontendOrder]
    ) -> dict[int, OrderUpdate]:
        """
        Return the updates with the last word on those that two looks leave in doubt.

        That is on orders that have ceased to be open in between, and on open triggers of limit
        orders, which do not tell by themselves whether they have fired.
        """
        settled = dict(updates)
        for oid, update in updates.items():
            is_open = oid in open_orders
            may_have_fired = is_open and update.order.orderType in _TRIGGERED_LIMITS
            has_ceased = not is_open and order_state(update.status) is OrderState.OPEN
            if not may_have_fired and not has_ceased:
                continue
            reply = await self._http.order_status(self._address, oid)
            found = latest_updates(self._reporter.known([reply.order] if reply else []))
            if is_open:
                settled |= merge_open({oid: update.order}, found)
            else:
                del settled[oid]
                settled |= found
        return settled

    async def _or_nothing[T](self, read: Awaitable[list[T]]) -> list[T]:
        """Return what the venue tells, or nothing if it refuses: that must not stop a start."""
        try:
            return await read
        except VenueRefused as e:
            self._log.warning(f"Reconciling without what the venue refuses to tell: {e}")
            return []

    def _needs_fills(self, order: FrontendOrder) -> bool:
        """Return whether an open order, or one that it replaced, may have been filled in part."""
        is_ours = order.cloid is not None and self._reporter.is_ours(order.cloid)
        return is_ours or order.sz != order.size


def _has_fired(record: OrderRecord, open_orders: Mapping[int, FrontendOrder]) -> bool:
    """Return whether a trigger is gone from the book: what it placed then is another order."""
    is_triggered = order_state(record.latest.status) is OrderState.TRIGGERED
    return is_triggered and record.latest.order.oid not in open_orders


def _first_ms(updates: Iterable[OrderUpdate], start_ms: int) -> int:
    """Return from when on fills are needed: orders with news since the start may be older."""
    placed = (
        update.order.timestamp
        for update in updates
        if update.statusTimestamp >= start_ms and may_have_fills(update)
    )
    return min([start_ms, *placed])
