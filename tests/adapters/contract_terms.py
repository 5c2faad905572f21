"""In what the cases of the contract must know one venue from the other; its words, no behavior."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from nautilus_trader.live.factories import LiveExecClientFactory
from nautilus_trader.model.currencies import USDC, USDT
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Currency

from adapters import hyperliquid, synthetix
from simulator.fault_rules import On
from simulator.generator import universe as hyperliquid_universe
from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid import VenueOptions as HyperliquidOptions
from simulator.received import Received
from simulator.synthetix import SynthetixVenue
from simulator.synthetix import VenueOptions as SynthetixOptions
from simulator.synthetix_listing import universe as synthetix_universe
from simulator.synthetix_trading import TradingOptions
from simulator.universe import Universe
from tests.acceptance.synthetix_run import SYNTHETIX as SYNTHETIX_ADAPTER
from tests.acceptance.synthetix_run import synthetix_venue
from tests.acceptance.trading_run import CASH, venue_of
from tests.acceptance.under_test import ADDRESS, OURS, Adapter
from tests.adapters.hyperliquid.bench import client_of as hyperliquid_data
from tests.adapters.synthetix.bench import client_of as synthetix_data

type Venue = HyperliquidVenue | SynthetixVenue
type Heard = dict[str, Any]


class Terms(msgspec.Struct, frozen=True):
    """One venue and our adapter of it.

    Attributes
    ----------
    name
        As a test's id says it.
    adapter
        How a node is built.
    instrument_id, market, stranger_id, currency
        Its bitcoin perpetual, by Nautilus's name and the venue's, one it has not, and what that
        settles in.
    ticks
        Steps of price and of size, the least value of an order, and the venue's fee rates of maker
        and taker, as published.
    open_venue
        Runs a venue with a funded account; takes a `source` of market data.
    universe
        What a venue fed by hand lists.
    open_market, open_data
        Runs a venue of a made-up market at so many times the speed; a data client on one.
    place, cancel, modify
        What its actions are called.
    action_of, count_canceled
        The action of what the venue has received, or None; how many orders a cancel names.
    look_up
        Where and by which question it is asked for an order.
    account_channels, account_streams
        The frames that tell of an account, and what they are subscribed as.
    streams
        What the feeds of quotes, deltas, trades, bars and marks are subscribed as.
    trades_channel
        The frames of trades.
    connection_of
        Returns the connection by which an execution client sends.
    governor, window_secs
        Where its rate limit is made, and over which time it is counted.
    set_leverage
        Makes the command.
    soon_sure
        The settings by which nothing of an earlier process counts as under way for long.
    exec_factory
        Builds its execution client.
    """

    name: str
    adapter: Adapter
    instrument_id: InstrumentId
    market: str
    stranger_id: InstrumentId
    currency: Currency
    ticks: tuple[Decimal, Decimal, Decimal, Decimal, Decimal]
    open_venue: Callable[..., AbstractAsyncContextManager[Venue]]
    universe: Callable[[], Universe]
    open_market: Callable[[float], AbstractAsyncContextManager[Venue]]
    open_data: Callable[..., AbstractAsyncContextManager[Any]]
    place: str
    cancel: str
    modify: str
    action_of: Callable[[Received], Heard | None]
    count_canceled: Callable[[Heard], int]
    look_up: tuple[On, str]
    account_channels: tuple[str, ...]
    account_streams: tuple[str, ...]
    streams: dict[str, str]
    trades_channel: str
    connection_of: Callable[[Any], Any]
    governor: str
    window_secs: float
    set_leverage: Callable[[InstrumentId, int], object]
    soon_sure: dict[str, int]
    exec_factory: type[LiveExecClientFactory]


def _hyperliquid_action(received: Received) -> Heard | None:
    body = received.body if isinstance(received.body, dict) else {}
    if received.kind == "exchange":
        return {"name": body["action"]["type"], **body["action"]}
    request = body.get("request", {}) if received.kind == "ws" else {}
    if request.get("type") != "action":
        return None
    action: Heard = request["payload"]["action"]
    return {"name": action["type"], **action}


def _synthetix_action(received: Received) -> Heard | None:
    body = received.body if isinstance(received.body, dict) else {}
    is_post = received.kind == "ws" and body.get("method") == "post"
    params = body.get("params", {}) if is_post or received.kind == "trade" else {}
    name = str(params.get("action", "get"))
    return None if name.startswith("get") else {"name": name, **params}


HYPERLIQUID = Terms(
    name="hyperliquid",
    adapter=OURS,
    instrument_id=InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID"),
    market="BTC",
    stranger_id=InstrumentId.from_str("NONE-USD-PERP.HYPERLIQUID"),
    currency=USDC,
    ticks=(Decimal("0.1"), Decimal("0.00001"), Decimal(10), Decimal("0.00015"), Decimal("0.00045")),
    open_venue=venue_of,
    universe=hyperliquid_universe,
    open_market=lambda speed: HyperliquidVenue(
        HyperliquidOptions(seed=7, speed=speed, history_minutes=60, weight_per_minute=0)
    ).running(),
    open_data=hyperliquid_data,
    place="order",
    cancel="cancelByCloid",
    modify="batchModify",
    action_of=_hyperliquid_action,
    count_canceled=lambda action: len(action["cancels"]),
    look_up=("info", "orderStatus"),
    account_channels=("orderUpdates", "userFills", "openOrders"),
    account_streams=("orderUpdates", "userFills", "userEvents", "openOrders"),
    streams={
        "quotes": "bbo", "deltas": "l2Book", "trades": "trades", "bars": "candle",
        "marks": "activeAssetCtx",
    },
    trades_channel="trades",
    connection_of=lambda client: client._rooms.ws,
    governor="adapters.hyperliquid.factories.address_governor",
    window_secs=60.0,
    set_leverage=lambda instrument_id, leverage: hyperliquid.SetLeverage(
        instrument_id, leverage, is_isolated=False
    ),
    soon_sure={"absence_grace_ms": 500},
    exec_factory=hyperliquid.HyperliquidLiveExecClientFactory,
)  # fmt: skip

SYNTHETIX = Terms(
    name="synthetix",
    adapter=SYNTHETIX_ADAPTER,
    instrument_id=InstrumentId.from_str("BTC-USDT-PERP.SYNTHETIX"),
    market="BTC-USDT",
    stranger_id=InstrumentId.from_str("NONE-USDT-PERP.SYNTHETIX"),
    currency=USDT,
    ticks=(Decimal(1), Decimal("0.00001"), Decimal(10), Decimal("0.0002"), Decimal("0.0005")),
    open_venue=partial(
        synthetix_venue,
        trading=TradingOptions(accounts=((ADDRESS, CASH),), tokens=0),
        ip_tokens=0,
    ),
    universe=synthetix_universe,
    open_market=lambda speed: SynthetixVenue(
        SynthetixOptions(seed=7, speed=speed, history_minutes=60, ip_tokens=0)
    ).running(),
    open_data=partial(synthetix_data, status_interval_secs=0.2, funding_interval_secs=0.2),
    place="placeOrders",
    cancel="cancelOrders",
    modify="modifyOrder",
    action_of=_synthetix_action,
    count_canceled=lambda action: len(action.get("orderIds") or action["clientOrderIds"]),
    look_up=("trade", "getOpenOrders"),
    account_channels=("subAccountUpdate",),
    account_streams=("subAccountUpdates",),
    streams={
        "quotes": "orderbook", "deltas": "orderbook", "trades": "trades", "bars": "candles",
        "marks": "marketPrices",
    },
    trades_channel="trade",
    connection_of=lambda client: client._rooms.ws,
    governor="adapters.synthetix.rooms.subaccount_governor",
    window_secs=10.0,
    set_leverage=synthetix.SetLeverage,
    soon_sure={"absence_grace_ms": 500, "earlier_requests_secs": 2},
    exec_factory=synthetix.SynthetixLiveExecClientFactory,
)  # fmt: skip

BOTH = (HYPERLIQUID, SYNTHETIX)
