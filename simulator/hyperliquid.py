"""A loopback Hyperliquid: /info, /exchange and /ws over a made-up or replayed market, real wire.

What trades in it is the exchange engine, seated in hyperliquid_trading.py.
"""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from simulator.border import readable
from simulator.catching_up import catch_up
from simulator.clock import Clock, WallClock
from simulator.events import Source, Trades
from simulator.generator import Generator
from simulator.hyperliquid_faults import REACH
from simulator.hyperliquid_front import Front
from simulator.hyperliquid_news import News
from simulator.hyperliquid_trading import Trading, TradingOptions
from simulator.hyperliquid_user_feeds import STATE_EVERY_MS
from simulator.hyperliquid_wording import HyperliquidWording
from simulator.hyperliquid_ws import Connection, Hub, Limits
from simulator.loopback import Loopback
from simulator.loopback_options import LoopbackOptions, open_source
from simulator.market import RECENT_TRADES, Market
from simulator.received import RECEIVED_MAX, Received
from simulator.reception import Reception
from simulator.server import HOST

PERIODIC_MS = 1_000
PERIODICS_PER_SECOND_MAX = 20
"""allMids and allDexsAssetCtxs come every second, but no more often in wall time than this."""


class VenueOptions(LoopbackOptions, frozen=True, kw_only=True):
    """How this venue is set up.

    The limits are those of one IP address (fact sheet 6.7 and 7); a weight of 0 is no limit.
    `trading` says who has an account, `recent_trades` what a new subscriber to trades begins with
    (10 i).
    """

    weight_per_minute: int = 1_200
    connections_max: int = 100
    subscriptions_max: int = 1_000
    users_max: int = 10
    idle_close_secs: float = 60.0
    recent_trades: int = RECENT_TRADES
    trading: TradingOptions = TradingOptions()


