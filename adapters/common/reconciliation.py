"""What Nautilus's engine asks of an account, answered in reports of this moment; it sends none."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution import messages
from nautilus_trader.execution.reports import (
    ExecutionMassStatus,
    FillReport,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.model.identifiers import (
    AccountId,
    ClientId,
    ClientOrderId,
    InstrumentId,
    Venue,
    VenueOrderId,
)
from nautilus_trader.model.instruments import Instrument

from adapters.common.beginning import Beginning
from adapters.common.errors import VenueError
from adapters.common.insistence import insist
from adapters.common.ledger import OrderLedger
from adapters.common.mass_status import WholeMassStatus
from adapters.common.venue_clock import VenueClock

# A node does not start without, and does not end its own wait; whoever runs it waits for longer.
INSIST_SECS = 20.0

type AskReport = Callable[[], Awaitable[OrderStatusReport | None]]


class Account(Protocol):
    """What the venue can be asked of an account; times are its Unix milliseconds."""

    def order_question(
        self, client_order_id: ClientOrderId | None, venue_order_id: VenueOrderId | None, /
    ) -> AskReport | None:
        """Return how to ask for an order; None if the venue knows it by neither of these ids."""

    async def order_reports(
        self, *, open_only: bool, start_ms: int | None
    ) -> list[OrderStatusReport]:
        """Return the open orders, and unless `open_only` those that ended since the start."""

    async def reports_since(
        self, start_ms: int | None, /
    ) -> tuple[list[OrderStatusReport], list[FillReport]]:
        """Return all orders that are open or had news since, and all their fills, of one look."""

    async def fill_reports(self, start_ms: int, end_ms: int | None, /) -> list[FillReport]:
        """Return the fills of a range, both ends included."""

    async def position_reports(self, symbols: Iterable[str] = (), /) -> list[PositionStatusReport]:
        """Return the open positions, and a flat one of those raw symbols without any."""


class Reconciliation:
    """
    The venue's side of Nautilus's reconciliation.

    Where a method does not say what becomes of an error, it raises what the account does.

    Parameters
    ----------
    account : Account
        Where to ask; a VenueError means that the venue does not say.
    ledger : OrderLedger
        Tells which orders have events on their way.
    beginning : Beginning
        Told of what was answered to the question for everything.
    settle : Callable[[str], Awaitable[bool]]
        Asks for such an order and records the answer; True when nothing is in doubt any more.
    clock : LiveClock
        Stamps reports.
    venue_clock : VenueClock
        Tells from when on a lookback counts.
    client_id, account_id, venue
        Of the execution client.
    find : Callable[[InstrumentId], Instrument]
        Returns a loaded instrument; ValueError if it is none.

    """

    def __init__(
        self,
        account: Account,
        ledger: OrderLedger,
        beginning: Beginning,
        settle: Callable[[str], Awaitable[bool]],
        clock: LiveClock,
        venue_clock: VenueClock,
        client_id: ClientId,
        account_id: AccountId,
        venue: Venue,
        find: Callable[[InstrumentId], Instrument],
    ) -> None:
        self._account = account
        self._tracker = ledger.tracker
        self._reporter = ledger.reporter
        self._beginning = beginning
        self._settle = settle
        self._clock = clock
        self._venue_clock = venue_clock
        self._client_id = client_id
        self._account_id = account_id
        self._venue = venue
        self._find = find
        self._log = Logger(type(self).__name__)

    async def order_report(
        self, command: messages.GenerateOrderStatusReport
    ) -> OrderStatusReport | None:
        """
        Return what the venue says of an order now; None if it does not know or does not say.

        Of an order with a command in flight nothing is returned: what the venue says is recorded,
        and told in events, since a report would overtake those that are on their way.
        """
        client_order_id, venue_order_id = command.client_order_id, command.venue_order_id
        ask = self._account.order_question(client_order_id, venue_order_id)
        if ask is None:
            return None
        key = "" if client_order_id is None else client_order_id.value
        try:
            if self._tracker.is_open(key) and not await self._settle(key):
                return None
            if self._reporter.holds(key):
                return None
            report = await ask()
        except VenueError as e:
            self._log.warning(f"Could not look {client_order_id} up: {e}")
            return None
        told = self._tracker.venue_order_id(key)
        is_news = report is not None and told not in {None, report.venue_order_id.value}
        return None if is_news else report

    async def order_reports(
        self, command: messages.GenerateOrderStatusReports
    ) -> list[OrderStatusReport]:
        """Return the open orders, and unless `open_only` the closed ones from `start` on."""
        reports = await self._account.order_reports(
            open_only=command.open_only, start_ms=_millis(command.start)
        )
        return [r for r in reports if command.instrument_id in (None, r.instrument_id)]

    async def fill_reports(self, command: messages.GenerateFillReports) -> list[FillReport]:
        """Return the fills of a time, all of those that the venue still has by default."""
        reports = await self._account.fill_reports(
            _millis(command.start) or 0, _millis(command.end)
        )
        return [
            report
            for report in reports
            if command.instrument_id in (None, report.instrument_id)
            and command.venue_order_id in (None, report.venue_order_id)
        ]

    async def position_reports(
        self, command: messages.GeneratePositionStatusReports
    ) -> list[PositionStatusReport]:
        """Return the open positions; of one instrument that is asked for also a flat one."""
        if command.instrument_id is None:
            return await self._account.position_reports()
        symbol = self._find(command.instrument_id).raw_symbol.value
        reports = await self._account.position_reports([symbol])
        return [report for report in reports if report.instrument_id == command.instrument_id]

    async def mass_status(self, lookback_mins: int | None) -> ExecutionMassStatus | None:
        """Return orders, fills and positions of one look; None if the venue does not tell."""
        status = WholeMassStatus(
            client_id=self._client_id,
            account_id=self._account_id,
            venue=self._venue,
            report_id=UUID4(),
            ts_init=self._clock.timestamp_ns(),
        )
        start_ms = (
            None
            if lookback_mins is None
            else self._venue_clock.records_ms() - lookback_mins * 60_000
        )
        try:
            orders, fills, positions = await insist(
                lambda: self._look(start_ms), "state of the account", self._log.warning, INSIST_SECS
            )
        except (VenueError, ValueError) as e:
            self._log.error(f"Cannot reconcile: {e}")
            return None
        status.add_order_reports(orders)
        status.add_fill_reports(fills)
        status.add_position_reports(positions)
        self._beginning.answered(report.venue_order_id for report in orders)
        return status

    async def _look(
        self, start_ms: int | None
    ) -> tuple[list[OrderStatusReport], list[FillReport], list[PositionStatusReport]]:
        orders, fills = await self._account.reports_since(start_ms)
        return orders, fills, await self._account.position_reports()


def _millis(time: Any) -> int | None:  # noqa: ANN401 (a pandas Timestamp)
    return None if time is None else int(time.timestamp() * 1000)
