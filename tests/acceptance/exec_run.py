"""
Nautilus's own ExecTester over an adapter, in a real node, on a loopback venue that stands still.

The tester submits, changes and cancels but judges nothing. Here the market moves only when a test
says so, everything the node publishes is kept, and what Nautilus holds of a trial is compared with
the venue's own books: terms of orders, fills, fees, position and cash.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.config import ImportableControllerConfig
from nautilus_trader.core.message import Event
from nautilus_trader.model.enums import OrderStatus, OrderType
from nautilus_trader.model.events import OrderDenied, OrderEvent, OrderFilled, OrderRejected
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position
from nautilus_trader.test_kit.strategies.tester_exec import ExecTester, ExecTesterConfig

from simulator.events import Book, ManualMarket, Reference
from simulator.exchange.accounts import sign
from simulator.exchange.events import Fill
from simulator.exchange.model import Order as VenueOrder
from simulator.generator import universe
from simulator.hyperliquid import HyperliquidVenue
from simulator.received import Received
from simulator.synthetix import SynthetixVenue
from simulator.wire import Level
from tests.acceptance.exec_books import (
    Terms,
    Trade,
    terms_here,
    terms_there,
    trade_here,
    trade_there,
)
from tests.acceptance.findings import FindingError, alike, unlike_stories
from tests.acceptance.trading_run import Run, node_on, venue_of
from tests.acceptance.under_test import OURS, Adapter
from tests.waiting import eventually

BID = 97_000
SIZE = Decimal("0.01")
LEVELS, LEVEL_STEP = 5, 10
STRIDE = 100
BTC_ASSET = 0

type Venue = HyperliquidVenue | SynthetixVenue

# Nautilus adds strategies to a running trader only if there is a controller.
CONTROLLER = ImportableControllerConfig(
    controller_path="nautilus_trader.trading.controller:Controller",
    config_path="nautilus_trader.config:ActorConfig",
    config={},
)


class StillMarket:
    """A venue's market of BTC that moves only when it is told to."""

    def __init__(self, source: ManualMarket, venue: Venue) -> None:
        self.venue = venue
        self.bid = BID
        self._source = source
        self._sizes = count(5_000)

    def show(self, bid: int | None = None) -> None:
        """Quote around a new best bid, or the same prices anew; the mark, the bid, comes next.

        A long way is gone in steps, so that book and mark are never far from each other.
        """
        end = self.bid if bid is None else bid
        while abs(end - self.bid) > STRIDE:
            self._quote(self.bid + (STRIDE if end > self.bid else -STRIDE))
        self._quote(end)

    def _quote(self, bid: int) -> None:
        self.bid = bid
        size = f"{next(self._sizes) / 1000}"
        steps = [LEVEL_STEP * step for step in range(LEVELS)]
        bids = tuple(Level(f"{bid - step}", size, 1) for step in steps)
        asks = tuple(Level(f"{bid + 1 + step}", size, 1) for step in steps)
        now_ms, mark = self.venue.clock.now_ms(), Decimal(bid)
        self._source.push(
            Book("BTC", now_ms, bids, asks), Reference("BTC", now_ms, mark, mark, Decimal(1_000))
        )
        self.venue.advance()


