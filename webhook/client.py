"""The Nautilus data client that turns accepted alerts into Signals for the strategies."""

import asyncio
from collections.abc import Sequence

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.config import LiveDataClientConfig
from nautilus_trader.data.messages import SubscribeData, UnsubscribeData
from nautilus_trader.live.data_client import LiveDataClient
from nautilus_trader.live.factories import LiveDataClientFactory
from nautilus_trader.model.identifiers import ClientId, Venue

from strategies.signals import Signal, wrap_signal
from webhook.alerts import Alert
from webhook.inbox import Inbox


class SignalDataClientConfig(LiveDataClientConfig, frozen=True):
    """Configure `SignalDataClient`, which needs nothing of its own."""


class SignalDataClient(LiveDataClient):
    """
    Deliver alerts as Signals to the strategies that subscribed to them.

    Parameters
    ----------
    loop, name, config, msgbus, cache, clock
        As Nautilus gives them to a factory.
    inbox : Inbox
        Where the alerts come from, on the same event loop.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: LiveDataClientConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        inbox: Inbox,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            # Without a venue Nautilus would route every venue's unclaimed subscriptions here.
            venue=Venue(name),
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            config=config,
        )
        self._inbox = inbox

    @property
    def listening(self) -> Sequence[str]:
        """Return the names of the strategies that listen, sorted."""
        return sorted(
            data_type.metadata["strategy"]
            for data_type in self.subscribed_custom_data()
            if data_type.type is Signal
        )

    def deliver(self, alert: Alert) -> None:
        """Hand an alert to its strategy, by way of the data engine's queue."""
        now = self._clock.timestamp_ns()
        signal = Signal(
            source=alert.source,
            key=alert.key,
            strategy=alert.strategy,
            instrument_id=alert.instrument_id,
            action=alert.action,
            quantity=alert.quantity,
            reason=alert.comment,
            ts_event=now if alert.ts_event is None else alert.ts_event,
            ts_init=now,
        )
        self._handle_data(wrap_signal(signal))

    async def _connect(self) -> None:
        self._inbox.attach(self)

    async def _disconnect(self) -> None:
        self._inbox.detach()

    async def _subscribe(self, command: SubscribeData) -> None:
        # The base class keeps the list of subscriptions, which `listening` reads.
        if command.data_type.type is not Signal:
            raise ValueError(f"Expected a subscription to Signal, was {command.data_type}")

    async def _unsubscribe(self, command: UnsubscribeData) -> None:
        pass


def signal_client_factory(inbox: Inbox) -> type[LiveDataClientFactory]:
    """Return a factory whose clients deliver from `inbox`; Nautilus wants a class of its own."""

    class SignalDataClientFactory(LiveDataClientFactory):
        @staticmethod
        def create(
            loop: asyncio.AbstractEventLoop,
            name: str,
            config: LiveDataClientConfig,
            msgbus: MessageBus,
            cache: Cache,
            clock: LiveClock,
        ) -> SignalDataClient:
            return SignalDataClient(loop, name, config, msgbus, cache, clock, inbox)

    return SignalDataClientFactory
