"""A trading half without sockets for tests: a market fed by hand, one account, a shorthand."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from simulator.events import Event, ManualMarket, Reference, Trades
from simulator.exchange.events import Reply
from simulator.exchange.model import Grouping, OrderRequest, Side, Tif
from simulator.hyperliquid_feeds import UserFeed
from simulator.hyperliquid_info import ask
from simulator.hyperliquid_news import News
from simulator.hyperliquid_trading import Trading, TradingOptions
from simulator.hyperliquid_user_feeds import frames
from simulator.market import Market
from tests.simulator.venues import START_MS, Desk

D = Decimal
USER = "0x" + "ab" * 20
OTHER = "0x" + "cd" * 20
BTC, ETH, TSLA = 0, 1, 110_000
BUY, SELL = Side.BUY, Side.SELL


class Bench:
    """A trading half at a venue's start; what it tells is kept in `news` and `prints`."""

    def __init__(self, options: TradingOptions | None = None) -> None:
        self.source: ManualMarket = Desk().market
        self.market = Market(self.source)
        accounts = ((USER, D(10_000)), (OTHER, D(10_000)))
        self.options = options or TradingOptions(accounts=accounts)
        self.now_ms = START_MS
        self.trading = Trading(self.market, self.options, START_MS)
        self.trading.on_news = self._hear
        self.news: list[News] = []
        self.prints: list[Trades] = []

    def _hear(self, news: Sequence[News], trades: Sequence[Trades]) -> None:
        self.news += news
        self.prints += trades

    def at(self, elapsed_ms: int, *events: Event) -> None:
        """Move to a time after the start with these events, as the venue does."""
        self.now_ms = START_MS + elapsed_ms
        for event in events:
            self.trading.settle(self.market.settle(event.time))
            for change in self.market.apply(event):
                self.trading.take(change, self.now_ms)
        self.trading.settle(self.market.settle(self.now_ms))
        self.trading.advance(self.now_ms)

    def place(
        self, *requests: OrderRequest, user: str = USER, grouping: Grouping = Grouping.NONE
    ) -> Reply:
        """Place orders as the action does: the engine's events are told before it answers."""
        reply = self.trading.exchange.place(user, requests, self.now_ms, grouping)
        self.trading.tell(reply.events)
        return reply

    def info(self, **question: object) -> Any:  # noqa: ANN401  (any JSON)
        """Ask as HTTP does, and read the answer as a client does."""
        _, answer, _ = ask(self.trading, self.now_ms, msgspec.json.encode(question))
        return msgspec.json.decode(msgspec.json.encode(answer))

    def frames(self, feed: UserFeed) -> list[Any]:
        """Return the data of every frame that a subscriber from the start on has got."""
        told = [x for each in self.news if each.address == feed.user
                for x in frames(feed, each, self.trading)]  # fmt: skip
        return [msgspec.json.decode(frame)["data"] for frame in told]


def order(side: Side, price: str, size: str, asset: int = BTC, **fields: object) -> OrderRequest:
    made = OrderRequest(asset, side, D(price), D(size), Tif.GTC)
    return msgspec.structs.replace(made, **fields)


def reference(
    elapsed_ms: int, mark: str, coin: str = "BTC", oracle: str | None = None
) -> Reference:
    return Reference(coin, START_MS + elapsed_ms, D(oracle or mark), D(mark), D(1))
