"""Synthetix in a storm; see `storm_venue`."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account as EthAccount
from nautilus_trader.model.identifiers import InstrumentId

from adapters.common.governor import WeightGovernor
from adapters.synthetix import factories, rooms, websocket
from simulator.exchange.rules import Knobs
from simulator.fault_rules import (
    AgentExpiry,
    Close,
    DropReply,
    Maintenance,
    Silent,
    Status,
)
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_directory import Delegate
from simulator.synthetix_feeds import AccountFeed
from simulator.synthetix_news import FIRST_TRADE
from simulator.synthetix_perps import ENGINE_KNOBS
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.storm_faults import (
    FRAME_FAULTS,
    LINE_FAULTS,
    REQUEST_FAULTS,
    Cell,
    Make,
    Victim,
    Weather,
    of_requests,
    typed,
)
from tests.acceptance.storm_sea import Sea
from tests.acceptance.storm_venue import IMPATIENT
from tests.acceptance.synthetix_run import SUB_ACCOUNT, SYNTHETIX, synthetix_venue
from tests.acceptance.trading_run import CASH, Run, node_on
from tests.acceptance.under_test import ADDRESS

# The account is traded by a delegate, so that its delegation can end.
OWNER: str = EthAccount.from_key("0x" + "02" * 32).address.lower()
DELEGATE = Delegate(ADDRESS, "session", 0, OWNER)

ACTIONS: dict[Victim, str] = {
    "submit": "placeOrders",
    "modify": "modifyOrder",
    "cancel": "cancelOrders",
}
CHANNEL = "subAccountUpdate"
LOOK_UP = "getOpenOrders"
EVENTS = {"first": 0, "second": 1, "third": 2}
"""Of one order: a trade and what it leaves, or what it is placed as and its end."""

OWN_REQUEST_FAULTS: dict[str, Make] = {
    "500 before": lambda at: (Status(on="request", status=500, **at),),
    "500 after": lambda at: (Status(on="request", status=500, executed=True, **at),),
    "503 before": lambda at: (Status(on="request", status=503, **at),),
    "503 after": lambda at: (Status(on="request", status=503, executed=True, **at),),
    "maintenance": lambda at: (Maintenance(**at),),
    "maintenance of everything": lambda at: (
        Maintenance(**at),
        Maintenance(for_ms=1_500, count=1),
    ),
    "expired delegate": lambda at: (AgentExpiry(**at),),
    "removed delegate": lambda at: (AgentExpiry(is_removed=True, **at),),
    "lost reply, and a busy look-up": lambda at: (
        DropReply(on="request", **at),
        Status(on="trade", type=LOOK_UP, status=429, count=2),
    ),
    "lost reply, and a broken look-up": lambda at: (
        DropReply(on="request", **at),
        Status(on="trade", type=LOOK_UP, status=502, count=2),
    ),
    "lost reply, and a silent account": lambda at: (
        DropReply(on="request", **at),
        Silent(type=CHANNEL, coin=at["coin"], count=3),
    ),
}
OWN_LINE_FAULTS: dict[str, Make] = {
    "close, and no connection for a while": lambda at: (
        Close(on="ws", **at),
        Status(on="connect", type="trade", status=503, count=2),
    ),
    "close, and a lost question after it": lambda at: (
        Close(on="ws", **at),
        Status(on="trade", type="getTrades", status=502, count=2),
    ),
}


def matrix() -> dict[Cell, Make]:
    """Return every fault of the venue with every victim that it can befall."""
    found = of_requests(ACTIONS, REQUEST_FAULTS | OWN_REQUEST_FAULTS)
    for name, make in FRAME_FAULTS.items():
        for event, place in EVENTS.items():
            found["fill", f"{name}, {event}"] = _after(typed(make, CHANNEL), place)
    found["fill", "silent account"] = lambda at: (
        Silent(type=CHANNEL, coin=at["coin"], count=10 * at["count"]),
    )
    for name, make in (LINE_FAULTS | OWN_LINE_FAULTS).items():
        found["fill", name] = typed(make, CHANNEL)
    return found


def _after(make: Make, place: int) -> Make:
    return lambda at: make({**at, "after": at.get("after", 0) + place})


SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "as documented": {"knobs": ENGINE_KNOBS},
    "otherwise": {
        "knobs": Knobs(
            partial_ack_is_filled=True,
            trigger_gives_new_id=True,
            bracket_is_oco=False,
            modify_keeps_priority=True,
        ),
        "rising_nonces": True,
        "expires_in": "s",
        "client_id_scope": "ever",
        "dialect": Dialect(push="channel", blank_zeros=True, expires_at="iso"),
    },
    "as its SDK hears it": {
        "knobs": Knobs(partial_ack_is_filled=False, modify_keeps_priority=True),
        "expires_in": "ms",
        "dialect": Dialect(push="method", decimals="padded", trades="list"),
    },
}


class Synthetix:
    """The venue, and a sub-account that a delegate trades."""

    account = SUB_ACCOUNT
    settings = SETTINGS
    weather = Weather(matrix(), ("delegate", "everything"))
    # A look-up that is broken twice, the use of the nonce and the grace after it come one by one.
    triggers_need_position = True

    @asynccontextmanager
    async def running(
        self, sea: Sea, setting: str, folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Run]:
        """Run both."""
        # The bench asks more than one account and address may, and cuts the line more often than
        # any venue: neither limit is what is proved here.
        monkeypatch.setattr(factories, "address_governor", _unlimited)
        monkeypatch.setattr(rooms, "subaccount_governor", _unlimited)
        monkeypatch.setattr(websocket, "SHORT_LIFE_SECS", 0.0)
        terms = SETTINGS[setting]
        trading = TradingOptions(
            accounts=((OWNER, CASH),), delegates=((ADDRESS, OWNER),), tokens=0, **terms
        )
        ids = tuple(map(self.instrument_id, sea.coins))
        async with (
            synthetix_venue(
                source=sea,
                trading=trading,
                log=log,
                ip_tokens=0,
                dialect=terms.get("dialect", Dialect()),
            ) as venue,
            node_on(
                venue,
                folder,
                monkeypatch,
                adapter=SYNTHETIX,
                instrument_ids=ids,
                subaccount_id=SUB_ACCOUNT,
                sweep_secs=2.0,
                absence_grace_ms=300,
                **IMPATIENT,
            ) as run,
        ):
            yield run

    def instrument_id(self, coin: str) -> InstrumentId:
        return InstrumentId.from_str(f"{coin}-USDT-PERP.SYNTHETIX")

    def symbol(self, coin: str) -> str:
        return f"{coin}-USDT"

    def client_id(self, client_order_id: str) -> str:
        return client_order_id

    def trade_id(self, number: int) -> str:
        return str(FIRST_TRADE + number)

    def placed(self, body: object) -> Iterator[str]:
        params = body.get("params", {}) if isinstance(body, dict) else {}
        if isinstance(params, dict) and params.get("action") == "placeOrders":
            yield from (order["clientOrderId"] for order in params["orders"])

    def is_connected(self, run: Run) -> bool:
        lines = run.venue._streams._listeners.get(AccountFeed(SUB_ACCOUNT), {})
        return any(not line.is_half_open for line in lines)

    def may_sign(self, run: Run) -> bool:
        trading = run.venue.trading
        return trading.directory.role(SUB_ACCOUNT, ADDRESS, trading.exchange.now) is not None

    def let_sign(self, run: Run) -> None:
        run.venue.trading.directory.add_delegate(SUB_ACCOUNT, DELEGATE)


def _unlimited() -> WeightGovernor:
    return WeightGovernor(10_000_000, 10.0)
