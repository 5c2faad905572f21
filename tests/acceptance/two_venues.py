"""One process that trades two loopback venues from the documented profile; it judges nothing."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from nautilus_trader.common.actor import Actor
from nautilus_trader.config import ActorConfig
from nautilus_trader.core.data import Data
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import Bar, BarType, QuoteTick
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.orders import Order

from config.loading import parse_profile
from config.secrets import Secret
from config.settings import Profile, StopSettings, StrategySettings
from config.webhook import TtlSettings
from desk.ending import end_trading
from desk.node import build_node
from desk.webhook import open_profile_inbox, serving_webhook, webhook_app
from simulator.generator import universe as hyperliquid_universe
from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid import VenueOptions as HyperliquidOptions
from simulator.hyperliquid_trading import TradingOptions as HyperliquidTrading
from simulator.synthetix import SynthetixVenue
from simulator.synthetix import VenueOptions as SynthetixOptions
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_listing import universe as synthetix_universe
from simulator.synthetix_trading import TradingOptions as SynthetixTrading
from tests.acceptance.synthetix_run import SUB_ACCOUNT
from tests.acceptance.trading_run import CASH
from tests.acceptance.two_venues_sides import Side
from tests.acceptance.under_test import ADDRESS, KEY
from tests.acceptance.wave_market import Wave
from tests.waiting import eventually
from webhook.inbox import Archive, Outcome, State

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
SECTION = "\n## Both venues in one process\n"
HEDGE = "hedge_eth"
MINUTES = "1-MINUTE-LAST-EXTERNAL"
SECONDS = "1-SECOND-LAST-INTERNAL"
COINS = (("BTC", Decimal(97_000), Decimal(1)), ("ETH", Decimal(3_400), Decimal("0.1")))
SECRET = "canary-4b1d77-0123456789"
POSTS_MAX = 4
"""A busy disk answers 503, "send again"; TradingView does so three times."""
START_SECS = 60.0
EXPIRY_SECS = 4
"""So soon an order that has not arrived is known to be lost; far above what one takes here."""
TTL_SECS = 6
"""For an alert to enter: longer than one takes here, shorter than a venue is away."""
RSI = {"period": 3, "warmup_bars": 4}
"""On bars of a second, so that a wave of the market is two trades."""


class Ear(Actor):
    """Keeps the quotes that came, and bars: those of RSI, and the venue's own of a minute."""

    def __init__(self, bar_types: list[BarType]) -> None:
        super().__init__(ActorConfig(component_id="EAR"))
        names = [_venue(one) for one in bar_types]
        self.quotes: dict[str, list[QuoteTick]] = {name: [] for name in names}
        self.bars: dict[str, list[Bar]] = {name: [] for name in names}
        self.minutes: dict[str, list[Bar]] = {name: [] for name in names}
        self._bar_types = bar_types

    def on_start(self) -> None:
        for bar_type in self._bar_types:
            self.subscribe_quote_ticks(bar_type.instrument_id)
            self.subscribe_bars(bar_type)
            self.subscribe_bars(BarType.from_str(f"{bar_type.instrument_id}-{MINUTES}"))

    def on_stop(self) -> None:
        """Leave everything as it is."""

    def on_quote_tick(self, tick: QuoteTick) -> None:
        self.quotes[tick.instrument_id.venue.value.lower()].append(tick)

    def on_bar(self, bar: Bar) -> None:
        is_own = bar.bar_type.is_externally_aggregated()
        (self.minutes if is_own else self.bars)[_venue(bar.bar_type)].append(bar)

    def on_data(self, data: Data) -> None:
        raise AssertionError(f"Expected quotes and bars alone, came {data!r}")


