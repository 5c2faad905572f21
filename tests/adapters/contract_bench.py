"""A node of one venue or the other on a market that stands still, with the same verbs for both."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from time import time_ns
from typing import Any

import msgspec
import pytest
from nautilus_trader.accounting.factory import AccountFactory
from nautilus_trader.config import LiveExecEngineConfig
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position

from adapters.common.governor import WeightGovernor
from simulator.events import Book, ManualMarket, Reference
from simulator.exchange.accounts import sign
from simulator.exchange.events import Event, Fill
from simulator.exchange.model import Order as VenueOrder
from simulator.exchange.model import OrderRequest, Side, Tif
from simulator.fault_rules import AnyRule
from tests.acceptance.exec_run import BID, StillMarket
from tests.acceptance.trading_run import Run, node_on
from tests.acceptance.under_test import Adapter, Clients
from tests.adapters.contract_terms import Heard, Terms, Venue
from tests.waiting import eventually

ASSET = 0
SIZE = Decimal("0.01")
SIDES = {OrderSide.BUY: Side.BUY, OrderSide.SELL: Side.SELL}
# Nautilus asks for orders in flight as well: what is lost must be found without that.
ALONE = LiveExecEngineConfig(reconciliation_startup_delay_secs=0.0, inflight_check_interval_ms=0)
SETTLED_SECS = 15.0
"""What is lost is found within this time: look-ups come less and less often."""


class Still:
    """A venue whose market stands still, from one node to the next."""

    def __init__(self, terms: Terms, venue: Venue, market: StillMarket) -> None:
        self.terms = terms
        self.venue = venue
        self.market = market

    # What happens to the account without the node.

    def place_elsewhere(self, side: OrderSide, price: int, size: Decimal = SIZE) -> VenueOrder:
        """Place a limit order for the account; return it as it is afterwards."""
        exchange = self.venue.trading.exchange
        request = OrderRequest(ASSET, SIDES[side], Decimal(price), size, Tif.GTC)
        account = self.terms.adapter.account
        self._tell(exchange.place(account, [request], self.venue.clock.now_ms()).events)
        return list(exchange.account(account).history)[-1].order

    def fill(self, order: Order, size: Decimal | None = None) -> None:
        """Let the outside trade this much of a resting order, or more than it is."""
        size = order.quantity.as_decimal() * 10 if size is None else size
        side = SIDES[order.side]
        price = order.price.as_decimal() - side.value
        now_ms = self.venue.clock.now_ms()
        self._tell(self.venue.trading.exchange.on_trade(ASSET, price, size, side.opposite, now_ms))

    def _tell(self, events: list[Event]) -> None:
        self.venue.trading.tell(events)


class Bench:
    """A running node, the venue that it trades at, and what each of them says."""

    def __init__(
        self, still: Still, run: Run, clients: list[LiveExecutionClient], heard_before: int
    ) -> None:
        self.still = still
        self.terms = still.terms
        self.venue = still.venue
        self.run = run
        self.hand = run.hand
        self.orders = run.hand.order_factory
        self.instrument_id = still.terms.instrument_id
        self.instrument = run.instrument(self.instrument_id)
        self._clients = clients
        self._heard_before = heard_before

    @property
    def client(self) -> LiveExecutionClient:
        """Return the execution client."""
        return self._clients[-1]

    def is_idle(self) -> bool:
        """Tell whether all commands of the execution client have ended."""
        return all(task.done() for task in self.client._tasks)

    # Orders

    def quantity(self, size: Decimal = SIZE) -> Quantity:
        """Return a size as the venue takes it."""
        return self.instrument.make_qty(size)

    def price(self, away: int) -> Price:
        """Return a price so many dollars above the best bid, as the venue takes it."""
        return self.instrument.make_price(self.still.market.bid + away)

    def submit(self, order: Order) -> Order:
        """Submit an order and return it."""
        self.hand.submit_order(order)
        return order

    def new_limit(
        self,
        away: int,
        side: OrderSide = OrderSide.BUY,
        size: Decimal = SIZE,
        **terms: Any,  # noqa: ANN401 (of a limit order)
    ) -> Order:
        """Make a limit order so many dollars from the market, on its own side of it."""
        price = self.price(-away if side == OrderSide.BUY else away)
        return self.orders.limit(self.instrument_id, side, self.quantity(size), price, **terms)

    async def rest(
        self,
        away: int = 500,
        side: OrderSide = OrderSide.BUY,
        size: Decimal = SIZE,
        **terms: Any,  # noqa: ANN401 (of a limit order)
    ) -> Order:
        """Submit a limit order and return it once it rests."""
        order = self.submit(self.new_limit(away, side, size, **terms))
        await resting(order)
        return order

    async def enter(self, side: OrderSide = OrderSide.BUY, size: Decimal = SIZE) -> Order:
        """Fill a market order and return it."""
        order = self.orders.market(self.instrument_id, side, self.quantity(size))
        self.submit(order)
        await closed(order)
        assert order.status == OrderStatus.FILLED, self.story(order)
        return order

    def story(self, order: Order) -> list[str]:
        """Return the names of an order's events after its initialization, in order."""
        return self.hand.events_of(order)

    # The venue

    @property
    def live(self) -> list[VenueOrder]:
        """Return the orders that rest at the venue."""
        return list(self.run.ledger.live.values())

    @property
    def live_ids(self) -> set[str]:
        """Return the venue's ids of them."""
        return {str(order.oid) for order in self.live}

    @property
    def fills(self) -> list[Fill]:
        """Return the venue's fills of the account, newest last."""
        return list(self.run.ledger.fills)

    @property
    def held_there(self) -> Decimal:
        """Return the signed position at the venue."""
        position = self.run.ledger.positions.get(ASSET)
        return position.size if position else Decimal(0)

    @property
    def held_here(self) -> Decimal:
        """Return the signed position in the node."""
        return sum((p.signed_decimal_qty() for p in self.positions), Decimal(0))

    @property
    def positions(self) -> list[Position]:
        """Return the open positions of the node."""
        return list(self.run.cache.positions_open(instrument_id=self.instrument_id))

    @property
    def cash_here(self) -> Decimal:
        """Return the balance that the node holds."""
        account = self.run.cache.account_for_venue(self.instrument_id.venue)
        return Decimal(account.balance_total(self.terms.currency).as_decimal())

    @property
    def cash_there(self) -> Decimal:
        """Return the venue's cash, with what open positions have cost."""
        held = [p for p in self.run.ledger.positions.values() if p.size]
        return self.run.ledger.raw + sum(
            (p.entry_notional * sign(p.size) for p in held), Decimal(0)
        )

    def sent(self, name: str | None = None) -> list[Heard]:
        """Return the actions that the venue has heard in this case, or those of a name."""
        received = list(self.venue.received)[self._heard_before :]
        actions = [a for a in map(self.terms.action_of, received) if a is not None]
        return [action for action in actions if name in {None, action["name"]}]

    def asked(self) -> int:
        """Return how often the venue was asked for a lost order in this case."""
        _, question = self.terms.look_up
        received = list(self.venue.received)[self._heard_before :]
        return sum(question in str(one.body) for one in received)

    # Faults

    def fail(self, *rules: AnyRule) -> None:
        """Put rules of faults in force."""
        for rule in rules:
            self.venue.faults.add(rule)

    def mute(self) -> None:
        """Let the streams of the account fall silent."""
        for stream in self.terms.account_streams:
            self.venue.mute(stream)

    def unmute(self) -> None:
        """Let them be heard again."""
        for stream in self.terms.account_streams:
            self.venue.unmute(stream)

    async def disconnect(self) -> None:
        """Cut all connections and let no new one in."""
        self.venue.refuse_connections()
        await self.venue.drop_connections()

    def reconnect(self) -> None:
        """Let connections in again."""
        self.venue.refuse_connections(refused=False)

    # Between two cases

    def begin(self) -> None:
        """Forget what the venue has heard so far."""
        self._heard_before = len(self.venue.received)

    async def tidy(self) -> None:
        """End all faults, orders and positions, so that the next case begins with nothing."""
        self.venue.faults.clear()
        self.venue.faults.log.clear()
        self.unmute()
        self.reconnect()
        self.still.market.show(BID)
        await eventually(self._has_heard_the_market, SETTLED_SECS)
        await eventually(self._is_connected, SETTLED_SECS)
        if not self._is_flat():
            self.hand.cancel_all_orders(self.instrument_id)
            self.hand.close_all_positions(self.instrument_id)
        await eventually(self._is_flat, SETTLED_SECS)

    def _has_heard_the_market(self) -> bool:
        quote = self.run.cache.quote_tick(self.instrument_id)
        return int(quote.bid_price) == self.still.market.bid

    def _is_connected(self) -> bool:
        return bool(self.terms.connection_of(self.client).can_post)

    def _is_flat(self) -> bool:
        cache = self.run.cache
        is_quiet = not cache.orders_open() and not cache.orders_inflight()
        return is_quiet and not (self.live or self.held_there or self.held_here)


