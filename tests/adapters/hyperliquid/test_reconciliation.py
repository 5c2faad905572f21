"""Nautilus's own engine takes the reports: after a restart it holds what the venue holds."""

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.live.execution_engine import LiveExecutionEngine
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import AccountType, OrderStatus, OrderType
from nautilus_trader.model.events import AccountState
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, TraderId, VenueOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance, Money, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.portfolio.portfolio import Portfolio

from adapters.common.mass_status import WholeMassStatus
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.constants import HYPERLIQUID_CLIENT_ID, HYPERLIQUID_VENUE
from tests.adapters.hyperliquid.account_rows import fill_row, order_row, stop_row, update_row
from tests.adapters.hyperliquid.recordings import InfoStub

ACCOUNT = AccountId("HYPERLIQUID-001")
ADDRESS = "0x31ca8395cf837de08b24da3f660e77761dfb974b"
D = Decimal


class Node:
    """As much of a node as reconciliation needs, started anew with an empty cache."""

    def __init__(self, instrument: Instrument) -> None:
        clock = LiveClock()
        self.msgbus = MessageBus(TraderId("TESTER-001"), clock)
        self.cache = Cache()
        self.cache.add_instrument(instrument)
        self.portfolio = Portfolio(self.msgbus, self.cache, clock)
        loop = asyncio.get_running_loop()
        self.engine = LiveExecutionEngine(loop, self.msgbus, self.cache, clock)
        money = Money(100_000, USDC)
        balance = AccountBalance(money, Money(0, USDC), money)
        state = AccountState(
            ACCOUNT,
            AccountType.MARGIN,
            None,
            reported=True,
            balances=[balance],
            margins=[],
            info={},
            event_id=UUID4(),
            ts_event=0,
            ts_init=0,
        )
        self.portfolio.update_account(state)

    async def reconcile(self, account: HyperliquidAccount) -> bool:
        orders, fills = await account.reports_since()
        status = WholeMassStatus(HYPERLIQUID_CLIENT_ID, ACCOUNT, HYPERLIQUID_VENUE, UUID4(), 0)
        status.add_order_reports(orders)
        status.add_fill_reports(fills)
        status.add_position_reports(await account.position_reports())
        result: bool = self.engine._reconcile_execution_mass_status(status)
        return result

    def order(self, oid: int) -> Order:
        return self.cache.order(self.cache.client_order_id(VenueOrderId(str(oid))))


@pytest.fixture
async def node(btc: Instrument) -> Node:
    return Node(btc)


def account_of(
    btc: Instrument,
    size: str,
    entry: str,
    *,
    fills: Iterable[dict[str, Any]],
    history: Iterable[dict[str, Any]] = (),
    open_orders: Iterable[dict[str, Any]] = (),
) -> HyperliquidAccount:
    summary = dict.fromkeys(
        ("accountValue", "totalNtlPos", "totalRawUsd", "totalMarginUsed"), "0.0"
    )
    position = {
        "coin": "BTC",
        "szi": size,
        "leverage": {"type": "cross", "value": 20},
        "positionValue": entry,
        "unrealizedPnl": "0.0",
        "marginUsed": "0.0",
    }
    stub = InfoStub(
        frontendOpenOrders=list(open_orders),
        historicalOrders=list(history),
        userFillsByTime=list(fills),
        twapHistory=[],
        clearinghouseState={
            "crossMarginSummary": summary,
            "withdrawable": "0.0",
            "assetPositions": [{"position": position}] if D(size) else [],
        },
    )
    ours = {"0xa1": ClientOrderId("O-1"), "0xa2": ClientOrderId("O-2")}
    return HyperliquidAccount(
        stub, ADDRESS, {"BTC": btc}.get, ACCOUNT, LiveClock(), ours.get, {"": USDC}
    )


async def test_b8_commissions_and_profit_of_a_prior_session_are_kept(
    node: Node, btc: Instrument
) -> None:
    """Bought 1.0, sold 0.4 of it: one order told by the venue, one by its fills alone."""
    fills = [
        fill_row(1, 1, sz="0.6", px="60000.0", fee="16.2"),
        fill_row(1, 2, sz="0.4", px="60010.0", fee="10.803", startPosition="0.6"),
        fill_row(2, 3, sz="0.4", px="60100.0", fee="-0.000123", side="A", startPosition="1.0"),
    ]
    account = account_of(
        btc, "0.6", "36002.4", fills=fills, history=[update_row("filled", 1, sz="0.0")]
    )

    assert await node.reconcile(account)

    (position,) = node.cache.positions_open()
    assert position.signed_decimal_qty() == D("0.6")
    assert position.avg_px_open == 60_004
    assert sorted(x.as_decimal() for x in position.commissions()) == [D("27.002877")]
    # Profit of 0.4 sold 96 dollars higher, less all fees, to a millionth of a dollar.
    assert position.realized_pnl.as_decimal() == D("38.4") - D("27.002877")
    assert {trade.value for trade in position.trade_ids} == {"1", "2", "3"}
    assert node.order(1).status == node.order(2).status == OrderStatus.FILLED