class TwoVenues:
    """A running node on both."""

    def __init__(
        self, node: TradingNode, sides: dict[str, Side], ear: Ear, url: str, archive: Archive
    ) -> None:
        self.node = node
        self.sides = sides
        self.ear = ear
        self._url = url
        self._archive = archive

    async def alert(self, strategy: str, action: str, id_: str) -> None:
        """Post one alert, as TradingView would, until it is in the inbox."""
        body = {
            "secret": SECRET,
            "strategy": strategy,
            "ticker": "ETH" if strategy == HEDGE else strategy,
            "action": action,
            "id": id_,
        }
        url = f"{self._url}/webhook/tradingview"
        async with aiohttp.ClientSession() as session:
            for _ in range(POSTS_MAX):
                async with session.post(url, json=body) as response:
                    answer = await response.json()
                if response.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    break
        assert (response.status, answer["code"]) in {(200, "accepted"), (200, "duplicate")}, answer

    async def outcome(self, strategy: str, id_: str, timeout_secs: float = 30.0) -> Outcome:
        """Return what became of an alert once nothing more will."""
        key = f"{strategy}:{id_}"
        async with asyncio.timeout(timeout_secs):
            while True:
                trace = await self._archive.trace(key)
                if trace is not None and trace.entry.outcome.state in {State.DONE, State.EXPIRED}:
                    return trace.entry.outcome
                await asyncio.sleep(0.02)

    def orders(self, strategy: str) -> list[Order]:
        """Return the market orders of a strategy, as the node knows them, oldest first."""
        found = [
            order
            for order in self.node.cache.orders()
            if order.strategy_id.value.startswith(f"{strategy}-")
            and order.order_type == OrderType.MARKET
        ]
        return sorted(found, key=lambda order: order.ts_init)

    def filled(self, strategy: str) -> int:
        """Return how many market orders of a strategy have ended with a fill."""
        return sum(one.is_closed and one.filled_qty > 0 for one in self.orders(strategy))

    def is_quiet(self, side: Side) -> bool:
        """Tell whether nothing is under way at a venue and all its positions have stops."""
        moving = any(order.is_inflight for order in self.node.cache.orders(side.here))
        return side.has_stops and not moving and not self.disagreements(side)

    async def lose(self, side: Side, how: str) -> None:
        """Let a venue go away at a moment at which nothing was under way there."""
        async with asyncio.timeout(START_SECS):
            while not self.is_quiet(side):
                await asyncio.sleep(0.001)
            side.leave(how)  # no await in between: neither the node nor the venue gets a turn
        if how != "hang":
            await side.drop()

    def disagreements(self, side: Side) -> dict[str, tuple[Any, Any]]:
        """Return in what the node's books of a venue differ from the venue's: here, there."""
        cache = self.node.cache
        books = {
            "positions": (
                sorted(one.signed_decimal_qty() for one in cache.positions_open(side.here)),
                side.sizes,
            ),
            "resting": (
                sorted(str(order.venue_order_id) for order in cache.orders_open(side.here)),
                sorted(str(oid) for oid in side.ledger.live),
            ),
            "fills": (
                Counter(
                    (str(event.venue_order_id), event.last_qty.as_decimal())
                    for order in cache.orders(side.here)
                    for event in order.events
                    if isinstance(event, OrderFilled)
                ),
                Counter((str(fill.oid), fill.size) for fill in side.ledger.fills),
            ),
            "under way": (cache.orders_inflight(side.here), []),
        }
        return {what: pair for what, pair in books.items() if pair[0] != pair[1]}

    async def are_protected(self, *sides: Side, timeout_secs: float = 10.0) -> None:
        """Wait until each position has its stop at the venue; fail with what there is."""
        try:
            await eventually(lambda: all(side.has_stops for side in sides), timeout_secs)
        except TimeoutError:
            found = {side.name: (side.sizes, [stop.size for stop in side.stops]) for side in sides}
            raise AssertionError(f"Expected a stop for each position, was {found}") from None

    async def agree(self, timeout_secs: float = 30.0) -> None:
        """Wait until both books of each venue are the same; fail with what differs."""
        try:
            await eventually(
                lambda: not any(map(self.disagreements, self.sides.values())), timeout_secs
            )
        except TimeoutError:
            found = {name: self.disagreements(side) for name, side in self.sides.items()}
            raise AssertionError(f"Expected the same books, was {found}") from None


