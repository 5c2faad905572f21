"""Hyperliquid in a storm; see `storm_venue`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from eth_account import Account as EthAccount
from nautilus_trader.model.identifiers import InstrumentId

from adapters.hyperliquid import factories, websocket
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.orders import cloid_from_client_order_id
from simulator.exchange.rules import Knobs
from simulator.fault_rules import (
    AgentExpiry,
    Close,
    DropReply,
    PostOnly,
    Silent,
    Status,
    UnknownOid,
)
from simulator.hyperliquid_directory import Agent
from simulator.hyperliquid_trading import TradingOptions
from simulator.hyperliquid_user_wire import FIRST_TID
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
from tests.acceptance.trading_run import ADDRESS, CASH, Run, node_on, venue_of

# The account is traded by an agent, so that agents can expire.
MASTER: str = EthAccount.from_key("0x" + "02" * 32).address.lower()
AGENT = ADDRESS

ACTIONS: dict[Victim, str] = {
    "submit": "order",
    "modify": "batchModify",
    "cancel": "cancelByCloid",
}
CHANNELS = ("orderUpdates", "user", "userFills")

OWN_REQUEST_FAULTS: dict[str, Make] = {
    "post-only period": lambda at: (PostOnly(**at),),
    "expired agent": lambda at: (AgentExpiry(**at),),
    "unknown when it is looked up": lambda at: (
        DropReply(on="request", **at),
        UnknownOid(ms=800, for_ms=1_000),
    ),
    "lost reply, and a busy look-up": lambda at: (
        DropReply(on="request", **at),
        Status(on="info", type="orderStatus", status=429, count=2),
    ),
    "lost reply, and a broken look-up": lambda at: (
        DropReply(on="request", **at),
        Status(on="info", type="orderStatus", status=502, count=2),
    ),
    "lost reply, and a silent order stream": lambda at: (
        DropReply(on="request", **at),
        Silent(type="orderUpdates", coin=at["coin"], count=2),
    ),
}
OWN_LINE_FAULTS: dict[str, Make] = {
    "close, and no connection for a while": lambda at: (
        Close(on="ws", **at),
        Status(on="connect", status=503, count=2),
    ),
    "close, and a lost question after it": lambda at: (
        Close(on="ws", **at),
        Status(on="info", type="userFillsByTime", status=502, count=2),
    ),
    "both fill channels silent": lambda at: (
        Silent(type="user", coin=at["coin"], count=at["count"]),
        Silent(type="userFills", coin=at["coin"], count=at["count"]),
    ),
    "all channels silent": lambda at: tuple(
        Silent(type=channel, coin=at["coin"], count=at["count"]) for channel in CHANNELS
    ),
}


def matrix() -> dict[Cell, Make]:
    """Return every fault of the venue with every victim that it can befall."""
    # A post-only period forbids no cancel.
    found = of_requests(
        ACTIONS, REQUEST_FAULTS | OWN_REQUEST_FAULTS, [("cancel", "post-only period")]
    )
    for channel in CHANNELS:
        for name, make in FRAME_FAULTS.items():
            found["fill", f"{name} of {channel}"] = typed(make, channel)
    for name, make in (LINE_FAULTS | OWN_LINE_FAULTS).items():
        found["fill", name] = typed(make, "userFills" if "silent" not in name else "")
    return found


SETTINGS = {
    "as documented": Knobs(),
    "otherwise": Knobs(
        partial_ack_is_filled=True, partial_fill_reports_open=True, trigger_gives_new_id=True
    ),
}


class Hyperliquid:
    """The venue, and an account that an agent trades."""

    account = MASTER
    settings = SETTINGS
    weather = Weather(matrix(), ("agent",))
    triggers_need_position = False

    @asynccontextmanager
    async def running(
        self, sea: Sea, setting: str, folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Run]:
        """Run both."""
        # The bench asks more in a minute than one address may, and cuts the line more often than
        # any venue: neither limit is what is proved here.
        monkeypatch.setattr(factories, "address_governor", lambda: address_governor(1_000_000))
        monkeypatch.setattr(websocket, "SHORT_LIFE_SECS", 0.0)
        options = TradingOptions(
            accounts=((MASTER, CASH),),
            agents=((AGENT, MASTER),),
            free_requests=10_000_000,
            knobs=SETTINGS[setting],
        )
        ids = tuple(map(self.instrument_id, sea.coins))
        async with (
            venue_of(source=sea, trading=options, log=log) as venue,
            node_on(
                venue, folder, monkeypatch, instrument_ids=ids, account_address=MASTER, **IMPATIENT
            ) as run,
        ):
            yield run

    def instrument_id(self, coin: str) -> InstrumentId:
        return InstrumentId.from_str(f"{coin}-USD-PERP.HYPERLIQUID")

    def symbol(self, coin: str) -> str:
        return coin

    def client_id(self, client_order_id: str) -> str:
        return cloid_from_client_order_id(client_order_id)

    def trade_id(self, number: int) -> str:
        return str(FIRST_TID + number)

    def placed(self, body: object) -> Iterator[str]:
        for action in _actions(body):
            if action.get("type") == "order":
                yield from (order["c"] for order in action["orders"])

    def is_connected(self, run: Run) -> bool:
        feeds = run.venue._hub._subscribers.get(("orderUpdates", ""), {})
        return any(not line.is_half_open for lines in feeds.values() for line in lines)

    def may_sign(self, run: Run) -> bool:
        return AGENT in run.venue.trading.directory.agents

    def let_sign(self, run: Run) -> None:
        run.venue.trading.directory.agents.setdefault(AGENT, Agent(AGENT, MASTER))


def _actions(body: object) -> Iterator[dict]:
    """Give the action in what a client has said by HTTP or as a post, if there is one."""
    if not isinstance(body, dict):
        return
    payload = body.get("request", {}).get("payload", {}) if body.get("method") == "post" else body
    if isinstance(payload, dict) and isinstance(payload.get("action"), dict):
        yield payload["action"]
