"""A loopback Synthetix: /v1/info, /v1/trade, /v1/ws over a made-up or replayed market, real wire.

Accounts and orders are the trading half's, which is handed in (synthetix_seam.py).
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulator.catching_up import catch_up
from simulator.clock import Clock, WallClock
from simulator.events import Source
from simulator.generator import Generator
from simulator.loopback import Loopback
from simulator.loopback_options import LoopbackOptions, open_source
from simulator.market import Market
from simulator.received import RECEIVED_MAX, Received
from simulator.reception import Reception
from simulator.server import HOST
from simulator.synthetix_answers import Refusal
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_floor import Floor
from simulator.synthetix_front import Front
from simulator.synthetix_http import Routes
from simulator.synthetix_limits import IP_TOKENS
from simulator.synthetix_listing import HISTORY_MINUTES, LEVELS, LISTED, universe
from simulator.synthetix_seam import News, NoTrading, OpenTrading
from simulator.synthetix_streams import Streams
from simulator.synthetix_wording import REACH, SynthetixWording
from simulator.synthetix_ws import Client, Hub, Limits

RECENT_TRADES = 100
"""getLastTrades answers with no more (fact sheet 4)."""
BOOKS_PER_SECOND_MAX = 20
"""A book comes no more often in wall time, however fast the venue's time runs."""


class VenueOptions(LoopbackOptions, frozen=True, kw_only=True):
    """How this venue is set up.

    `ip_tokens` is what an address may spend in 10 s (0 is no limit), `limits` what it may hold
    open. With `require_user_agent` a request without one is refused (fact sheet 12). `dialect` is
    how it speaks where the sources disagree.
    """

    history_minutes: int = HISTORY_MINUTES
    ip_tokens: int = IP_TOKENS
    limits: Limits = Limits()
    require_user_agent: bool = False
    dialect: Dialect = Dialect()


