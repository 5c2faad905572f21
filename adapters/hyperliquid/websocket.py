"""One WebSocket connection that keeps its subscriptions; it decodes frames but judges none."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Literal

import msgspec
from nautilus_trader.common.component import Logger
from nautilus_trader.core.nautilus_pyo3 import (
    WebSocketClient,
    WebSocketClientError,
    WebSocketConfig,
)

from adapters.common.backoff import backoff_delay_secs
from adapters.hyperliquid.schemas import (
    WS_DECODER,
    Subscription,
    SubscriptionRequest,
    WsError,
    WsMarketMessage,
    WsPong,
    WsSubscriptionResponse,
)
from adapters.hyperliquid.subscriptions import Remedy, SubscriptionRegistry

PING = '{"method":"ping"}'
BACKOFF_INITIAL_SECS = 0.25
BACKOFF_MAX_SECS = 30.0
# How often the connection is looked at: Nautilus tells of its end only when asked.
POLL_SECS = 0.05
# A connection that is lost sooner than this counts as a failed attempt to connect.
SHORT_LIFE_SECS = 10.0
# The watchdog looks this often within the time of silence that it allows.
CHECKS_PER_STALE_TIME = 10
FRAME_HEAD_CHARS = 200

# The venue sends books and contexts of a live market at least every few seconds. The others speak
# when something happens, so for them an acknowledged subscription is sign of life enough.
_PERIODIC = frozenset({"l2Book", "activeAssetCtx"})


class HyperliquidWebSocketClient:
    """
    A connection that renews itself and subscribes again what its users hold.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which all callbacks run.
    url : str
        The address with path: `wss://api.hyperliquid.xyz/ws`.
    on_message : Callable[[WsMarketMessage], None]
        Receives every market message; what it raises is logged with the frame's head.
    on_gap : Callable[[Subscription], None]
        Told of each stream that was subscribed again, of which messages may have been missed.
    ping_interval_secs, idle_timeout_secs : int
        Seconds between two pings, and without any frame after which the connection is renewed.
    stale_stream_secs : float
        Seconds of silence after which one stream is subscribed again, then the connection renewed.
    proxy_url : str, optional
        An HTTP proxy.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        url: str,
        on_message: Callable[[WsMarketMessage], None],
        on_gap: Callable[[Subscription], None],
        ping_interval_secs: int = 20,
        idle_timeout_secs: int = 45,
        stale_stream_secs: float = 60.0,
        proxy_url: str | None = None,
    ) -> None:
        self._loop = loop
        self._on_message = on_message
        self._on_gap = on_gap
        self._url = url
        self._config = WebSocketConfig(
            url=url,
            headers=[],
            heartbeat=ping_interval_secs,
            heartbeat_msg=PING,
            # Nautilus's own reconnect sends again what was sent into the dying connection, so that
            # the venue would see streams twice; each of ours begins with nothing.
            reconnect_max_attempts=0,
            idle_timeout_ms=idle_timeout_secs * 1000,
            proxy_url=proxy_url,
        )
        self._check_interval_secs = stale_stream_secs / CHECKS_PER_STALE_TIME
        self._registry = SubscriptionRegistry(stale_stream_secs)
        self._heard: set[tuple[str, ...]] = set()
        self._client: WebSocketClient | None = None
        # Held while the registry and the wire are brought together, so that no stream goes twice.
        self._wire = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._log = Logger(type(self).__name__)

    async def connect(self) -> None:
        """Open the connection, trying until it succeeds or the caller is cancelled."""
        await self._open()
        self._tasks = [
            self._loop.create_task(self._stay_connected(), name="hyperliquid connection"),
            self._loop.create_task(self._watch_streams(), name="hyperliquid stream watchdog"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._report)

    async def disconnect(self) -> None:
        """Close the connection and end all tasks of this client."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        client, self._client = self._client, None
        if client is not None:
            await client.disconnect()

    @property
    def subscriptions(self) -> list[Subscription]:
        """What is held at present, each once."""
        return self._registry.desired()

    async def subscribe(self, subscription: Subscription) -> None:
        """
        Hold one stream; the first holder subscribes it, at once or when the connection is back.

        Raises
        ------
        ValueError
            If the stream is held with other parameters.

        """
        async with self._wire:
            if self._registry.acquire(subscription, time.monotonic()):
                await self._send("subscribe", subscription)

    async def unsubscribe(self, stream: tuple[str, ...]) -> None:
        """Let go of one stream; the last holder unsubscribes it."""
        async with self._wire:
            subscription = self._registry.release(stream)
            if subscription is not None:
                await self._send("unsubscribe", subscription)

    async def _open(self) -> None:
        """Open a connection and subscribe on it what is held."""
        client = await self._dial()
        async with self._wire:
            self._client = client
            held = self._registry.desired()
            self._log.info(f"Connected to {self._url}, {len(held)} streams to restore")
            self._registry.restart_clocks(time.monotonic())
            for subscription in held:
                self._on_gap(subscription)
                await self._send("subscribe", subscription)

    async def _dial(self) -> WebSocketClient:
        attempt = 0
        while True:
            try:
                return await WebSocketClient.connect(
                    loop_=self._loop, config=self._config, handler=self._on_frame
                )
            except WebSocketClientError as e:
                self._log.warning(f"No connection to {self._url}: {e}")
            await _pause(attempt)
            attempt += 1

    async def _send(
        self, method: Literal["subscribe", "unsubscribe"], subscription: Subscription
    ) -> None:
        if self._client is None:
            return
        try:
            request = SubscriptionRequest(method, subscription)
            await self._client.send_text(msgspec.json.encode(request))
        except WebSocketClientError as e:
            # The connection is going down; when it is back, all that is held is subscribed again.
            self._log.debug(f"Could not {method} {subscription}: {e}")

    async def _stay_connected(self) -> None:
        short_lives = 0
        opened_at = time.monotonic()
        while True:
            await asyncio.sleep(POLL_SECS)
            if self._client is not None and not self._client.is_active():
                self._client = None
                lived_secs = time.monotonic() - opened_at
                self._log.warning(f"Lost the connection to {self._url} after {lived_secs:.1f} s")
                # A venue that accepts and drops at once is not besieged either.
                short_lives = short_lives + 1 if lived_secs < SHORT_LIFE_SECS else 0
                await _pause(short_lives)
                await self._open()
                opened_at = time.monotonic()

    async def _watch_streams(self) -> None:
        while True:
            await asyncio.sleep(self._check_interval_secs)
            if self._client is None:
                continue
            heard, self._heard = self._heard, set()
            silent = self._registry.check(heard, time.monotonic())
            for subscription, remedy in silent:
                self._log.warning(f"Silent stream {subscription}: {remedy.name}")
                if remedy is Remedy.RESUBSCRIBE:
                    await self._resubscribe(subscription)
            client = self._client
            if client is not None and any(remedy is Remedy.RECONNECT for _, remedy in silent):
                await client.disconnect()

    async def _resubscribe(self, subscription: Subscription) -> None:
        async with self._wire:
            if self._registry.holds(subscription.stream):
                self._on_gap(subscription)
                await self._send("unsubscribe", subscription)
                await self._send("subscribe", subscription)

    def _on_frame(self, raw: bytes) -> None:
        # The one boundary of the stream: whatever a frame does to us, the next one is read.
        try:
            message = WS_DECODER.decode(raw)
            if isinstance(message, WsPong):
                return
            if isinstance(message, WsError):
                self._log.error(f"Hyperliquid refused: {message.data}")
            elif isinstance(message, WsSubscriptionResponse):
                self._on_ack(message.data.subscription)
            else:
                self._heard.add(message.stream)
                self._on_message(message)
        except Exception as e:  # noqa: BLE001 - see above
            head = repr(raw[:FRAME_HEAD_CHARS].decode(errors="replace"))
            self._log.exception(f"Could not handle the frame {head}", e)

    def _on_ack(self, subscription: Subscription) -> None:
        if subscription.type not in _PERIODIC:
            self._heard.add(subscription.stream)

    def _report(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log.exception(f"Task {task.get_name()} has ended", error)


async def _pause(attempt: int) -> None:
    chance = random.random()  # noqa: S311 - jitter, not a secret
    delay = backoff_delay_secs(attempt, BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
    await asyncio.sleep(delay)
