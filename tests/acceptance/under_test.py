"""The adapters that the execution cases are run over: ours, and the one that Nautilus brings."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from eth_account import Account as EthAccount
from nautilus_trader.adapters.hyperliquid.config import HyperliquidDataClientConfig as TheirData
from nautilus_trader.adapters.hyperliquid.config import HyperliquidExecClientConfig as TheirExec
from nautilus_trader.adapters.hyperliquid.factories import (
    HyperliquidLiveDataClientFactory as TheirDataFactory,
)
from nautilus_trader.adapters.hyperliquid.factories import (
    HyperliquidLiveExecClientFactory as TheirExecFactory,
)
from nautilus_trader.config import (
    InstrumentProviderConfig,
    LiveDataClientConfig,
    LiveExecClientConfig,
)
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.live.factories import LiveDataClientFactory, LiveExecClientFactory
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Currency

from adapters.hyperliquid import (
    HyperliquidDataClientConfig,
    HyperliquidExecClientConfig,
    HyperliquidLiveDataClientFactory,
    HyperliquidLiveExecClientFactory,
)
from adapters.hyperliquid.account_news import USER_STREAMS
from adapters.hyperliquid.orders import cloid_from_client_order_id
from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid_user_wire import FIRST_TID
from tests.acceptance.door import door_to

KEY = "0x" + "01" * 32
KEY_VARIABLE = "PERPDESK_TEST_KEY"
ADDRESS: str = EthAccount.from_key(KEY).address.lower()
BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
LOSS_SECS = 1
"""After so long without an answer its outcome is unknown: what is lost shall be found soon."""

PROVIDER = InstrumentProviderConfig(load_all=True)
TESTNET = nautilus_pyo3.HyperliquidEnvironment.TESTNET


class Clients(msgspec.Struct, frozen=True):
    """What a node is built of."""

    data: LiveDataClientConfig
    data_factory: type[LiveDataClientFactory]
    execution: LiveExecClientConfig
    exec_factory: type[LiveExecClientFactory]


type Build = Callable[..., AbstractAsyncContextManager[Clients]]


def posted_action(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the action in a Hyperliquid post."""
    request: dict[str, Any] = body.get("request", {})
    return request["payload"]["action"] if request.get("type") == "action" else None


class Adapter(msgspec.Struct, frozen=True):
    """An adapter, and in what the cases must know it from another.

    Parameters
    ----------
    name
        To tell it from another.
    build
        Makes its clients for a venue, a folder of state and settings of the execution client.
    settings
        Those that make it find out soon what was lost.
    last_stream
        What it subscribes last for its account on a new connection.
    modify, look_up
        The action that it modifies by, and the question by which it looks for a lost order.
    has_venue_trade_ids
        Whether its fills are named by the venue's `tid`.
    has_parameters
        Whether it takes parameters of its own with an order.
    is_shared
        Whether the cases of a file may share a node: one that failed must not befall the next.
    client
        The name of its clients in a node.
    account
        What the venue's engine calls its account.
    instrument_id
        What the cases trade.
    currency
        What its balance is told in.
    name_of
        What the venue calls an order, from its client order id.
    first_trade
        What the venue adds to the engine's number of a trade.
    action_of
        The action in what the venue has heard; None if it is none.

    """

    name: str
    build: Build
    settings: dict[str, object]
    last_stream: str
    modify: str
    look_up: str
    has_venue_trade_ids: bool
    has_parameters: bool
    is_shared: bool
    client: str = "HYPERLIQUID"
    account: str = ADDRESS
    instrument_id: InstrumentId = BTC
    currency: Currency = USDC
    name_of: Callable[[str], str] = cloid_from_client_order_id
    first_trade: int = FIRST_TID
    action_of: Callable[[dict[str, Any]], dict[str, Any] | None] = posted_action


@asynccontextmanager
async def our_clients(
    venue: HyperliquidVenue,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    **settings: Any,  # noqa: ANN401 (those of the execution client)
) -> AsyncIterator[Clients]:
    """Make ours."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    addresses: dict[str, Any] = {"base_url_http": venue.http_url, "base_url_ws": venue.ws_url}
    yield Clients(
        HyperliquidDataClientConfig(**addresses, instrument_provider=PROVIDER),
        HyperliquidLiveDataClientFactory,
        HyperliquidExecClientConfig(
            testnet=True,
            **addresses,
            instrument_provider=PROVIDER,
            private_key_env=KEY_VARIABLE,
            state_directory=str(state),
            **({"absence_grace_ms": 1_000} | settings),
        ),
        HyperliquidLiveExecClientFactory,
    )


@asynccontextmanager
async def their_clients(
    venue: HyperliquidVenue,
    _state: Path,
    monkeypatch: pytest.MonkeyPatch,
    **settings: Any,  # noqa: ANN401 (those of the execution client)
) -> AsyncIterator[Clients]:
    """Make Nautilus's Python clients, unmodified; what the settings lack goes through a proxy."""
    async with door_to(venue.http_url) as door:
        monkeypatch.setenv("SSL_CERT_FILE", str(door.authority))
        common: dict[str, Any] = {
            "environment": TESTNET,
            "base_url_ws": venue.ws_url,
            "proxy_url": door.proxy_url,
            "instrument_provider": PROVIDER,
        }
        yield Clients(
            TheirData(**common),
            TheirDataFactory,
            TheirExec(private_key=KEY, **common, **settings),
            TheirExecFactory,
        )


OURS = Adapter(
    name="ours",
    build=our_clients,
    settings={"post_timeout_secs": LOSS_SECS, "expires_after_secs": 2},
    last_stream=USER_STREAMS[-1],
    modify="batchModify",
    look_up="orderStatus",
    has_venue_trade_ids=True,
    has_parameters=True,
    is_shared=True,
)
NAUTILUS = Adapter(
    name="nautilus",
    build=their_clients,
    settings={"ws_post_timeout_secs": LOSS_SECS},
    last_stream="userEvents",
    modify="modify",
    look_up="frontendOpenOrders",
    has_venue_trade_ids=False,
    has_parameters=False,
    is_shared=False,
)