async def closed(order: Order, timeout_secs: float = SETTLED_SECS) -> None:
    """Wait until an order has ended."""
    await eventually(lambda: order.is_closed, timeout_secs)


async def resting(order: Order, timeout_secs: float = SETTLED_SECS) -> None:
    """Wait until an order rests."""
    await eventually(lambda: order.status == OrderStatus.ACCEPTED, timeout_secs)


@asynccontextmanager
async def standing(terms: Terms) -> AsyncIterator[Still]:
    """Run a venue whose market stands still, with a funded account."""
    # As if a simulated exchange had run here before: the live account must not sum fills itself.
    AccountFactory.register_calculated_account(str(terms.instrument_id.venue))
    source = ManualMarket(terms.universe(), time_ns() // 1_000_000, gives=(Book, Reference))
    async with terms.open_venue(source=source) as venue:
        market = StillMarket(source, venue)
        market.show()
        yield Still(terms, venue, market)


@asynccontextmanager
async def benched(
    still: Still,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    governor: Callable[[], WeightGovernor] | None = None,
    **settings: Any,  # noqa: ANN401 (those of the execution client, and of `node_on`)
) -> AsyncIterator[Bench]:
    """Run a node on a venue; its rate limit is none to speak of unless one is given."""
    terms, clients = still.terms, list[LiveExecutionClient]()
    unlimited = governor or (lambda: WeightGovernor(1_000_000, terms.window_secs))
    monkeypatch.setattr(terms.governor, unlimited)
    heard_before = len(still.venue.received)
    async with node_on(
        still.venue,
        state,
        monkeypatch,
        instrument_ids=(terms.instrument_id,),
        adapter=keeping(terms.adapter, clients),
        engine=ALONE,
        **(terms.adapter.settings | settings),
    ) as run:
        yield Bench(still, run, clients, heard_before)


def keeping(adapter: Adapter, clients: list[LiveExecutionClient]) -> Adapter:
    """Return an adapter that keeps the execution clients that it builds."""

    @asynccontextmanager
    async def build(*args: Any, **settings: Any) -> AsyncIterator[Clients]:  # noqa: ANN401
        async with adapter.build(*args, **settings) as made:

            class Keeping(made.exec_factory):  # type: ignore[misc, name-defined]
                @staticmethod
                def create(*args: Any, **more: Any) -> LiveExecutionClient:  # noqa: ANN401
                    clients.append(made.exec_factory.create(*args, **more))
                    return clients[-1]

            yield msgspec.structs.replace(made, exec_factory=Keeping)

    return msgspec.structs.replace(adapter, build=build)