@asynccontextmanager
async def two_venues(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwoVenues]:
    """Run a node on both until its strategies run; at the end all that it holds is closed."""
    for name in ("HYPERLIQUID", "SYNTHETIX"):
        monkeypatch.setenv(f"PERPDESK_{name}_PRIVATE_KEY", KEY)
    start_ms = time.time_ns() // 1_000_000
    accounts = ((ADDRESS, CASH),)
    hyperliquid = HyperliquidVenue(
        HyperliquidOptions(weight_per_minute=0, trading=HyperliquidTrading(accounts=accounts)),
        Wave(hyperliquid_universe(), COINS, start_ms),
    )
    synthetix = SynthetixVenue(
        SynthetixOptions(),
        Wave(synthetix_universe(), COINS, start_ms),
        open_trading=trading_opener(SynthetixTrading(accounts=accounts)),
    )
    async with hyperliquid.running(), synthetix.running():
        sides = {
            "hyperliquid": Side("hyperliquid", hyperliquid, ADDRESS),
            "synthetix": Side("synthetix", synthetix, SUB_ACCOUNT),
        }
        profile = profile_on(sides, folder)
        assert profile.webhook is not None
        inbox = open_profile_inbox(profile, str(folder / "alerts.sqlite"))
        node = build_node(profile, folder / "logs", inbox)
        ear = Ear([_bar_type(one) for one in profile.strategies if one.strategy == "rsi"])
        node.trader.add_actor(ear)
        app = webhook_app(profile, inbox, Secret(SECRET))
        async with serving_webhook(profile.webhook, app) as url:
            task = asyncio.create_task(node.run_async(), name="node")
            try:
                await eventually(lambda: node.trader.is_running or task.done(), START_SECS)
                assert node.trader.is_running
                yield TwoVenues(node, sides, ear, url, inbox)
                assert await end_trading(node, profile.on_stop) == []
            finally:
                await node.stop_async()
                await task
                await inbox.close()


def profile_on(sides: dict[str, Side], folder: Path) -> Profile:
    """Return the profile of the page, on venues of this machine and in a hurry."""
    text = PAGE.read_text().split(SECTION)[1].split("```toml\n")[1].split("```")[0]
    profile = parse_profile(text.encode(), "two.toml")
    assert profile.webhook is not None
    venues = {
        name: msgspec.structs.replace(
            profile.venues[name],
            network="loopback",
            base_url_http=side.venue.http_url,
            base_url_ws=side.venue.ws_url,
            expires_after_secs=EXPIRY_SECS,
            state_directory=str(folder / f"state-{name}"),
        )
        for name, side in sides.items()
    }
    webhook = msgspec.structs.replace(
        profile.webhook,
        port=0,
        rate_per_minute=0,
        allow=("127.0.0.1",),
        trusted_proxies=(),
        ttl={HEDGE: TtlSettings(entry_secs=Decimal(TTL_SECS))},
        tickers={
            "eth_hyperliquid": "ETH-USD-PERP.HYPERLIQUID",
            "eth_synthetix": "ETH-USDT-PERP.SYNTHETIX",
        },
    )
    return msgspec.structs.replace(
        profile,
        environment="testnet",
        venues=venues,
        webhook=webhook,
        strategies=tuple(map(_hurried, profile.strategies)),
        on_stop=StopSettings(close_positions=True),
    )


def _hurried(settings: StrategySettings) -> StrategySettings:
    if settings.strategy != "rsi":
        return settings
    bar_type = settings.parameters["bar_type"].replace(
        "MINUTE-LAST-EXTERNAL", "SECOND-LAST-INTERNAL"
    )
    changed: dict[str, Any] = {"bar_type": bar_type, **RSI}
    return msgspec.structs.replace(settings, parameters=settings.parameters | changed)


def _bar_type(settings: StrategySettings) -> BarType:
    return BarType.from_str(settings.parameters["bar_type"])


def _venue(bar_type: BarType) -> str:
    return bar_type.instrument_id.venue.value.lower()
