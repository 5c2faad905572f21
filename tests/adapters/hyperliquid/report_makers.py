"""What reports of these tests are made with, and the short way to make one of an order."""

from decimal import Decimal
from typing import Any

from nautilus_trader.execution.reports import OrderStatusReport
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument

from adapters.hyperliquid.reports import parse_order_status_report
from tests.adapters.hyperliquid.account_rows import order_of

D = Decimal
MS = 1_000_000
NOW = 9_000 * MS
ACCOUNT = AccountId("HYPERLIQUID-001")
MINE = ClientOrderId("O-1")


def report_of(
    row: dict[str, Any],
    instrument: Instrument,
    status: str = "open",
    **known: Any,  # noqa: ANN401
) -> OrderStatusReport:
    return parse_order_status_report(
        order_of(row), status, 5_000, instrument, ACCOUNT, MINE, NOW, **known
    )
