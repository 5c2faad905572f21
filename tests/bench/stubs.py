"""The least that a node's clients can do: what the node itself costs, with the same wake-ups."""

import asyncio
import time
from collections.abc import Callable

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.config import LiveDataClientConfig, LiveExecClientConfig
from nautilus_trader.data.messages import SubscribeQuoteTicks
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.live.factories import LiveDataClientFactory, LiveExecClientFactory
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import AccountId, ClientId, Venue, VenueOrderId
from nautilus_trader.model.objects import AccountBalance, Money, Price, Quantity
from nautilus_trader.model.orders import Order
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from adapters.hyperliquid.schemas import PostBody, PostRequest
from adapters.hyperliquid.signing import Signer
from tests.bench.given import KEY, order
from tests.bench.parsing import BTC, instrument

VENUE = Venue("HYPERLIQUID")
# The acknowledgement of the subscription is shorter than any bbo frame.
ACK_SIZE_MAX = 120
SUBSCRIBE = b'{"method":"subscribe","subscription":{"type":"bbo","coin":"BTC"}}'


def signed_frame(signer: Signer, nonce: int) -> bytes:
    """Return the ordinary order as it goes over the line; the nonce numbers the post as well."""
    return msgspec.json.encode(PostRequest(nonce, PostBody("action", signer.sign(order(), nonce))))


class Listener(WSListener):  # type: ignore[misc]
    """Hand every frame to a function."""

    def __init__(self, on_frame: Callable[[WSFrame], None]) -> None:
        self._on_frame = on_frame

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        """Hand it over."""
        self._on_frame(frame)


async def connect(url: str, on_frame: Callable[[WSFrame], None]) -> WSTransport:
    """Open a connection."""
    transport, _ = await ws_connect(lambda: Listener(on_frame), url)
    return transport


class StubConfig(LiveDataClientConfig, frozen=True):
    """Where the order server is."""

    url: str = ""


class StubExecConfig(LiveExecClientConfig, frozen=True):
    """Where the order server is."""

    url: str = ""


class StubDataClient(LiveMarketDataClient):
    """Hand over one and the same quote, whatever a frame holds."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: StubConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            venue=VENUE,
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            instrument_provider=InstrumentProvider(),
            config=config,
        )
        self._url = config.url
        size = Quantity(1.5, 5)
        self._quote = QuoteTick(BTC, Price(109_818, 1), Price(109_819, 1), size, size, 0, 0)
        self._transport: WSTransport | None = None

    async def _connect(self) -> None:
        self._handle_data(instrument())
        self._transport = await connect(self._url, self._on_frame)

    async def _disconnect(self) -> None:
        """Do nothing: the process ends."""

    async def _subscribe_quote_ticks(self, _command: SubscribeQuoteTicks) -> None:
        assert self._transport is not None
        self._transport.send(WSMsgType.TEXT, SUBSCRIBE)

    def _on_frame(self, frame: WSFrame) -> None:
        if frame.payload_size > ACK_SIZE_MAX:
            self._handle_data(self._quote)


class StubExecutionClient(LiveExecutionClient):
    """Send one and the same signed order, whatever the order is."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: StubExecConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            venue=VENUE,
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            base_currency=None,
            instrument_provider=InstrumentProvider(),
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            config=config,
        )
        self._set_account_id(AccountId(f"{name}-001"))
        self._url = config.url
        self._frame = signed_frame(Signer(KEY, is_mainnet=False), nonce=1)
        self._waiting: list[Order] = []
        self._transport: WSTransport | None = None

    async def _connect(self) -> None:
        currency = instrument().quote_currency
        cash, none = Money(1_000_000, currency), Money(0, currency)
        balance = AccountBalance(total=cash, locked=none, free=cash)
        self.generate_account_state([balance], [], reported=True, ts_event=time.time_ns())
        await self._await_account_registered()
        self._transport = await connect(self._url, self._on_reply)

    async def _disconnect(self) -> None:
        """Do nothing: the process ends."""

    async def _submit_order(self, command: SubmitOrder) -> None:
        assert self._transport is not None
        order = command.order
        self._transport.send(WSMsgType.TEXT, self._frame)
        ids = (order.strategy_id, order.instrument_id, order.client_order_id)
        self.generate_order_submitted(*ids, ts_event=time.time_ns())
        self._waiting.append(order)

    def _on_reply(self, _frame: WSFrame) -> None:
        now = time.time_ns()
        order = self._waiting.pop(0)
        ids = (order.strategy_id, order.instrument_id, order.client_order_id)
        self.generate_order_accepted(*ids, VenueOrderId(f"{now}"), ts_event=now)


class StubDataFactory(LiveDataClientFactory):
    """Build the data client."""

    create = StubDataClient


class StubExecFactory(LiveExecClientFactory):
    """Build the execution client."""

    create = StubExecutionClient
