"""A real node with our Synthetix clients, trading at a loopback venue; see `trading_run`."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.identifiers import InstrumentId

from adapters.synthetix import (
    SynthetixDataClientConfig,
    SynthetixExecClientConfig,
    SynthetixLiveDataClientFactory,
    SynthetixLiveExecClientFactory,
)
from simulator.clock import Clock
from simulator.events import Source
from simulator.generator import Generator
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_directory import FIRST_SUB_ACCOUNT
from simulator.synthetix_news import FIRST_TRADE
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.trading_run import CASH, Run, node_on
from tests.acceptance.under_test import (
    ADDRESS,
    KEY,
    KEY_VARIABLE,
    LOSS_SECS,
    PROVIDER,
    Adapter,
    Clients,
)

BTC = InstrumentId.from_str("BTC-USDT-PERP.SYNTHETIX")
ETH = InstrumentId.from_str("ETH-USDT-PERP.SYNTHETIX")
SUB_ACCOUNT = str(FIRST_SUB_ACCOUNT)


@asynccontextmanager
async def synthetix_clients(
    venue: SynthetixVenue,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    key: str = KEY,
    **settings: Any,  # noqa: ANN401 (those of the execution client)
) -> AsyncIterator[Clients]:
    """Make ours."""
    monkeypatch.setenv(KEY_VARIABLE, key)
    addresses: dict[str, Any] = {"base_url_http": venue.http_url, "base_url_ws": venue.ws_url}
    yield Clients(
        SynthetixDataClientConfig(
            **addresses,
            instrument_provider=PROVIDER,
            private_key_env=KEY_VARIABLE,
            subaccount_id=settings.get("subaccount_id"),
        ),
        SynthetixLiveDataClientFactory,
        SynthetixExecClientConfig(
            **addresses,
            instrument_provider=PROVIDER,
            private_key_env=KEY_VARIABLE,
            state_directory=str(state),
            **({"absence_grace_ms": 1_000} | settings),
        ),
        SynthetixLiveExecClientFactory,
    )


def signed_action(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a signed request does, by WebSocket or REST; None if it only asks."""
    params = body.get("params", {})
    is_action = "signature" in params or "signature" in body
    is_question = not is_action or str(params.get("action", "get")).startswith("get")
    return None if is_question else params


SYNTHETIX = Adapter(
    name="synthetix",
    build=synthetix_clients,
    settings={"post_timeout_secs": LOSS_SECS, "expires_after_secs": 2},
    last_stream="subAccountUpdates",
    modify="modifyOrder",
    look_up="getOpenOrders",
    has_venue_trade_ids=True,
    has_parameters=False,
    is_shared=True,
    client="SYNTHETIX",
    account=SUB_ACCOUNT,
    instrument_id=BTC,
    currency=USDT,
    name_of=str,
    first_trade=FIRST_TRADE,
    action_of=signed_action,
)


@asynccontextmanager
async def synthetix_venue(
    *,
    source: Source | None = None,
    clock: Clock | None = None,
    trading: TradingOptions | None = None,
    **options: Any,  # noqa: ANN401 (those of VenueOptions)
) -> AsyncIterator[SynthetixVenue]:
    """Run a venue with one funded account."""
    opened = trading or TradingOptions(accounts=((ADDRESS, CASH),))
    settings = VenueOptions(**options)
    start_ms = settings.start_ms or time.time_ns() // 1_000_000
    market = source or Generator(5, start_ms, settings.speed, 60)
    venue = SynthetixVenue(settings, market, clock, trading_opener(opened))
    async with venue.running():
        yield venue


@asynccontextmanager
async def trading(
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    venue: dict[str, Any] | None = None,
    **settings: Any,  # noqa: ANN401 (those of the execution client)
) -> AsyncIterator[Run]:
    """Run a node on a venue of its own."""
    async with (
        synthetix_venue(**(venue or {})) as loopback,
        node_on(
            loopback,
            state,
            monkeypatch,
            adapter=SYNTHETIX,
            **settings,
        ) as run,
    ):
        yield run