async def test_b3_a_resting_stop_is_a_stop_again(node: Node, btc: Instrument) -> None:
    account = account_of(btc, "0.0", "0.0", fills=[], open_orders=[stop_row(5, cloid="0xa1")])

    assert await node.reconcile(account)

    order = node.cache.order(ClientOrderId("O-1"))
    assert (order.order_type, order.status) == (OrderType.STOP_MARKET, OrderStatus.ACCEPTED)
    assert order.trigger_price.as_decimal() == 59_994
    assert order.is_reduce_only


async def test_a_stop_is_known_whose_position_was_turned_by_a_fill(
    node: Node, btc: Instrument
) -> None:
    """Nautilus 1.231 alone makes one order up of all, and leaves the stop out."""
    fills = [
        fill_row(1, 1, sz="1.0", px="60000.0", fee="1.0"),
        fill_row(2, 2, sz="2.0", px="60100.0", fee="2.0", side="A", startPosition="1.0"),
        fill_row(3, 3, sz="1.0", px="60100.0", fee="1.0", side="A", startPosition="-1.0"),
    ]
    account = account_of(
        btc, "-2.0", "120200.0", fills=fills, open_orders=[stop_row(5, cloid="0xa1", side="B")]
    )

    assert await node.reconcile(account)

    assert node.cache.order(ClientOrderId("O-1")).status == OrderStatus.ACCEPTED
    (position,) = node.cache.positions_open()
    assert (position.signed_decimal_qty(), position.avg_px_open) == (D(-2), 60_100)
    assert {trade.value for trade in position.trade_ids} >= {"2", "3"}


async def test_a_stop_is_known_whose_position_is_older_than_its_fills(
    node: Node, btc: Instrument
) -> None:
    fills = [
        fill_row(1, 1, sz="2.0", px="60100.0", side="A", startPosition="1.0"),
        fill_row(2, 2, sz="2.0", px="60100.0", startPosition="-1.0"),
        fill_row(3, 3, sz="1.0", px="60100.0", startPosition="1.0"),
    ]
    account = account_of(
        btc, "2.0", "120200.0", fills=fills, open_orders=[stop_row(5, cloid="0xa1")]
    )

    assert await node.reconcile(account)

    assert node.cache.order(ClientOrderId("O-1")).status == OrderStatus.ACCEPTED
    (position,) = node.cache.positions_open()
    assert (position.signed_decimal_qty(), position.avg_px_open) == (D(2), 60_100)


async def test_a_modified_order_keeps_the_fills_of_both_its_venue_orders(
    node: Node, btc: Instrument
) -> None:
    fills = [
        fill_row(5, 1, sz="0.3", fee="8.1", cloid="0xa1"),
        fill_row(6, 2, sz="0.2", fee="5.4", cloid="0xa1", startPosition="0.3"),
    ]
    account = account_of(
        btc,
        "0.5",
        "30000.0",
        fills=fills,
        history=[update_row("canceled", 5, cloid="0xa1", sz="0.7")],
        open_orders=[order_row(6, cloid="0xa1", origSz="0.7", sz="0.5")],
    )

    assert await node.reconcile(account)

    (order,) = node.cache.orders()
    assert (order.client_order_id.value, order.status) == ("O-1", OrderStatus.PARTIALLY_FILLED)
    assert (order.quantity, order.filled_qty) == (Quantity(1, 5), Quantity(0.5, 5))
    assert order.venue_order_id.value == "6"
    (position,) = node.cache.positions_open()
    assert [x.as_decimal() for x in position.commissions()] == [D("13.5")]


@pytest.mark.parametrize("status", ["iocCancelRejected", "perpMarginRejected", "canceled"])
async def test_how_past_orders_ended_is_taken(node: Node, btc: Instrument, status: str) -> None:
    fills = [fill_row(5, 1, sz="0.3", fee="8.1")] if status == "canceled" else []
    remains = "0.7" if fills else "1.0"
    account = account_of(
        btc,
        "0.3" if fills else "0.0",
        "18000.0",
        fills=fills,
        history=[update_row(status, 5, sz=remains)],
    )

    assert await node.reconcile(account)

    is_rejected = status == "perpMarginRejected"
    assert node.order(5).status == (OrderStatus.REJECTED if is_rejected else OrderStatus.CANCELED)
    assert [x.as_decimal() for p in node.cache.positions() for x in p.commissions()] == (
        [D("8.1")] if fills else []
    )


async def test_reconciling_again_changes_nothing(node: Node, btc: Instrument) -> None:
    fills = [fill_row(1, 1, sz="1.0"), fill_row(2, 2, sz="0.5", cloid="0xa2", startPosition="1.0")]
    account = account_of(
        btc,
        "1.5",
        "90000.0",
        fills=fills,
        history=[update_row("filled", 1, sz="0.0")],
        open_orders=[order_row(2, cloid="0xa2", sz="0.5")],
    )

    seen = []
    for _ in range(3):
        assert await node.reconcile(account)
        (position,) = node.cache.positions_open()
        seen.append((len(node.cache.orders()), position.event_count, str(position.realized_pnl)))

    assert len(set(seen)) == 1
    assert seen[0][:2] == (2, 2)
