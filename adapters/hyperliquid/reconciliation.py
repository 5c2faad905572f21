"""What Nautilus's engine asks of an account, answered in reports of this moment; it sends none."""

from collections.abc import Callable
from typing import Any

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution import messages
from nautilus_trader.execution.reports import (
    ExecutionMassStatus,
    FillReport,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.model.identifiers import AccountId, ClientId, ClientOrderId, InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.errors import VenueError
from adapters.common.ledger import OrderLedger
from adapters.common.mass_status import WholeMassStatus
from adapters.common.venue_clock import VenueClock
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.constants import HYPERLIQUID_VENUE
from adapters.hyperliquid.inquiry import OrderInquiry
from adapters.hyperliquid.orders import cloid_from_client_order_id


class Reconciliation:
    """
    The venue's side of Nautilus's reconciliation.

    Where a method does not say what becomes of an error, it raises what the account does.

    Parameters
    ----------
    account : HyperliquidAccount
        Where to ask.
    ledger : OrderLedger
        Tells which orders have events on their way.
    inquiry : OrderInquiry
        Settles those first.
    clock : LiveClock
        Stamps reports.
    venue_clock : VenueClock
        Tells from when on a lookback counts.
    client_id, account_id
        Of the execution client.
    client_order_id_of : Callable[[str], ClientOrderId | None]
        Finds the client order id behind a cloid, None of foreign orders.
    find : Callable[[InstrumentId], Instrument]
        Returns a loaded instrument; ValueError if it is none.

    """

    def __init__(
        self,
        account: HyperliquidAccount,
        ledger: OrderLedger,
        inquiry: OrderInquiry,
        clock: LiveClock,
        venue_clock: VenueClock,
        client_id: ClientId,
        account_id: AccountId,
        client_order_id_of: Callable[[str], ClientOrderId | None],
        find: Callable[[InstrumentId], Instrument],
    ) -> None:
        self._account = account
        self._tracker = ledger.tracker
        self._reporter = ledger.reporter
        self._inquiry = inquiry
        self._clock = clock
        self._venue_clock = venue_clock
        self._client_id = client_id
        self._account_id = account_id
        self._client_order_id_of = client_order_id_of
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
        cloid = oid = None
        if client_order_id is not None:
            cloid = cloid_from_client_order_id(client_order_id.value)
            if self._client_order_id_of(cloid) is None:
                cloid = None
        if cloid is None and venue_order_id is not None and venue_order_id.value.isdigit():
            oid = int(venue_order_id.value)
        if cloid is None and oid is None:
            return None
        key = "" if client_order_id is None else client_order_id.value
        try:
            if self._tracker.is_open(key) and not await self._inquiry.ask(key):
                return None
            if self._reporter.holds(key):
                return None
            report = await self._account.order_report(cloid=cloid, oid=oid)
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
        coin = self._find(command.instrument_id).raw_symbol.value
        reports = await self._account.position_reports([coin])
        return [report for report in reports if report.instrument_id == command.instrument_id]

    async def mass_status(self, lookback_mins: int | None) -> ExecutionMassStatus | None:
        """Return orders, fills and positions of one look; None if the venue does not tell."""
        status = WholeMassStatus(
            client_id=self._client_id,
            account_id=self._account_id,
            venue=HYPERLIQUID_VENUE,
            report_id=UUID4(),
            ts_init=self._clock.timestamp_ns(),
        )
        start_ms = (
            None
            if lookback_mins is None
            else self._venue_clock.records_ms() - lookback_mins * 60_000
        )
        try:
            orders, fills = await self._account.reports_since(start_ms)
            positions = await self._account.position_reports()
        except (VenueError, ValueError) as e:
            self._log.error(f"Cannot reconcile: {e}")
            return None
        status.add_order_reports(orders)
        status.add_fill_reports(fills)
        status.add_position_reports(positions)
        return status


def _millis(time: Any) -> int | None:  # noqa: ANN401 (a pandas Timestamp)
    return None if time is None else int(time.timestamp() * 1000)
