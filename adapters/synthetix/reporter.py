"""Make reports of an account's records, and say in the log what is left out; it asks nobody."""

from collections.abc import Callable, Iterable

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.execution.reports import FillReport, OrderStatusReport
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument

from adapters.synthetix.account_schemas import AccountOrder, AccountTrade
from adapters.synthetix.past_orders import OrderRecord
from adapters.synthetix.reports import (
    OrderState,
    order_state,
    parse_fill_report,
    parse_order_status_report,
)


class Reporter:
    """
    Records and fills as reports; a row that makes no sense is left out, with an error in the log.

    The parameters are those of `SynthetixAccount`.
    """

    def __init__(
        self,
        instruments: Callable[[str], Instrument | None],
        account_id: AccountId,
        clock: LiveClock,
        log: Logger,
    ) -> None:
        self._instruments = instruments
        self._account_id = account_id
        self._clock = clock
        self._log = log
        self._skipped: set[str] = set()

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the market's instrument; one that is not loaded is named in the log, once."""
        instrument = self._instruments(symbol)
        if instrument is None and symbol not in self._skipped:
            self._skipped.add(symbol)
            self._log.warning(f"Not reporting {symbol}: its instrument is not loaded")
        return instrument

    def known(self, records: Iterable[OrderRecord]) -> list[OrderRecord]:
        """Return those of known status."""
        return [record for record in records if self._try(order_state, record.latest) is not None]

    def is_open(self, order: AccountOrder) -> bool:
        """Return whether an order is of a known status, and rests."""
        return self._try(order_state, order) is OrderState.OPEN

    def orders(self, records: Iterable[OrderRecord]) -> list[OrderStatusReport]:
        """Return the reports of those records that can be reported."""
        reports = (self._try(self._order, record) for record in records)
        return [report for report in reports if report is not None]

    def fills(self, fills: Iterable[AccountTrade]) -> list[FillReport]:
        """Return the fills that can be reported."""
        reports = (self._try(self._fill, fill) for fill in fills)
        return [report for report in reports if report is not None]

    def _order(self, record: OrderRecord) -> OrderStatusReport | None:
        instrument = self.instrument(record.latest.symbol)
        if instrument is None:
            return None
        return parse_order_status_report(
            record.latest,
            instrument,
            self._account_id,
            _client_order_id(record.latest.client_id),
            self._clock.timestamp_ns(),
            filled=record.filled,
            average_price=record.average_price,
        )

    def _fill(self, fill: AccountTrade) -> FillReport | None:
        instrument = self.instrument(fill.symbol)
        if instrument is None:
            return None
        return parse_fill_report(
            fill,
            instrument,
            self._account_id,
            _client_order_id(fill.client_id),
            self._clock.timestamp_ns(),
        )

    def _try[T, R](self, parse: Callable[[T], R | None], value: T) -> R | None:
        try:
            return parse(value)
        except ValueError as e:
            self._log.error(f"Left out of the reports: {e}")
            return None


def _client_order_id(text: str) -> ClientOrderId | None:
    return ClientOrderId(text) if text else None