class Trial:
    """One tester: what the node published meanwhile, and what the venue wrote down."""

    def __init__(self, stage: "Stage", tester: ExecTester) -> None:
        self.stage = stage
        self.tester = tester
        self.findings: list[str] = []
        self._first_event = len(stage.published)
        ledger = stage.run.ledger
        self._first = len(ledger.history), len(ledger.fills), len(stage.run.venue.received)

    @property
    def events(self) -> list[Event]:
        """Return everything published since the tester started, in order."""
        return self.stage.published[self._first_event :]

    @property
    def orders(self) -> list[Order]:
        """Return the tester's orders, the oldest first."""
        orders = self.stage.run.cache.orders(strategy_id=self.tester.id)
        return sorted(orders, key=lambda order: (order.ts_init, order.client_order_id.value))

    @property
    def positions(self) -> list[Position]:
        """Return the tester's positions."""
        return list(self.stage.run.cache.positions(strategy_id=self.tester.id))

    @property
    def fills(self) -> list[Fill]:
        """Return the venue's fills of this trial."""
        return list(self.stage.run.ledger.fills)[self._first[1] :]

    @property
    def venue_orders(self) -> dict[str, VenueOrder]:
        """Return the newest state of the venue's orders of this trial, by client id."""
        changes = list(self.stage.run.ledger.history)[self._first[0] :]
        return {str(change.order.request.client_id): change.order for change in changes}

    @property
    def statuses(self) -> list[str]:
        """Return what became of the venue's orders of this trial, in order."""
        changes = list(self.stage.run.ledger.history)[self._first[0] :]
        return [str(change.status) for change in changes]

    @property
    def received(self) -> list[Received]:
        """Return the requests and frames that the venue has heard in this trial."""
        heard = list(self.stage.run.venue.received)[self._first[2] :]
        return [received for received in heard if isinstance(received.body, dict)]

    @property
    def actions(self) -> list[dict[str, Any]]:
        """Return the actions that the venue has heard in this trial."""
        found = (self.stage.adapter.action_of(received.body) for received in self.received)
        return [action for action in found if action is not None]

    @property
    def reason(self) -> str:
        """Return what the newest order was denied or rejected for."""
        event = self.orders[-1].last_event
        assert isinstance(event, OrderDenied | OrderRejected)
        return str(event.reason)

    def story(self, order: Order) -> list[str]:
        """Return the names of an order's events, in the order in which they were published."""
        mine = [
            e
            for e in self.events
            if isinstance(e, OrderEvent) and e.client_order_id == order.client_order_id
        ]
        return [type(event).__name__.removeprefix("Order") for event in mine]

    def stories(self) -> list[list[str]]:
        """Return the stories of all orders, the oldest order first."""
        return [self.story(order) for order in self.orders]

    async def settled(self, *stories: list[str], timeout_secs: float = 5.0) -> None:
        """Wait until the orders, the oldest first, have these stories; then compare the books."""
        wanted = list(stories)
        try:
            await eventually(lambda: self.stories() == wanted, timeout_secs)
        except TimeoutError:
            raise FindingError(unlike_stories(self.stories(), wanted)) from None
        await self.judge()

    def prompt(self) -> None:
        """Let a tester without quotes act once, on the market as it is."""
        bid = self.stage.market.bid
        instrument = self.tester.instrument
        self.tester.maintain_orders(instrument.make_price(bid), instrument.make_price(bid + 1))

    async def stop(self) -> None:
        """Stop the tester, which cancels its orders and closes its position."""
        self.tester.stop()
        try:
            await eventually(self.stage.is_flat)
        except TimeoutError:
            raise FindingError("stopping leaves orders or a position") from None
        await self.judge()

    async def judge(self) -> None:
        """Compare everything that Nautilus holds of this trial with the venue's books."""
        await alike("fills", self.trades_here, self.trades_there)
        await alike("orders", self.terms_here, self.terms_there)
        run = self.stage.run
        position = run.ledger.positions.get(BTC_ASSET)
        size = position.size if position else Decimal(0)
        held = run.cache.positions_open(instrument_id=self.stage.adapter.instrument_id)
        found = sum((p.signed_decimal_qty() for p in held), Decimal(0))
        if found != size:
            raise FindingError(f"a position of {found}, {size} at the venue")
        if position is not None and size:
            (one,) = held
            assert one.avg_px_open == pytest.approx(float(position.entry_notional / abs(size)))
        await self._judge_cash()

    async def _judge_cash(self) -> None:
        """Compare the cash; a stale balance is told at the end, whatever else there is to say."""
        if self.findings:
            return
        try:
            await eventually(lambda: self.stage.cash_here() == self.stage.cash_there())
        except TimeoutError:
            self.findings.append("the balance does not follow")

    def trades_here(self) -> list[Trade]:
        """Return the fills as Nautilus was told of them."""
        trades = [trade_here(event) for event in self.events if isinstance(event, OrderFilled)]
        return self._by_ids_of_both(trades)

    def trades_there(self) -> list[Trade]:
        """Return the fills as the venue has them."""
        return self._by_ids_of_both(
            [trade_there(fill, self.stage.adapter.first_trade) for fill in self.fills]
        )

    def _by_ids_of_both(self, trades: list[Trade]) -> list[Trade]:
        """Where an adapter gives fills names of its own, number the names in order."""
        if self.stage.adapter.has_venue_trade_ids:
            return trades
        names = list(dict.fromkeys(trade.trade_id for trade in trades))
        return [trade._replace(trade_id=str(names.index(trade.trade_id))) for trade in trades]

    def terms_here(self) -> dict[str, Terms]:
        """Return the orders that were sent as Nautilus holds them, by the venue's client id."""
        return {
            self._name_of(order): terms_here(order)
            for order in self.orders
            if order.status != OrderStatus.DENIED
        }

    def _name_of(self, order: Order) -> str:
        return self.stage.adapter.name_of(order.client_order_id.value)

    def terms_there(self) -> dict[str, Terms]:
        """Return the orders as the venue has them."""
        markets = {
            self._name_of(order) for order in self.orders if order.order_type == OrderType.MARKET
        }
        return {
            name: terms_there(order, has_price=name not in markets)
            for name, order in self.venue_orders.items()
        }


