"""Where an order of an earlier process is looked for: at the venue that would have it."""

import asyncio
from typing import Protocol, cast

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.config import LiveExecClientConfig
from nautilus_trader.execution.reports import OrderStatusReport
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.live.factories import LiveExecClientFactory
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId

from adapters.common.errors import VenueError
from webhook.lookup import Unanswered


class FindsOrders(Protocol):
    """What the execution client of a live venue owes."""

    async def find_order(self, client_order_id: ClientOrderId) -> OrderStatusReport | None:
        """Return the order, or None if it is proven that there is none; else VenueError."""


class OrderLookup:
    """
    Ask the live venues of a node for orders; a paper venue has none from before its process.

    Made before the node's clients, which it learns of as they are made.
    """

    def __init__(self) -> None:
        self._clients: dict[str, FindsOrders] = {}

    def watching(self, factory: type[LiveExecClientFactory]) -> type[LiveExecClientFactory]:
        """Return a factory that makes the same clients, which are asked from then on."""
        clients = self._clients

        class WatchedFactory(factory):  # type: ignore[misc, valid-type]
            @staticmethod
            def create(
                loop: asyncio.AbstractEventLoop,
                name: str,
                config: LiveExecClientConfig,
                msgbus: MessageBus,
                cache: Cache,
                clock: LiveClock,
            ) -> LiveExecutionClient:
                client: LiveExecutionClient = factory.create(
                    loop, name, config, msgbus, cache, clock
                )
                clients[client.venue.value] = cast("FindsOrders", client)
                return client

        return WatchedFactory

    async def find_order(self, instrument_id: InstrumentId, client_order_id: ClientOrderId) -> bool:
        """
        Tell whether the venue has an order, which Nautilus knows by then.

        Raises
        ------
        Unanswered
            If the venue does not say.

        """
        client = self._clients.get(instrument_id.venue.value)
        if client is None:
            return False
        try:
            return await client.find_order(client_order_id) is not None
        except VenueError as e:
            raise Unanswered(str(e)) from e
