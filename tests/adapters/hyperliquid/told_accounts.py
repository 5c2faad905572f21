"""An account whose venue tells what a test gives it, in pieces as the venue would."""

from collections.abc import Callable, Mapping
from typing import Any

from nautilus_trader.common.component import TestClock
from nautilus_trader.execution.reports import OrderStatusReport
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Currency

from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.constants import FILLS_PER_REQUEST
from tests.adapters.hyperliquid.recordings import InfoStub

ADDRESS = "0x31ca8395cf837de08b24da3f660e77761dfb974b"
# Two orders of this node; other cloids are of somebody else.
OURS = {"0xa1": ClientOrderId("O-1"), "0xa2": ClientOrderId("O-2"), "twap-7": ClientOrderId("O-7")}

MAIN_DEX = {"": USDC}

type Rows = list[dict[str, Any]]


def fills_between(fills: Rows) -> Callable[[dict[str, Any]], Rows]:
    """Answer userFillsByTime as the venue does: both ends included, a page at most."""

    def answer(request: dict[str, Any]) -> Rows:
        end = request.get("endTime", 10**15)
        wanted = [fill for fill in fills if request["startTime"] <= fill["time"] <= end]
        return sorted(wanted, key=lambda fill: fill["time"])[:FILLS_PER_REQUEST]

    return answer


def find_order(statuses: Rows) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answer orderStatus: the latest of the orders with this oid or cloid."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        for row in statuses:
            if request["oid"] in {row["order"]["oid"], row["order"]["cloid"]}:
                return {"status": "order", "order": row}
        return {"status": "unknownOid"}

    return answer


def build_account(
    btc: Instrument,
    *,
    open_orders: Rows | dict[str, Rows] = (),
    history: Rows | Exception = (),
    fills: Rows = (),
    statuses: Rows = (),
    twaps: Rows | Exception = (),
    collaterals: Mapping[str, Currency] = MAIN_DEX,
    **answers: Any,  # noqa: ANN401
) -> tuple[HyperliquidAccount, InfoStub]:
    """Return an account of which the venue tells these rows, and the stub that was asked."""
    by_dex = open_orders if isinstance(open_orders, dict) else {"": list(open_orders)}
    stub = InfoStub(
        frontendOpenOrders=lambda request: by_dex.get(request.get("dex", ""), []),
        historicalOrders=history if isinstance(history, Exception) else list(history),
        userFills=lambda _: sorted(fills, key=lambda fill: -fill["time"]),
        userFillsByTime=fills_between(list(fills)),
        orderStatus=find_order(list(statuses)),
        twapHistory=twaps if isinstance(twaps, Exception) else list(twaps),
        **answers,
    )
    account = HyperliquidAccount(
        stub,
        ADDRESS,
        {"BTC": btc}.get,
        AccountId("HYPERLIQUID-001"),
        TestClock(),
        OURS.get,
        collaterals,
    )
    return account, stub


def by_id(reports: list[OrderStatusReport]) -> dict[str, OrderStatusReport]:
    found = {report.venue_order_id.value: report for report in reports}
    assert len(found) == len(reports)
    return found
