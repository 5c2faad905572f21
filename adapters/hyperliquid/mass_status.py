"""A mass status whose orders Nautilus meets in the order in which they traded."""

from nautilus_trader.execution.reports import ExecutionMassStatus, OrderStatusReport
from nautilus_trader.model.identifiers import VenueOrderId


class OrderedMassStatus(ExecutionMassStatus):
    """
    Give the order reports by the time of their first fill, else of their last news.

    The price and the profit of a position depend on which order is applied first. Nautilus 1.231
    puts the reports of an instrument with a position through a hash table before it applies them
    (`_adjust_mass_status_fills`), so that no order in which they were added outlives it.
    """

    @property
    def order_reports(self) -> dict[VenueOrderId, OrderStatusReport]:
        """The order reports; the one that traded first comes first."""
        return dict(sorted(self._order_reports.items(), key=self._first_traded))

    def _first_traded(self, item: tuple[VenueOrderId, OrderStatusReport]) -> tuple[int, int, str]:
        venue_order_id, report = item
        fills = self._fill_reports.get(venue_order_id, ())
        time_ns: int = min((fill.ts_event for fill in fills), default=report.ts_last)
        text = venue_order_id.value
        return time_ns, len(text), text  # ids rise: the shorter of two numbers is the older
