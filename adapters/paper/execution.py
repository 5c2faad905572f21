"""The paper execution client: Nautilus's sandbox whose order events take effect at once."""

import asyncio

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.adapters.sandbox.execution import SandboxExecutionClient
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.execution.messages import BatchCancelOrders, QueryAccount
from nautilus_trader.model.events import AccountState, OrderEvent
from nautilus_trader.portfolio.base import PortfolioFacade


class PaperExecutionClient(SandboxExecutionClient):
    """
    Execute orders on Nautilus's simulated exchange, fed with live market data.

    The sandbox of nautilus_trader 1.231.0 queues its order events, so the simulated exchange reads
    orders from a cache that lags behind it: it rejects the stop of a market-entry bracket as
    "would have increased position", leaves siblings of a filled exit open, and cannot cancel an
    immediate-or-cancel order. Here events are applied before the exchange goes on, as they are in
    a backtest. Batch cancels and account queries, which fail or end the process there, work too.

    Still the sandbox's: no funding payments, no liquidation, and all state is lost on a restart.

    Parameters
    ----------
    loop, portfolio, msgbus, cache, clock, config
        As for ``SandboxExecutionClient``.
    engine : ExecutionEngine
        The node's execution engine, which applies the order events.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        portfolio: PortfolioFacade,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        config: SandboxExecutionClientConfig,
        engine: ExecutionEngine,
    ) -> None:
        super().__init__(
            loop=loop,
            portfolio=portfolio,
            msgbus=_direct_bus(msgbus, clock, engine),
            cache=cache,
            clock=clock,
            config=config,
        )
        self._node_bus = msgbus

    def connect(self) -> None:
        """Connect the client and listen to the venue's market data."""
        self._node_bus.subscribe(f"data.*.{self.venue}.*", handler=self.on_data)
        super().connect()

    def disconnect(self) -> None:
        """Disconnect the client and stop listening, so that nothing fills after the end."""
        self._node_bus.unsubscribe(f"data.*.{self.venue}.*", handler=self.on_data)
        super().disconnect()

    def batch_cancel_orders(self, command: BatchCancelOrders) -> None:
        """Cancel each order of the batch."""
        for cancel in command.cancels:
            self._client.cancel_order(cancel)

    def query_account(self, command: QueryAccount) -> None:  # noqa: ARG002 (one account here)
        """Publish the simulated account's balances and margins."""
        account = self.exchange.get_account()
        self.generate_account_state(
            balances=list(account.balances().values()),
            margins=list(account.margins().values()),
            reported=True,
            ts_event=self._clock.timestamp_ns(),
        )


def _direct_bus(msgbus: MessageBus, clock: LiveClock, engine: ExecutionEngine) -> MessageBus:
    def apply_now(event: OrderEvent) -> None:
        # The base engine's `process` handles in place; the live engine's only enqueues.
        ExecutionEngine.process(engine, event)

    def forward_account(state: AccountState) -> None:
        msgbus.send(endpoint="Portfolio.update_account", msg=state)

    bus = MessageBus(trader_id=msgbus.trader_id, clock=clock)
    bus.register(endpoint="ExecEngine.process", handler=apply_now)
    bus.register(endpoint="Portfolio.update_account", handler=forward_account)
    return bus
