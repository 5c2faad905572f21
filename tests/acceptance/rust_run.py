"""One run of Nautilus's own Rust node and execution tester on a still market, and its judgment.

Nothing of the node is at hand but its log: the events of orders, the fills, the position and the
balance are read from there, and compared with the venue's own books.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from simulator.exchange.accounts import Account
from simulator.fault_rules import AnyRule
from tests.acceptance.children import Child, child_of
from tests.acceptance.exec_run import BTC_ASSET, StillMarket, still_market
from tests.acceptance.findings import FindingError, alike, unlike_stories
from tests.acceptance.under_test import ADDRESS, KEY
from tests.waiting import eventually

EVENT = re.compile(r"<--\[EVT\] Order(\w+)\(.*?client_order_id=([\w-]+)")
FILL = re.compile(
    r"OrderFilled\(.*?venue_order_id=(\w+),.*order_side=(\w+),.*last_qty=(\S+),"
    r" last_px=(\S+) USDC, commission=(\S+) USDC"
)
BALANCE = re.compile(r"Updated AccountState\(.*total=(\S+) USDC")
POSITION = re.compile(r"net_position=(\S+)")
START_SECS = 20


class Trade(NamedTuple):
    """A fill as both sides tell it."""

    venue_order_id: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal


class RustTrial:
    """A running tester, by its log, and the account that it trades."""

    def __init__(self, market: StillMarket, child: Child) -> None:
        self.market = market
        self._child = child
        self._is_over = False

    @property
    def log(self) -> str:
        """Return all that the node has said."""
        return self._child.log

    @property
    def ledger(self) -> Account:
        """Return the venue's account."""
        return self.market.venue.trading.exchange.account(ADDRESS)

    @property
    def statuses(self) -> list[str]:
        """Return what became of the venue's orders, in order."""
        return [str(change.status) for change in self.ledger.history]

    @property
    def actions(self) -> list[dict[str, Any]]:
        """Return the actions that the venue has heard."""
        bodies = [r.body for r in self.market.venue.received]
        posts = [body["request"] for body in bodies if isinstance(body, dict) and "request" in body]
        return [post["payload"]["action"] for post in posts if post["type"] == "action"]

    def stories(self) -> list[list[str]]:
        """Return the names of each order's events, the oldest order first."""
        stories: dict[str, list[str]] = {}
        for kind, name in EVENT.findall(self.log):
            stories.setdefault(name, []).append(kind)
        return list(stories.values())

    async def settled(self, *stories: list[str], timeout_secs: float = START_SECS) -> None:
        """Wait until the orders, the oldest first, have these stories; then compare the books."""
        wanted = list(stories)
        try:
            await eventually(lambda: self.stories() == wanted, timeout_secs)
        except TimeoutError:
            raise FindingError(unlike_stories(self.stories(), wanted)) from None
        await self.judge()

    async def stop(self) -> None:
        """End the node, which cancels its orders and closes its position first."""
        if self._is_over:
            return
        self._is_over = True
        await self._child.interrupt()
        if self.ledger.live or self.size_there():
            raise FindingError("stopping leaves orders or a position")
        await self.judge()

    async def judge(self) -> None:
        """Compare the fills and the position with the venue's."""
        await alike("fills", self.trades_here, self.trades_there)
        await alike("positions", self.size_here, self.size_there)

    def judge_balance(self) -> None:
        """Compare the balance that the node told last with the venue's."""
        told = BALANCE.findall(self.log)
        size, price = self.size_there(), self.ledger.positions.get(BTC_ASSET)
        spent = price.entry_notional * (1 if size > 0 else -1) if price and size else Decimal(0)
        if Decimal(told[-1].replace("_", "")) != self.ledger.raw + spent:
            raise FindingError("the balance does not follow, all else passes")

    def trades_here(self) -> list[Trade]:
        """Return the fills as the node was told of them."""
        rows = [[word.replace("_", "") for word in row] for row in FILL.findall(self.log)]
        return [Trade(oid, side, *map(Decimal, numbers)) for oid, side, *numbers in rows]

    def trades_there(self) -> list[Trade]:
        """Return the fills as the venue has them."""
        return [
            Trade(str(fill.oid), fill.side.name, fill.size, fill.price, fill.fee)
            for fill in self.ledger.fills
        ]

    def size_here(self) -> Decimal:
        """Return the position as the node sees it."""
        told = POSITION.findall(re.sub(r"\x1b\[[\d;]*m", "", self.log))
        return Decimal(told[-1].replace("_", "")) if told else Decimal(0)

    def size_there(self) -> Decimal:
        """Return the position as the venue has it."""
        position = self.ledger.positions.get(BTC_ASSET)
        return position.size if position else Decimal(0)


@asynccontextmanager
async def rust_trial(
    *rules: AnyRule,
    **settings: Any,  # noqa: ANN401 (of the tester)
) -> AsyncIterator[RustTrial]:
    """Let a tester run in a node of its own on a venue of its own, and judge the end."""
    async with still_market() as market:
        venue = market.venue
        for rule in rules:
            venue.faults.add(rule)
        words = msgspec.json.encode(settings).decode()
        module = "tests.acceptance.nautilus_case"
        async with child_of(module, venue.http_url, venue.ws_url, KEY, words) as child:
            trial = RustTrial(market, child)
            await child.says("Trader started")
            market.show()
            yield trial
            await trial.stop()
            if trial.ledger.fills:
                trial.judge_balance()
