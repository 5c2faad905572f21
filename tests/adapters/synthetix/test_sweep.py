"""What the account's one stream keeps back is found all the same, and soon."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.orders import Order

from simulator.exchange.model import Side
from simulator.fault_rules import Silent
from simulator.synthetix_perps import ENGINE_KNOBS
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.synthetix_run import BTC, trading
from tests.acceptance.trading_run import CASH, Run
from tests.acceptance.under_test import ADDRESS
from tests.waiting import eventually

SIZE = Decimal("0.01")
RENEWING = TradingOptions(
    accounts=((ADDRESS, CASH),),
    knobs=msgspec.structs.replace(ENGINE_KNOBS, trigger_gives_new_id=True),
)


async def resting(run: Run, order: Order) -> Order:
    run.hand.submit_order(order)
    await eventually(lambda: order.status == OrderStatus.ACCEPTED)
    return order


def trade(run: Run, price: Decimal, size: Decimal) -> None:
    """Let the outside sell into the book."""
    exchange, now_ms = run.venue.trading.exchange, run.venue.clock.now_ms()
    run.venue.trading.tell(exchange.on_trade(0, price, size, Side.SELL, now_ms))


async def test_a_fill_that_was_never_told_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(tmp_path, monkeypatch, sweep_secs=0.5) as run:
        quantity = run.instrument(BTC).make_qty(SIZE)
        price = run.price(0.97, BTC)
        order = await resting(
            run, run.hand.order_factory.limit(BTC, OrderSide.BUY, quantity, price)
        )
        run.venue.faults.add(Silent(type="subAccountUpdate"))
        trade(run, price.as_decimal() - 1, SIZE / 2)
        await eventually(lambda: order.filled_qty.as_decimal() == SIZE / 2)
        trade(run, price.as_decimal() - 1, SIZE)
        await eventually(lambda: order.status == OrderStatus.FILLED)
        assert run.hand.events_of(order) == ["Submitted", "Accepted", "Filled", "Filled"]


@pytest.mark.parametrize("options", [None, RENEWING], ids=["keeps its id", "gets a new id"])
@pytest.mark.parametrize("is_told", [True, False])
async def test_a_stop_that_fires_is_filled_and_not_canceled(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: TradingOptions | None,
    is_told: bool,
) -> None:
    venue = {"trading": options}
    async with trading(tmp_path, monkeypatch, venue=venue, sweep_secs=0.5) as run:
        quantity = run.instrument(BTC).make_qty(SIZE)
        entry = run.hand.order_factory.market(BTC, OrderSide.BUY, quantity)
        run.hand.submit_order(entry)
        await eventually(lambda: entry.is_closed)
        stop = run.hand.order_factory.stop_market(
            BTC, OrderSide.SELL, quantity, run.price(0.97, BTC), reduce_only=True
        )
        await resting(run, stop)
        if not is_told:
            run.venue.faults.add(Silent(type="subAccountUpdate"))
        mark = stop.trigger_price.as_decimal() - 1
        exchange = run.venue.trading.exchange
        now_ms = run.venue.clock.now_ms()
        run.venue.trading.tell(exchange.set_mark(0, mark, mark, now_ms))
        await eventually(lambda: stop.is_closed)
        assert stop.status == OrderStatus.FILLED
        assert stop.filled_qty == quantity
        assert not run.cache.positions_open()


async def test_a_trigger_that_ends_without_firing_is_canceled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(tmp_path, monkeypatch) as run:
        quantity = run.instrument(BTC).make_qty(SIZE)
        entry = run.hand.order_factory.market(BTC, OrderSide.BUY, quantity)
        run.hand.submit_order(entry)
        await eventually(lambda: entry.is_closed)
        stop = run.hand.order_factory.stop_market(
            BTC, OrderSide.SELL, quantity, run.price(0.97, BTC), reduce_only=True
        )
        await resting(run, stop)
        run.hand.submit_order(run.hand.order_factory.market(BTC, OrderSide.SELL, quantity))
        await eventually(lambda: stop.is_closed)
        assert stop.status == OrderStatus.CANCELED


async def test_a_stop_limit_that_goes_on_under_a_new_id_is_told_as_triggered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(tmp_path, monkeypatch, venue={"trading": RENEWING}) as run:
        quantity = run.instrument(BTC).make_qty(SIZE)
        entry = run.hand.order_factory.market(BTC, OrderSide.BUY, quantity)
        run.hand.submit_order(entry)
        await eventually(lambda: entry.is_closed)
        at, high = run.price(0.97, BTC), run.price(1.03, BTC)
        stop = run.hand.order_factory.stop_limit(
            BTC, OrderSide.SELL, quantity, high, at, reduce_only=True
        )
        await resting(run, stop)
        mark, now_ms = at.as_decimal() - 1, run.venue.clock.now_ms()
        run.venue.trading.tell(run.venue.trading.exchange.set_mark(0, mark, mark, now_ms))
        await eventually(lambda: "Triggered" in run.hand.events_of(stop))
        (live,) = run.ledger.live
        assert stop.is_open
        assert stop.venue_order_id.value == str(live)
        run.hand.cancel_order(stop)
        await eventually(lambda: stop.status == OrderStatus.CANCELED)
