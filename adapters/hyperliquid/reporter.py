"""Make reports of an account's records, and say in the log what is left out; it asks nobody."""

from collections.abc import Callable, Iterable
from functools import partial

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.execution.reports import FillReport, OrderStatusReport
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument

from adapters.hyperliquid.past_orders import OrderRecord
from adapters.hyperliquid.reports import (
    order_state,
    parse_fill_report,
    parse_order_status_report,
)
from adapters.hyperliquid.user_schemas import OrderUpdate, UserFill


class Reporter:
    """
    Records and fills as reports; a row that makes no sense is left out, with an error in the log.

    The parameters are those of `HyperliquidAccount`.
    """

    def __init__(
        self,
        instruments: Callable[[str], Instrument | None],
        account_id: AccountId,
        clock: LiveClock,
        client_order_id_of: Callable[[str], ClientOrderId | None],
        log: Logger,
    ) -> None:
        self._instruments = instruments
        self._account_id = account_id
        self._clock = clock
        self._client_order_id_of = client_order_id_of
        self._log = log
        self._skipped: set[str] = set()

    def instrument(self, coin: str) -> Instrument | None:
        """Return the coin's instrument; one that is not loaded is named in the log, once."""
        instrument = self._instruments(coin)
        if instrument is None and coin not in self._skipped:
            self._skipped.add(coin)
            self._log.warning(f"Not reporting {coin}: its instrument is not loaded")
        return instrument

    def is_ours(self, cloid: str) -> bool:
        """Return whether a client order id stands behind the cloid."""
        return self._client_order_id_of(cloid) is not None

    def known(self, updates: Iterable[OrderUpdate]) -> list[OrderUpdate]:
        """Return those of known status; of the others their fills tell, where they have any."""
        updates = list(updates)
        statuses = {update.status for update in updates}
        known = {status for status in statuses if self._try(order_state, status) is not None}
        return [update for update in updates if update.status in known]

    def order(self, record: OrderRecord) -> OrderStatusReport | None:
        """
        Return the order's report, or None if its instrument is not loaded.

        Raises
        ------
        ValueError
            If the record makes no sense.

        """
        order = record.latest.order
        instrument = self.instrument(order.coin)
        if instrument is None:
            return None
        return parse_order_status_report(
            order,
            record.latest.status,
            record.latest.statusTimestamp,
            instrument,
            self._account_id,
            self._client_order_id(order.cloid),
            self._clock.timestamp_ns(),
            average_price=record.average_price,
            filled=record.filled,
            filled_before=record.filled_before,
            venue_order_id=record.key,
        )

    def orders(self, records: Iterable[OrderRecord]) -> list[OrderStatusReport]:
        """Return the reports of those records that can be reported."""
        reports = (self._try(self.order, record) for record in records if not _is_void(record))
        return [report for report in reports if report is not None]

    def fills(
        self, fills: Iterable[UserFill], record: OrderRecord | None = None
    ) -> list[FillReport]:
        """Return the fills that can be reported, of the record's order if there is a record."""
        reports = (self._try(partial(self._fill, record=record), fill) for fill in fills)
        return [report for report in reports if report is not None]

    def _fill(self, fill: UserFill, record: OrderRecord | None) -> FillReport | None:
        instrument = self.instrument(fill.coin)
        if instrument is None:
            return None
        cloid = fill.cloid if record is None else record.latest.order.cloid
        return parse_fill_report(
            fill,
            instrument,
            self._account_id,
            self._client_order_id(cloid),
            self._clock.timestamp_ns(),
            venue_order_id=None if record is None else record.key,
        )

    def _client_order_id(self, cloid: str | None) -> ClientOrderId | None:
        return None if cloid is None else self._client_order_id_of(cloid)

    def _try[T, R](self, parse: Callable[[T], R | None], value: T) -> R | None:
        try:
            return parse(value)
        except ValueError as e:
            self._log.error(f"Left out of the reports: {e}")
            return None


def _is_void(record: OrderRecord) -> bool:
    """Return whether a trigger with its position's size has ended without either."""
    return not record.is_open and not record.latest.order.size and not record.fills
