"""The factory that hands the node's own execution engine to a paper client."""

import asyncio

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.live.factories import LiveExecClientFactory
from nautilus_trader.portfolio.base import PortfolioFacade

from adapters.paper.execution import PaperExecutionClient


def paper_exec_client_factory(engine: ExecutionEngine) -> type[LiveExecClientFactory]:
    """
    Return a factory for paper clients whose order events `engine` applies at once.

    Nautilus's node builder passes the portfolio only to a class of this exact name, and no engine
    to any; hence the fixed name and the closure.
    """

    class SandboxLiveExecClientFactory(LiveExecClientFactory):
        """Create paper clients bound to one node's execution engine."""

        @staticmethod
        def create(  # type: ignore[override]
            loop: asyncio.AbstractEventLoop,
            name: str,  # noqa: ARG004 (the client is named after its venue)
            config: SandboxExecutionClientConfig,
            portfolio: PortfolioFacade,
            msgbus: MessageBus,
            cache: Cache,
            clock: LiveClock,
        ) -> PaperExecutionClient:
            return PaperExecutionClient(loop, portfolio, msgbus, cache, clock, config, engine)

    return SandboxLiveExecClientFactory
