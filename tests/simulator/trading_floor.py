"""The trading half, without a socket or behind one: still books, users with cash, a shorthand."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
from eth_account.signers.local import LocalAccount

from simulator.events import Book
from simulator.exchange.events import Event, Fill, OrderChanged
from simulator.hyperliquid import VenueOptions
from simulator.hyperliquid_actions import ActionAnswer, act
from simulator.hyperliquid_trading import Trading, TradingOptions
from simulator.market import Market
from simulator.numbers import to_wire
from simulator.wire import Level
from tests.simulator.signed_bodies import OTHER, TYPES, USER, address, encoded, signed, typed
from tests.simulator.venues import START_MS, Desk

BTC, ETH, TSLA, PURR = 0, 1, 110_000, 10_000
MARKS = {BTC: "100000", ETH: "2000", TSLA: "400"}
CASH = Decimal(10_000)


def funded(**options: Any) -> TradingOptions:  # noqa: ANN401  (of TradingOptions)
    """Return options under which both users have an account."""
    return TradingOptions(accounts=tuple((address(x), CASH) for x in (USER, OTHER)), **options)


class HeardTrading(Trading):
    """A trading half that keeps what it tells."""

    def __init__(self, options: TradingOptions) -> None:
        self.heard: list[Event] = []
        super().__init__(Market(Desk().market), options, START_MS)

    def tell(self, events: Iterable[Event]) -> None:
        events = tuple(events)
        self.heard += events
        super().tell(events)


class Floor:
    """A venue's trading half at a time that a test moves; nonces count up by themselves."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  (of TradingOptions)
        self.now_ms = START_MS
        self.trading = HeardTrading(funded(**options))
        self.nonce = START_MS
        prepare(self.trading)

    def send(self, body: object) -> ActionAnswer:
        """Carry out a body at the floor's time."""
        return act(self.trading, encoded(body), self.now_ms)

    def act(
        self,
        action: Mapping[str, Any],
        wallet: LocalAccount = USER,
        vault: str | None = None,
        expires: int | None = None,
    ) -> Any:  # noqa: ANN401  (any JSON)
        """Sign an action with the next nonce and return what is answered."""
        self.nonce += 1
        if action["type"] in TYPES:
            body = typed(wallet, action, self.nonce)
        else:
            body = signed(wallet, action, self.nonce, vault, expires)
        return msgspec.json.decode(msgspec.json.encode(self.send(body).answer))

    def order(self, *wires: Mapping[str, Any], grouping: str = "na", **rest: Any) -> list[Any]:  # noqa: ANN401
        """Place orders for the user and return the entries."""
        return statuses(self.act({"type": "order", "orders": wires, "grouping": grouping} | rest))

    def told(self) -> list[str]:
        """Return the statuses and fills told since the last time, in order."""
        words = [_word(event) for event in self.trading.heard]
        self.trading.heard.clear()
        return words

    def cash(self, wallet: LocalAccount = USER, dex: str = "") -> Decimal:
        """Return what an account holds in cash; 0 without one."""
        name = f"{address(wallet)}:{dex}" if dex else address(wallet)
        names = self.trading.exchange.accounts()
        return self.trading.exchange.account(name).raw if name in names else Decimal(0)


def wire(
    asset: int,
    side: str,
    price: str,
    size: str,
    tif: str = "Gtc",
    **fields: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Write an order; `side` is "B" or "A"."""
    return {
        "a": asset, "b": side == "B", "p": price, "s": size, "r": False,
        "t": {"limit": {"tif": tif}},
    } | fields  # fmt: skip


def trigger(kind: str, price: str, *, is_market: bool = True) -> dict[str, Any]:
    """Write the type of a trigger order: "sl" or "tp" at a mark."""
    return {"trigger": {"isMarket": is_market, "triggerPx": price, "tpsl": kind}}


def statuses(answer: Mapping[str, Any]) -> list[Any]:
    """Return the entries of a batch's answer."""
    assert answer["status"] == "ok", answer
    entries: list[Any] = answer["response"]["data"]["statuses"]
    return entries


def prepare(trading: Trading) -> None:
    """Set marks, and still books of 5 coins at 0.1 % and 0.2 % from the mark."""
    for asset in trading.perps:
        mark = Decimal(MARKS.get(asset, "100"))
        trading.exchange.set_mark(asset, mark, mark, START_MS)
        trading.exchange.set_book(asset, _side(mark, -1), _side(mark, 1), START_MS)


@asynccontextmanager
async def open_trading_desk(**options: Any) -> AsyncIterator[Desk]:  # noqa: ANN401
    """Run a venue whose market and users are those of a floor; options are the venue's."""
    desk = Desk(VenueOptions(trading=funded(), **options))
    show_books(desk)
    async with desk.venue.running():
        yield desk


def show_books(desk: Desk) -> None:
    """Let the market have the books of a floor from the venue's present time on."""
    for listing in desk.venue.market.universe.listings.values():
        mark = Decimal(MARKS.get(listing.asset, "100"))
        bids, asks = (
            tuple(Level(to_wire(price), to_wire(size), 1) for price, size in _side(mark, sign))
            for sign in (-1, 1)
        )
        desk.market.push(Book(listing.coin, desk.clock.now_ms(), bids, asks))
    desk.venue.advance()


def _side(mark: Decimal, sign: int) -> list[tuple[Decimal, Decimal]]:
    return [(mark * (1 + Decimal(sign * step) / 1000), Decimal(5)) for step in (1, 2)]


def _word(event: Event) -> str:
    match event:
        case OrderChanged():
            return str(event.status)
        case Fill():
            return f"fill {event.size}"
        case _:
            return type(event).__name__