class SynthetixVenue:
    """A loopback venue; `running()` makes it listen.

    Parameters
    ----------
    options : VenueOptions
        The set-up.
    source : Source, optional
        The market; without one `options.replay` is replayed or a market is made up from the seed.
    clock : Clock, optional
        The venue's time; wall time at `options.speed` by default.
    open_trading : OpenTrading, optional
        Opens the trading half; by default there is none and every order is refused.

    Raises
    ------
    OSError
        The fault file cannot be read.
    ValueError
        The fault file is none, or the recording.
    """

    def __init__(
        self,
        options: VenueOptions,
        source: Source | None = None,
        clock: Clock | None = None,
        open_trading: OpenTrading = lambda _market, _start_ms: NoTrading(),
    ) -> None:
        self._source = source or _source(options)
        self.clock = clock or WallClock(self._source.start_ms, options.speed)
        self.market = Market(self._source, RECENT_TRADES)
        self.trading = open_trading(self.market, self._source.start_ms)
        self.trading.on_news = self._tell
        self.floor = Floor(self.market, self.trading, options.dialect)
        self.received: deque[Received] = deque(maxlen=RECEIVED_MAX)
        self._front = Front(self.floor, self._seeming_ms, options.ip_tokens, options.seed)
        self._wording = SynthetixWording(self.floor, self._front.wrap)
        self._loopback = Loopback(options, REACH, self.clock, self._wording)
        self._border = self._loopback.border
        self.faults = self._border.faults
        least_ms = int(options.speed * 1000 / BOOKS_PER_SECOND_MAX)
        self._streams = Streams(self.floor, self.clock.now_ms, least_ms)
        self._reception: Reception[Client] = Reception(
            self._border, options.limits.connections or None
        )
        self._hub = Hub(
            self._border,
            self._reception,
            options.limits,
            self._streams,
            self.floor.symbols,
            self._authenticate,
            self._front.serve_posted,
            self._note_frame,
        )
        self._hub.needs_user_agent = options.require_user_agent
        self._routes = Routes(
            self._front,
            self._border,
            self._hub,
            self.floor,
            self._seeming_ms,
            self.received,
            needs_user_agent=options.require_user_agent,
        )

    @property
    def port(self) -> int:
        """Return the TCP port; the one that was asked for until the venue listens."""
        return self._loopback.port

    @property
    def http_url(self) -> str:
        """Return the base of /info, /trade and /status."""
        return f"http://{HOST}:{self.port}/v1"

    @property
    def ws_url(self) -> str:
        """Return the base of /info and /trade, where WebSocket clients connect."""
        return f"ws://{HOST}:{self.port}/v1/ws"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["SynthetixVenue"]:
        """Listen, and let the venue's time run; nothing is left listening afterwards.

        Raises
        ------
        OSError
            The port is taken, or the log cannot be written.
        """
        app = self._routes.app(self._loopback.control_routes(self._reception.close))
        async with self._loopback.running(app, self.advance):
            yield self

    async def wait(self) -> None:
        """Wait until cancelled, or until the market fails; raise what it failed of."""
        await self._loopback.wait()

    def advance(self) -> None:
        """Take in and send out what happened up to now; the venue does it by itself, too."""
        now_ms = self.clock.now_ms()
        catch_up(now_ms, self._source, self.market, self.trading, self._streams.publish)
        self._streams.advance()

    def _tell(self, news: News) -> None:
        """Send what happened to accounts; their trades are the market's, too."""
        for event in news.account_events:
            self._streams.publish_account(event)
        for liquidation in news.liquidations:
            self._streams.publish_liquidation(liquidation)
        for trades in news.trades:
            for change in self.market.apply(trades):
                self._streams.publish(change)

    # What a test does to the venue.

    async def drop_connections(self) -> None:
        """Cut every WebSocket connection without a close frame."""
        await self._loopback.drop_connections(self._reception.tasks)

    def refuse_connections(self, refused: bool = True) -> None:
        """Answer new WebSocket connections with HTTP 503, or take them again."""
        self._reception.refusing = refused

    def mute(self, kind: str, symbol: str = "") -> None:
        """Let a feed fall silent, its snapshots too, while its subscriptions stay."""
        self._streams.muted.add((kind, symbol))

    def unmute(self, kind: str, symbol: str = "") -> None:
        """Let a feed be heard again."""
        self._streams.muted.discard((kind, symbol))

    def set_maintenance(self, message: str | None) -> None:
        """Begin maintenance with these words, or end it with None."""
        self.floor.maintenance = message

    def set_status(self, symbol: str, *, is_open: bool, close_only: bool = False) -> None:
        """Open or close a market, or let positions in it only be reduced."""
        self.market.universe.set_delisted(self.floor.markets[symbol].coin, delisted=not is_open)
        self.floor.close_only.discard(symbol)
        if close_only:
            self.floor.close_only.add(symbol)
        self._refresh()

    def add_coin(self, coin: str, sz_decimals: int, max_leverage: int) -> None:
        """List a new perp; its market is empty until the source tells of it."""
        self.market.universe.add_perp(coin, sz_decimals, max_leverage)
        self._refresh()

    def _refresh(self) -> None:
        self.market.refresh()
        self.floor.refresh()
        self._streams.refresh()
        self.trading.refresh(self.clock.now_ms(), frozenset(self.floor.close_only))

    def _authenticate(self, message: str, signature: str) -> str | Refusal:
        return self.trading.authenticate(message, signature, self._seeming_ms())

    def _seeming_ms(self) -> int:
        """Return the venue's time as it seems to the request that is answered now."""
        return self.clock.now_ms() + self._wording.skew_ms

    def _note_frame(self, body: object, connection: int) -> None:
        self.received.append(Received("ws", body, connection))
        self._border.note_heard(connection, body)


def _source(options: VenueOptions) -> Source:
    return open_source(
        options,
        lambda start_ms: Generator(
            options.seed,
            start_ms,
            options.speed,
            options.history_minutes,
            coins=LISTED,
            listed=universe(),
            levels=LEVELS,
        ),
    )