class HyperliquidVenue:
    """A loopback venue; `running()` makes it listen.

    Parameters
    ----------
    options : VenueOptions
        The set-up.
    source : Source, optional
        The market; without one `options.replay` is replayed or a market is made up from the seed.
    clock : Clock, optional
        The venue's time; wall time at `options.speed` by default.

    Raises
    ------
    OSError
        The fault file cannot be read.
    ValueError
        The fault file is none, or the recording.
    """

    def __init__(
        self, options: VenueOptions, source: Source | None = None, clock: Clock | None = None
    ) -> None:
        self._options = options
        self._source = source or _source(options)
        self.clock = clock or WallClock(self._source.start_ms, options.speed)
        self.market = Market(self._source, options.recent_trades)
        self.trading = Trading(self.market, options.trading, self._source.start_ms)
        self.trading.on_news = self._tell
        self.received: deque[Received] = deque(maxlen=RECEIVED_MAX)
        wording = HyperliquidWording(self.clock.now_ms, self._coin_name, self.expire_agent)
        self._loopback = Loopback(options, REACH, self.clock, wording)
        self._border = self._loopback.border
        self.faults = self._border.faults
        self._reception: Reception[Connection] = Reception(self._border, options.connections_max)
        self._front = Front(
            self.trading, self.clock.now_ms, options.weight_per_minute, options.speed
        )
        self.failures = self._front.failures
        self._hub = Hub(
            self.trading,
            self.clock.now_ms,
            _limits(options),
            self._border,
            self._reception,
            {"info": self._front.info, "action": self._front.exchange},
            self._note_frame,
        )
        self._next_periodic_ms = 0
        self._next_state_ms = self._source.start_ms + STATE_EVERY_MS

    @property
    def port(self) -> int:
        """Return the TCP port; the one that was asked for until the venue listens."""
        return self._loopback.port

    @property
    def http_url(self) -> str:
        """Return the base of /info and /exchange."""
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Return where WebSocket clients connect."""
        return f"ws://{HOST}:{self.port}/ws"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HyperliquidVenue"]:
        """Listen, and let the venue's time run; nothing is left listening afterwards.

        Raises
        ------
        OSError
            The port is taken, or the log cannot be written.
        """
        async with self._loopback.running(self._app(), self.advance):
            yield self

    async def wait(self) -> None:
        """Wait until cancelled, or until the market fails; raise what it failed of."""
        await self._loopback.wait()

    def advance(self) -> None:
        """Take in and send out what happened up to now; the venue does it by itself, too."""
        now_ms = self.clock.now_ms()
        catch_up(now_ms, self._source, self.market, self.trading, self._hub.publish)
        least_ms = self._options.speed * 1000 / PERIODICS_PER_SECOND_MAX
        if now_ms >= self._next_periodic_ms:
            self._next_periodic_ms = now_ms + int(max(PERIODIC_MS, least_ms))
            self._hub.publish_periodic()
        if now_ms >= self._next_state_ms:
            self._next_state_ms = now_ms + int(max(STATE_EVERY_MS, least_ms))
            self._hub.show_states(again=True)

    def _tell(self, news: Sequence[News], trades: Sequence[Trades]) -> None:
        """Send what happened to accounts; their trades are the market's, too."""
        self._hub.tell(news)
        for event in trades:
            for change in self.market.apply(event):
                self._hub.publish(change)

    # What a test does to the venue.

    async def drop_connections(self) -> None:
        """Cut every WebSocket connection without a close frame."""
        await self._loopback.drop_connections(self._reception.tasks)

    def refuse_connections(self, refused: bool = True) -> None:
        """Answer new WebSocket connections with HTTP 503, or take them again."""
        self._reception.refusing = refused

    def mute(self, channel: str, coin: str = "") -> None:
        """Let a feed fall silent, its snapshots too, while its subscriptions stay."""
        self._hub.muted.add((channel, coin))

    def unmute(self, channel: str, coin: str = "") -> None:
        """Let a feed be heard again."""
        self._hub.muted.discard((channel, coin))

    def set_status(self, coin: str, *, delisted: bool) -> None:
        """Delist a perp or list it again."""
        self.market.universe.set_delisted(coin, delisted=delisted)
        self._refresh()

    def add_coin(self, coin: str, sz_decimals: int, max_leverage: int) -> None:
        """List a new perp; its market is empty until the source tells of it."""
        self.market.universe.add_perp(coin, sz_decimals, max_leverage)
        self._refresh()

    def _refresh(self) -> None:
        self.market.refresh()
        self.trading.refresh(self.clock.now_ms())

    def fail_next_info(self, status: int, body: str, count: int = 1) -> None:
        """Answer the next `count` info requests with a status and a plain text instead."""
        self._front.fail_next_info(status, body, count)

    def expire_agent(self, address: str = "") -> None:
        """Let an agent stop to exist; "" is every agent."""
        directory = self.trading.directory
        for agent in list(directory.agents.values()):
            if address.lower() in {"", agent.address}:
                directory.forget_agent(agent)

    def _app(self) -> Starlette:
        routes = [
            Route("/info", self._serve_info, methods=["POST"]),
            Route("/exchange", self._serve_exchange, methods=["POST"]),
            WebSocketRoute("/ws", self._hub.serve),
        ]
        return Starlette(routes=[*routes, *self._loopback.control_routes(self._reception.close)])

    async def _serve_info(self, request: Request) -> Response:
        body = await request.body()
        self.received.append(Received("info", readable(body)))
        return await self._border.answer(
            "info", body, self._front.info, request.client, action=False
        )

    async def _serve_exchange(self, request: Request) -> Response:
        body = await request.body()
        self.received.append(Received("exchange", readable(body)))
        return await self._border.answer(
            "exchange", body, self._front.exchange, request.client, action=True
        )

    def _coin_name(self, asset: int) -> str:
        listings = self.market.universe.listings.values()
        return next((listing.coin for listing in listings if listing.asset == asset), "")

    def _note_frame(self, body: object, connection: int) -> None:
        self.received.append(Received("ws", body, connection))
        self._border.note_heard(connection, body)


def _source(options: VenueOptions) -> Source:
    return open_source(
        options,
        lambda start_ms: Generator(options.seed, start_ms, options.speed, options.history_minutes),
    )


def _limits(options: VenueOptions) -> Limits:
    return Limits(
        options.subscriptions_max,
        options.users_max,
        options.idle_close_secs,
    )
