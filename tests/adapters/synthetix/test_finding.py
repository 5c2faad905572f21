"""Whether an order of a killed process exists is said only when it is certain."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.config import LiveExecEngineConfig
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.identifiers import ClientOrderId

from adapters.common.errors import OutcomeUnknown, VenueError
from adapters.synthetix import SynthetixExecutionClient
from simulator.exchange.model import OrderRequest, Side, Tif
from simulator.fault_rules import Status
from simulator.synthetix import SynthetixVenue
from tests.acceptance.synthetix_run import BTC, SUB_ACCOUNT, SYNTHETIX, synthetix_venue
from tests.acceptance.trading_run import Run, node_on
from tests.waiting import eventually

ID = ClientOrderId("A-0123456789abcdef01234567")
SIZE = Decimal("0.01")
# Nothing is reconciled, so that only what was looked for is known.
FORGETFUL = {
    "adapter": SYNTHETIX,
    "engine": LiveExecEngineConfig(reconciliation=False),
    "expires_after_secs": 1,
    "earlier_requests_secs": 1,
    "absence_grace_ms": 500,
}

type At = tuple[Path, pytest.MonkeyPatch]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


def client_of(run: Run) -> SynthetixExecutionClient:
    (client,) = run.node.kernel.exec_engine.get_clients_for_orders([order_of(run)])
    return client


def order_of(run: Run) -> object:
    return run.hand.order_factory.market(BTC, OrderSide.BUY, run.instrument(BTC).make_qty(SIZE))


async def found(run: Run, secs: float = 8.0) -> object:
    """Ask until there is an answer."""
    async with asyncio.timeout(secs):
        while True:
            try:
                return await client_of(run).find_order(ID)
            except VenueError:
                await asyncio.sleep(0.4)  # a question costs 60 of 600 tokens in ten seconds


def arrive(venue: SynthetixVenue, price: Decimal, tif: Tif) -> None:
    """Let an order of the killed process arrive."""
    request = OrderRequest(0, Side.BUY, price, SIZE, tif, client_id=ID.value)
    reply = venue.trading.exchange.place(SUB_ACCOUNT, [request], venue.clock.now_ms())
    venue.trading.tell(reply.events)


async def test_an_order_that_was_never_sent_is_absent_only_after_a_time(at: At) -> None:
    async with synthetix_venue() as venue:
        began_ms = venue.clock.now_ms()
        async with node_on(venue, *at, **FORGETFUL) as run:
            with pytest.raises(OutcomeUnknown, match="may still arrive"):
                await client_of(run).find_order(ID)
            assert await found(run) is None
            assert venue.clock.now_ms() - began_ms > 1_500


@pytest.mark.parametrize("is_market", [True, False], ids=["filled", "resting"])
async def test_an_order_that_was_sent_is_found_and_nautilus_holds_it(
    at: At, *, is_market: bool
) -> None:
    async with synthetix_venue() as venue:
        async with node_on(venue, *at, adapter=SYNTHETIX) as run:
            size = run.instrument(BTC).make_qty(SIZE)
            factory = run.hand.order_factory
            if is_market:
                order = factory.market(BTC, OrderSide.BUY, size, client_order_id=ID)
            else:
                price = run.price(0.97, BTC)
                order = factory.limit(BTC, OrderSide.BUY, size, price, client_order_id=ID)
            run.hand.submit_order(order)
            await eventually(lambda: order.is_closed if is_market else order.is_open)
            commissions = order.commissions()
        async with node_on(venue, *at, **FORGETFUL) as again:
            assert again.cache.order(ID) is None
            report = await client_of(again).find_order(ID)
            assert report is not None
            assert report.client_order_id == ID
            adopted = again.cache.order(ID)
            wanted = OrderStatus.FILLED if is_market else OrderStatus.ACCEPTED
            assert (adopted.status, adopted.commissions()) == (wanted, commissions)
            assert len(again.cache.positions_open()) == is_market
            if not is_market:
                again.hand.cancel_order(adopted)
                await eventually(lambda: adopted.status == OrderStatus.CANCELED)


async def test_an_order_that_arrives_late_is_found_and_never_called_absent(at: At) -> None:
    async with synthetix_venue() as venue, node_on(venue, *at, **FORGETFUL) as run:
        with pytest.raises(OutcomeUnknown):
            await client_of(run).find_order(ID)
        bid = run.cache.quote_tick(BTC).bid_price.as_decimal()
        arrive(venue, Decimal(round(bid * Decimal("1.03"))), Tif.IOC)
        assert await found(run) is not None
        # Nautilus has it under its name, once.
        await eventually(lambda: run.cache.order(ID).status == OrderStatus.FILLED)
        (position,) = run.cache.positions_open()
        assert position.quantity.as_decimal() == SIZE == run.ledger.positions[0].size


async def test_a_venue_that_does_not_answer_proves_nothing(at: At) -> None:
    async with synthetix_venue() as venue, node_on(venue, *at, **FORGETFUL) as run:
        venue.faults.add(Status(on="info", type="getExchangeStatus", status=503))
        with pytest.raises(VenueError):
            await client_of(run).find_order(ID)
        venue.faults.clear()
        assert await found(run) is None  # it is late enough by now, and for good
        venue.faults.add(Status(on="trade", type="getOpenOrders", status=503))
        with pytest.raises(VenueError):
            await client_of(run).find_order(ID)
        venue.faults.clear()
        assert await client_of(run).find_order(ID) is None
