"""A mass status that Nautilus applies as the venue tells it: whole, and in the order of trades."""

from decimal import Decimal
from itertools import chain
from typing import Any

from nautilus_trader.execution.reports import (
    ExecutionMassStatus,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.identifiers import InstrumentId, VenueOrderId

RESTING = {OrderStatus.ACCEPTED, OrderStatus.TRIGGERED, OrderStatus.PARTIALLY_FILLED}


class WholeMassStatus(ExecutionMassStatus):
    """
    Give every order that rests, and the order reports by the time of their first fill.

    The price and the profit of a position depend on which order is applied first. Nautilus 1.231
    puts the reports of an instrument with a position through a hash table before it applies them
    (`_adjust_mass_status_fills`), so that no order in which they were added outlives it.

    There it also fits the fills to the position, for those that are older than the lookback. Where
    one fill turned a position and others came after it, it counts wrong, and replaces all orders of
    the instrument by a single one that it makes up: the stop that rests is lost to the strategy,
    the fees and profits to the books. So it is shown no position where the fills come to the
    position by themselves; where they do not, what rests outlives what it makes of them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (as Nautilus's)
        super().__init__(*args, **kwargs)
        self._resting: dict[VenueOrderId, OrderStatusReport] = {}

    def add_order_reports(self, reports: list[OrderStatusReport]) -> None:
        """Add reports, as Nautilus does; those of orders that rest are kept whatever it drops."""
        super().add_order_reports(reports)
        self._resting |= {r.venue_order_id: r for r in reports if r.order_status in RESTING}

    @property
    def order_reports(self) -> dict[VenueOrderId, OrderStatusReport]:
        """The order reports; the one that traded first comes first."""
        reports = self._resting | self._order_reports
        return dict(sorted(reports.items(), key=self._first_traded))

    def to_pyo3(self) -> Any:  # noqa: ANN401 (of a class that Nautilus does not export)
        """Return what Nautilus fits the fills with: no position that has all of its fills."""
        shown = ExecutionMassStatus(
            client_id=self.client_id,
            account_id=self.account_id,
            venue=self.venue,
            report_id=self.id,
            ts_init=self.ts_init,
        )
        shown.add_order_reports(list(self._order_reports.values()))
        shown.add_fill_reports([*chain(*self._fill_reports.values())])
        for instrument_id, reports in self._position_reports.items():
            if self._filled(instrument_id) != _held(reports):
                shown.add_position_reports(reports)
        return shown.to_pyo3()

    def _filled(self, instrument_id: InstrumentId) -> Decimal:
        return sum(
            (
                (1 if fill.order_side == OrderSide.BUY else -1) * fill.last_qty.as_decimal()
                for fill in chain(*self._fill_reports.values())
                if fill.instrument_id == instrument_id
            ),
            Decimal(0),
        )

    def _first_traded(self, item: tuple[VenueOrderId, OrderStatusReport]) -> tuple[int, int, str]:
        venue_order_id, report = item
        fills = self._fill_reports.get(venue_order_id, ())
        time_ns: int = min((fill.ts_event for fill in fills), default=report.ts_last)
        text = venue_order_id.value
        return time_ns, len(text), text  # ids rise: the shorter of two numbers is the older


def _held(reports: list[PositionStatusReport]) -> Decimal:
    return sum((report.signed_decimal_qty for report in reports), Decimal(0))
