"""The desk's own node, gate and guard in it, on a loopback venue whose market stands still.

Unlike `trading_run` it is built as `perpdesk run` builds it, from a profile; its strategy trades by
the test's hand.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.config import StrategyConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position
from nautilus_trader.trading.strategy import Strategy

from config.loading import parse_profile
from desk.node import build_node
from risk.events import ALL_TOPICS
from risk.guard import StopKeeper
from simulator.exchange.accounts import Account
from simulator.exchange.model import Order as VenueOrder
from tests.acceptance.exec_run import BTC_ASSET, StillMarket
from tests.acceptance.under_test import KEY, KEY_VARIABLE, OURS, Adapter
from tests.waiting import eventually

TRADER = "RISK-001"
PROFILE = """
environment = "testnet"
trader_id = "{trader}"

[venues.{venue}]
network = "loopback"
execution = "{execution}"
base_url_http = "{http}"
base_url_ws = "{ws}"
private_key_env = "{variable}"
state_directory = "{folder}/state"

[[strategies]]
id = "manual"
strategy = "tests.acceptance.risk_desk:Manual"
parameters = {{ instrument_id = "{instrument}" }}

[logging]
level = "OFF"

[paper]
starting_balances = ["100000 {currency}"]
leverage = 10

[risk]
directory = "{folder}/halts"
{risk}
"""


class ManualConfig(StrategyConfig, kw_only=True, frozen=True):
    """Configure `Manual`: what it trades."""

    instrument_id: InstrumentId


class Manual(Strategy):
    """Do nothing but what a test asks for, also when a stop ends."""

    def __init__(self, config: ManualConfig) -> None:
        super().__init__(config)
        self.instrument_id = config.instrument_id
        self.keeper: StopKeeper | None = None

    def on_start(self) -> None:
        """Want quotes, by which market orders are bounded."""
        self.subscribe_quote_ticks(self.instrument_id)

    def stop_keepers(self) -> Mapping[InstrumentId, StopKeeper]:
        """Tell the guard who keeps the stop."""
        return {} if self.keeper is None else {self.instrument_id: self.keeper}

    def market(self, side: OrderSide, size: str, **terms: Any) -> Order:  # noqa: ANN401
        """Trade at the market."""
        quantity = self.cache.instrument(self.instrument_id).make_qty(Decimal(size))
        order = self.order_factory.market(self.instrument_id, side, quantity, **terms)
        self.submit_order(order)
        return order

    def bid(self, size: str, factor: float) -> Order:
        """Rest a buy at a share of the best bid."""
        quantity = self.cache.instrument(self.instrument_id).make_qty(Decimal(size))
        order = self.order_factory.limit(
            self.instrument_id, OrderSide.BUY, quantity, self._price(factor)
        )
        self.submit_order(order)
        return order

    def rest_a_stop(self, factor: float = 0.95) -> Order:
        """Rest a stop for the whole long position."""
        order = self.order_factory.stop_market(
            self.instrument_id,
            OrderSide.SELL,
            self.cache.positions_open()[0].quantity,
            self._price(factor),
            reduce_only=True,
        )
        self.submit_order(order)
        return order

    def _price(self, factor: float) -> Price:
        bid = self.cache.quote_tick(self.instrument_id).bid_price
        return self.cache.instrument(self.instrument_id).make_price(round(float(bid) * factor))


class Keeper:
    """Keeps the stop of a manual strategy, if it is able to, and counts how often it was asked."""

    def __init__(self, strategy: Manual, *, is_able: bool) -> None:
        self._strategy = strategy
        self._is_able = is_able
        self.asked = 0

    def wants_stop(self) -> bool:
        """Say that it does."""
        return True

    def rest_stop(self) -> None:
        """Rest it."""
        self.asked += 1
        if self._is_able:
            self._strategy.rest_a_stop()


class RiskDesk:
    """A running desk on a venue, and what risk has told in it."""

    def __init__(self, market: StillMarket, node: TradingNode, adapter: Adapter) -> None:
        self.market = market
        self.node = node
        self.told: list[Any] = []
        self._adapter = adapter
        (self.strategy,) = node.trader.strategies()

    @property
    def ledger(self) -> Account:
        """Return the venue's account: live orders, fills, history."""
        account: Account = self.market.venue.trading.exchange.account(self._adapter.account)
        return account

    @property
    def venue_position(self) -> Decimal:
        """Return the venue's position in BTC."""
        position = self.ledger.positions.get(BTC_ASSET)
        return Decimal(0) if position is None else position.size

    @property
    def venue_orders(self) -> list[VenueOrder]:
        """Return the orders that live at the venue."""
        return list(self.ledger.live.values())

    @property
    def position(self) -> Position | None:
        """Return what the node holds."""
        found = self.node.cache.positions_open()
        return found[0] if found else None

    def cancel_elsewhere(self) -> None:
        """Cancel all of the account's orders without the node."""
        exchange, venue = self.market.venue.trading.exchange, self.market.venue
        reply = exchange.cancel_all(self._adapter.account, venue.clock.now_ms())
        venue.trading.tell(reply.events)

    async def enter(self, size: str = "0.01") -> None:
        """Buy, and wait until node and venue agree on it."""
        self.strategy.market(OrderSide.BUY, size)
        await eventually(lambda: self.position is not None)

    def heard[T](self, kind: type[T]) -> list[T]:
        """Return what was told of a kind."""
        return [each for each in self.told if isinstance(each, kind)]


@asynccontextmanager
async def risk_desk(
    market: StillMarket,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    execution: str = "live",
    risk: str = "",
    adapter: Adapter = OURS,
) -> AsyncIterator[RiskDesk]:
    """Run a desk on a venue until its strategy has started and a quote has come."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    text = PROFILE.format(
        trader=TRADER,
        venue=adapter.client.lower(),
        execution=execution,
        http=market.venue.http_url,
        ws=market.venue.ws_url,
        variable=KEY_VARIABLE,
        folder=folder,
        instrument=adapter.instrument_id,
        currency=adapter.currency,
        risk=risk,
    )
    node = build_node(parse_profile(text.encode(), "risk.toml"), folder / "logs", None)
    desk = RiskDesk(market, node, adapter)
    node.kernel.msgbus.subscribe(ALL_TOPICS, desk.told.append)
    task = asyncio.create_task(node.run_async(), name="node")
    try:
        await eventually(lambda: desk.strategy.is_running, timeout_secs=40)
        await eventually(lambda: desk.node.cache.quote_tick(adapter.instrument_id), timeout_secs=20)
        yield desk
    finally:
        node.trader.stop()  # else the node waits for half a minute after it has done so
        await node.stop_async()
        await task
