"""What the gate refuses never reaches the venue, by the venue's own books."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderDenied

from risk.events import OrderRefused
from risk.refusals import Reason
from tests.acceptance.exec_run import BID, still_market
from tests.acceptance.risk_desk import risk_desk
from tests.acceptance.synthetix_run import SYNTHETIX, synthetix_venue
from tests.acceptance.trading_run import venue_of
from tests.acceptance.under_test import OURS, Adapter
from tests.waiting import eventually

VENUES = [pytest.param(OURS, venue_of, id="hyperliquid")]
VENUES.append(pytest.param(SYNTHETIX, synthetix_venue, id="synthetix"))


@pytest.mark.parametrize(("adapter", "open_venue"), VENUES)
async def test_an_oversized_order_never_reaches_the_venue(
    adapter: Adapter,
    open_venue: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    risk = "order_notional_max = 5000"
    async with (
        still_market(open_venue) as market,
        risk_desk(market, tmp_path, monkeypatch, risk=risk, adapter=adapter) as desk,
    ):
        market.show(BID + 10)  # a venue may tell the mark only once it moves
        await eventually(lambda: desk.node.cache.mark_price(adapter.instrument_id))
        denied = desk.strategy.market(OrderSide.BUY, "0.1")
        passed = desk.strategy.market(OrderSide.BUY, "0.01")
        await eventually(lambda: denied.is_closed and desk.position is not None)

        assert passed.is_closed
        event = denied.last_event
        assert isinstance(event, OrderDenied)
        assert event.reason.startswith(
            "RISK_ORDER_NOTIONAL: Expected at most 5000 in value (desk), was 97"
        )
        (told,) = desk.heard(OrderRefused)
        assert told.refusal.reason is Reason.ORDER_NOTIONAL
        sizes = [change.order.request.size for change in desk.ledger.history]
        assert {str(size.normalize()) for size in sizes} == {"0.01"}
        assert str(desk.venue_position.normalize()) == "0.01"


@pytest.mark.parametrize("execution", ["live", "sandbox"])
async def test_two_orders_in_one_breath_are_not_judged_by_the_same_position(
    execution: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    risk = "position_size_max = 0.015"
    async with (
        still_market() as market,
        risk_desk(market, tmp_path, monkeypatch, execution=execution, risk=risk) as desk,
    ):
        orders = [desk.strategy.market(OrderSide.BUY, "0.01") for _ in range(2)]
        await eventually(lambda: all(order.is_closed for order in orders))

        assert [order.status_string() for order in orders] == ["FILLED", "DENIED"]


@pytest.mark.parametrize("execution", ["live", "sandbox"])
async def test_an_exit_passes_what_an_entry_does_not(
    execution: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    risk = "strategies.manual.orders_per_minute_max = 1"
    async with (
        still_market() as market,
        risk_desk(market, tmp_path, monkeypatch, execution=execution, risk=risk) as desk,
    ):
        await desk.enter()
        second = desk.strategy.market(OrderSide.BUY, "0.01")
        desk.strategy.market(OrderSide.SELL, "0.01", reduce_only=True)
        await eventually(lambda: second.is_closed and desk.position is None)

        assert [each.refusal.reason for each in desk.heard(OrderRefused)] == [Reason.ORDER_RATE]
        await eventually(lambda: desk.venue_position == 0)
