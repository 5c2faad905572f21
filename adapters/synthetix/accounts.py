"""Read one sub-account of Synthetix as Nautilus reports and balances; it sends no order."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.execution.reports import (
    FillReport,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, VenueOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance, MarginBalance

from adapters.common.joint_question import JointQuestion
from adapters.synthetix.account_http import AccountHttp
from adapters.synthetix.account_schemas import AccountOrder, AccountTrade, Position
from adapters.synthetix.balances import parse_balances, parse_margins
from adapters.synthetix.constants import MILLIS_PER_HOUR, NANOS_PER_MILLI
from adapters.synthetix.past_orders import OrderRecord, order_records
from adapters.synthetix.reporter import Reporter
from adapters.synthetix.reports import parse_position_status_report

# So far back fills are told, of one request. Orders take one request, of 50 tokens, for a week:
# of those before that their fills tell.
SPAN_MAX_MS = 30 * 24 * MILLIS_PER_HOUR
HISTORY_MS = 7 * 24 * MILLIS_PER_HOUR
# Orders of others that are held by what was told of them; of those before that the venue is asked.
NOTED_MAX = 1_000
# An order's fills may be stamped a little before the order that tells of them, and after its end.
TOLERANCE_MS = 1_000


class SynthetixAccount:
    """
    One sub-account's orders, fills, positions and money.

    Every method may raise VenueRefused or OutcomeUnknown. Of markets without a loaded instrument
    nothing is reported; each is named once in the log.

    Parameters
    ----------
    http : AccountHttp
        Where to ask.
    instruments : Callable[[str], Instrument | None]
        Finds the instrument of a symbol.
    account_id : AccountId
        The account's name here.
    clock : LiveClock
        Our own time.
    venue_ms : Callable[[], int]
        The time at which the venue dates what it tells now.

    """

    def __init__(
        self,
        http: AccountHttp,
        instruments: Callable[[str], Instrument | None],
        account_id: AccountId,
        clock: LiveClock,
        venue_ms: Callable[[], int],
    ) -> None:
        self._http = http
        self._instruments = instruments
        self._account_id = account_id
        self._clock = clock
        self._venue_ms = venue_ms
        self._ask_what_rests = JointQuestion(http.open_orders)
        self._noted: dict[str, AccountOrder] = {}
        self._reporter = Reporter(instruments, account_id, clock, Logger(type(self).__name__))

    def note(self, order: AccountOrder) -> None:
        """Keep what was told of an order placed elsewhere, which then need not be searched."""
        self._noted.pop(order.venue_id, None)
        self._noted[order.venue_id] = order
        if len(self._noted) > NOTED_MAX:
            del self._noted[next(iter(self._noted))]

    def forget_noted(self) -> None:
        """Forget it: something may have been missed."""
        self._noted.clear()

    async def find(self, client_order_id: str) -> AccountOrder | None:
        """
        Return the latest order of a client id, or None if the venue does not know it (yet).

        What rests is asked for first, once for all orders that are looked up at the same time: one
        that ends in between is in the history by then.
        """
        resting = await self._ask_what_rests()
        found = [order for order in resting if order.client_id == client_order_id]
        if not found:
            found = await self._http.orders_named(client_order_id)
        return max(found, key=lambda order: order.createdTime, default=None)

    async def find_numbered(self, venue_order_id: str) -> AccountOrder | None:
        """Return an order of the last week by the venue's id."""
        now_ms = self._venue_ms()
        found = await self._ask_what_rests()
        if venue_order_id not in {order.venue_id for order in found}:
            found = await self._http.order_history(now_ms - HISTORY_MS, now_ms + TOLERANCE_MS)
        return next((order for order in found if order.venue_id == venue_order_id), None)

    async def fills_of(self, order: AccountOrder) -> list[AccountTrade]:
        """Return the fills of one order, oldest first."""
        start_ms = order.createdTime // NANOS_PER_MILLI - TOLERANCE_MS
        return await self._http.trades(
            max(start_ms, 0), self._venue_ms() + TOLERANCE_MS, order_id=order.venue_id
        )

    async def fills(self, start_ms: int, end_ms: int | None = None) -> list[AccountTrade]:
        """Return the fills of a range, both ends included, oldest first, of all markets."""
        last_ms = self._venue_ms() + TOLERANCE_MS if end_ms is None else end_ms
        return await self._http.trades(max(start_ms, last_ms - SPAN_MAX_MS), last_ms)

    def order_question(
        self, client_order_id: ClientOrderId | None, venue_order_id: VenueOrderId | None
    ) -> Callable[[], Awaitable[OrderStatusReport | None]] | None:
        """Return how to ask for an order; None without any id."""
        if client_order_id is None and venue_order_id is None:
            return None
        return partial(self.order_report, client_order_id, venue_order_id)

    async def order_report(
        self, client_order_id: ClientOrderId | None, venue_order_id: VenueOrderId | None = None
    ) -> OrderStatusReport | None:
        """Return one order, or None if the venue does not know it by either id."""
        order = None
        if client_order_id is not None:
            order = await self.find(client_order_id.value)
        if order is None and venue_order_id is not None:
            order = await self.find_numbered(venue_order_id.value)
        if order is None:
            return None
        fills = await self.fills_of(order) if order.filledQuantity else []
        reports = self._reporter.orders([OrderRecord(order, tuple(fills))])
        return reports[0] if reports else None

    async def order_with_fills(
        self, venue_order_id: str
    ) -> tuple[OrderStatusReport | None, list[FillReport]]:
        """Return one order and its fills; None if the venue does not know it."""
        order = self._noted.get(venue_order_id) or await self.find_numbered(venue_order_id)
        if order is not None:
            fills = await self.fills_of(order)
            reports = self._reporter.orders([OrderRecord(order, tuple(fills))])
            return (reports[0], self._reporter.fills(fills)) if reports else (None, [])
        # A liquidation's order may stand in no list; its fills tell of it.
        now_ms = self._venue_ms()
        fills = await self._http.trades(
            now_ms - HISTORY_MS, now_ms + TOLERANCE_MS, order_id=venue_order_id
        )
        for record in order_records([], fills):
            reports = self._reporter.orders([record])
            if reports:
                return reports[0], self._reporter.fills(record.fills)
        return None, []

    async def order_reports(
        self, *, open_only: bool, start_ms: int | None = None
    ) -> list[OrderStatusReport]:
        """Return the open orders, and unless `open_only` those that have ended since the start."""
        if not open_only:
            return (await self.reports_since(start_ms))[0]
        orders = await self._http.open_orders()
        fills: list[AccountTrade] = []
        if any(order.filledQuantity for order in orders):
            fills = await self.fills(_first_ms(orders, self._venue_ms()))
        ids = {order.venue_id for order in orders}
        mine = [fill for fill in fills if fill.venue_id in ids]
        return self._reporter.orders(order_records(orders, mine))

    async def reports_since(
        self, start_ms: int | None = None
    ) -> tuple[list[OrderStatusReport], list[FillReport]]:
        """
        Return all orders that are open or have had news since the start, and all their fills.

        Both are of one look, as Nautilus needs them: it ignores a fill without its order. An order
        that the venue does not tell is put together from its fills.
        """
        now_ms = self._venue_ms()
        since_ms = max(start_ms or 0, now_ms - SPAN_MAX_MS)
        # History before open orders before fills: what is told later then knows more.
        first_ms = max(since_ms, now_ms + TOLERANCE_MS - HISTORY_MS)
        history = await self._http.order_history(first_ms, now_ms + TOLERANCE_MS)
        resting = {order.venue_id: order for order in await self._http.open_orders()}
        known = {order.venue_id: order for order in history} | resting
        orders = [
            order if key in resting else await self._settled(order) for key, order in known.items()
        ]
        fills = await self.fills(min(since_ms, _first_ms(resting.values(), since_ms)))
        order_reports: list[OrderStatusReport] = []
        fill_reports: list[FillReport] = []
        for record in self._reporter.known(order_records(orders, fills)):
            is_recent = record.last_ns >= since_ms * NANOS_PER_MILLI
            if record.is_open or (is_recent and not record.is_rejected):
                reports = self._reporter.orders([record])
                order_reports += reports
                fill_reports += self._reporter.fills(record.fills) if reports else []
        return order_reports, fill_reports

    async def resting(self) -> list[AccountOrder]:
        """Return the open orders; all who ask at the same time share the answer."""
        return await self._ask_what_rests()

    async def fill_reports(self, start_ms: int, end_ms: int | None = None) -> list[FillReport]:
        """Return the fills of a range, of the last 30 days at most."""
        return self._reporter.fills(await self.fills(start_ms, end_ms))

    async def position_reports(self, symbols: Iterable[str] = ()) -> list[PositionStatusReport]:
        """Return the open positions, and a flat one of those `symbols` without any."""
        held: dict[str, Position | None] = dict.fromkeys(symbols)
        held |= {each.symbol: each for each in await self._http.positions() if each.quantity}
        ts_init = self._clock.timestamp_ns()
        return [
            parse_position_status_report(position, instrument, self._account_id, ts_init)
            for symbol, position in held.items()
            if (instrument := self._reporter.instrument(symbol)) is not None
        ]

    async def balances(self) -> tuple[list[AccountBalance], list[MarginBalance]]:
        """Return the money by currency, and the margin of each position."""
        account = await self._http.sub_account()
        return parse_balances(account), parse_margins(account, self._instruments)

    async def _settled(self, order: AccountOrder) -> AccountOrder:
        """Return the last word on an order that rested by the history and rests no more."""
        is_doubtful = self._reporter.is_open(order)
        if not is_doubtful or not order.client_id:
            return order
        named = await self._http.orders_named(order.client_id)
        return next((one for one in named if one.venue_id == order.venue_id), order)


def _first_ms(orders: Iterable[AccountOrder], default_ms: int) -> int:
    """Return since when the fills of open orders are needed, some of which may be old."""
    placed = [o.createdTime // NANOS_PER_MILLI for o in orders if o.filledQuantity]
    return min([*placed, default_ms]) - TOLERANCE_MS