class Stage:
    """A node on a still market; one trial plays after the other."""

    def __init__(self, market: StillMarket, run: Run, adapter: Adapter = OURS) -> None:
        self.adapter = adapter
        self.market = market
        self.run = run
        self.published: list[Event] = []
        self._tags = count(100)
        for kind in ("order", "position", "account"):
            run.node.kernel.msgbus.subscribe(f"events.{kind}.*", self.published.append)

    def show(self, bid: int | None = None) -> None:
        """Let the market quote around a new best bid, or the same prices anew."""
        self.market.show(bid)

    def cash_here(self) -> Decimal:
        """Return the balance that Nautilus holds."""
        account = self.run.cache.account_for_venue(self.adapter.instrument_id.venue)
        total = account.balance_total(self.adapter.currency)
        return Decimal(total.as_decimal())

    def cash_there(self) -> Decimal:
        """Return the venue's cash, with what positions have cost."""
        ledger = self.run.ledger
        open_positions = [p for p in ledger.positions.values() if p.size]
        return ledger.raw + sum(
            (p.raw * p.is_isolated + p.entry_notional * sign(p.size) for p in open_positions),
            Decimal(0),
        )

    @asynccontextmanager
    async def trial(self, **settings: Any) -> AsyncIterator[Trial]:  # noqa: ANN401 (of the tester)
        """
        Let a tester run from the next quote on, and stop it if the test has not.

        Its distances may be told in dollars: `tob_offset_dollars` for `tob_offset_ticks`.
        """
        quiet = {"enable_limit_buys": False, "enable_limit_sells": False, "log_data": False}
        config = ExecTesterConfig(
            instrument_id=self.adapter.instrument_id,
            order_qty=SIZE,
            order_id_tag=str(next(self._tags)),
            **quiet | self._in_ticks(settings),
        )
        await eventually(self._has_heard_the_market)
        tester = ExecTester(config)
        self.run.node.trader.add_strategy(tester)
        trial = Trial(self, tester)
        tester.start()
        self.show()
        try:
            yield trial
            if tester.is_running:
                await trial.stop()
        except BaseException as e:
            for finding in trial.findings:
                e.add_note(finding)
            if self.adapter.is_shared:  # the next trial begins with nothing
                tester.stop()
                await eventually(self.is_flat)
            raise
        if trial.findings and config.close_positions_on_stop:  # or the next node has its say
            raise FindingError(f"{'; '.join(trial.findings)}, all else passes")

    def _in_ticks(self, settings: dict[str, Any]) -> dict[str, Any]:
        step = self.run.instrument(self.adapter.instrument_id).price_increment.as_decimal()
        dollars = {key: value for key, value in settings.items() if key.endswith("_dollars")}
        ticks = {f"{k.removesuffix('dollars')}ticks": int(v / step) for k, v in dollars.items()}
        return {key: value for key, value in settings.items() if key not in dollars} | ticks

    def _has_heard_the_market(self) -> bool:
        quote = self.run.cache.quote_tick(self.adapter.instrument_id)
        return int(quote.bid_price) == self.market.bid

    def is_flat(self) -> bool:
        """Return whether the venue has neither an order nor a position of the account."""
        position = self.run.ledger.positions.get(BTC_ASSET)
        return not self.run.ledger.live and (position is None or not position.size)


@asynccontextmanager
async def still_market(
    open_venue: Callable[..., AbstractAsyncContextManager[Venue]] = venue_of,
) -> AsyncIterator[StillMarket]:
    """Run a venue whose market stands still."""
    source = ManualMarket(universe(), time.time_ns() // 1_000_000, gives=(Book, Reference))
    async with open_venue(source=source) as venue:
        market = StillMarket(source, venue)
        market.show()
        yield market


@asynccontextmanager
async def staged(
    market: StillMarket,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    adapter: Adapter = OURS,
    **settings: Any,  # noqa: ANN401 (those of the execution client)
) -> AsyncIterator[Stage]:
    """Run a node, with an empty cache, on a venue whose market stands still."""
    node = node_on(
        market.venue, state, monkeypatch, controller=CONTROLLER, adapter=adapter, **settings
    )
    async with node as run:
        yield Stage(market, run, adapter)
