"""The Synthetix trading half without a socket: still books, the SDK signs, a shorthand."""

from decimal import Decimal
from typing import Any

import msgspec
from synthetix.signing import Signer

from simulator.events import Book
from simulator.market import Market
from simulator.synthetix_accounts import Accounts
from simulator.synthetix_answers import Answer
from simulator.synthetix_seam import News
from simulator.synthetix_trading import TradingOptions
from simulator.wire import Level
from tests.simulator.synthetix_venues import Floor
from tests.simulator.venues import START_MS

D = Decimal
BTC, ETH, WTI = "BTC-USDT", "ETH-USDT", "WTI-USDT"
MARKS = {BTC: "100000", ETH: "2000", WTI: "70"}
COINS = {BTC: "BTC", ETH: "ETH", WTI: "WTI"}
ANN, BOB, DEE, EVE = (Signer("0x" + digit * 64) for digit in "1234")
"""Two with accounts, a delegate of the first, a stranger."""


def funded(cash: str = "10000", **options: Any) -> TradingOptions:  # noqa: ANN401
    """Return options under which ann and bob have an account, and dee trades for ann."""
    accounts = tuple((signer.address, D(cash)) for signer in (ANN, BOB))
    return TradingOptions(accounts=accounts, delegates=((DEE.address, ANN.address),), **options)


class Bench:
    """A trading half at a time that a test moves; what it tells is kept in `heard`."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  (of TradingOptions)
        self.now_ms = START_MS
        self.market = Market(Floor().market)
        self.trading = Accounts(self.market, funded(**options), START_MS)
        self.heard: list[dict[str, Any]] = []
        self.printed: list[Any] = []
        self.trading.on_news = self._hear
        self.ann, self.bob = (
            self.trading.sub_accounts(signer.address).owned[0] for signer in (ANN, BOB)
        )
        for symbol, mark in MARKS.items():
            self.mark(symbol, mark)
            price = D(mark)
            self.book(symbol, f"{price - 1}*5 {price - 2}*5", f"{price + 1}*5 {price + 2}*5")

    def _hear(self, news: News) -> None:
        self.heard += [event.data for event in news.account_events]
        self.printed += news.trades

    def asset(self, symbol: str) -> int:
        perp = self.trading.perp(symbol)
        assert perp is not None
        return perp.rules.asset

    def mark(self, symbol: str, mark: str) -> None:
        events = self.trading.exchange.set_mark(self.asset(symbol), D(mark), D(mark), self.now_ms)
        self.trading.tell(events)

    def book(self, symbol: str, bids: str, asks: str) -> None:
        """Set the outside book from "price*size" words."""
        sides = (tuple(_levels(text)) for text in (bids, asks))
        for change in self.market.apply(Book(COINS[symbol], self.now_ms, *sides)):
            self.trading.take(change, self.now_ms)
        self.trading.advance(self.now_ms)

    def wait(self, ms: int) -> None:
        self.now_ms += ms
        self.trading.advance(self.now_ms)

    def sub_of(self, signer: Signer) -> int:
        found = self.trading.sub_accounts(signer.address)
        return int((found.owned or found.delegated or (self.ann,))[0])

    def send(self, body: dict[str, Any]) -> Answer:
        return self.trading.handle_trade(msgspec.json.encode(body), self.now_ms)

    def ask(self, action: str, signer: Signer = ANN, **params: object) -> Any:  # noqa: ANN401
        """Send a signed read and return what is answered."""
        return good(self.send(signer.sign_action(self.sub_of(signer), action, params)))

    def place(
        self, *orders: dict[str, Any], signer: Signer = ANN, grouping: str = "na"
    ) -> list[dict[str, Any]]:
        body = signer.sign_place_orders(self.sub_of(signer), list(orders), grouping)
        for asked, sent in zip(orders, body["params"]["orders"], strict=True):
            if "triggerPriceType" in asked:  # no signature covers it, and the SDK drops it
                sent["triggerPriceType"] = asked["triggerPriceType"]
        items: list[dict[str, Any]] = good(self.send(body))["statuses"]
        return items

    def kinds(self) -> list[str]:
        """Return what was heard since the last call, as event types, and forget it."""
        kinds = [event["eventType"] for event in self.heard]
        self.heard.clear()
        return kinds


def _levels(text: str) -> list[Level]:
    return [Level(*word.split("*"), 1) for word in text.split()]


def good(answer: Answer) -> Any:  # noqa: ANN401  (any JSON, as a client reads it)
    """Return the response of a request that was taken."""
    assert answer.refusal is None, answer.refusal
    return msgspec.json.decode(msgspec.json.encode(answer.response))


def refused(answer: Answer) -> tuple[int, str, str]:
    """Return status, code and words of a request that was refused."""
    assert answer.refusal is not None, answer.response
    return answer.refusal.http_status, answer.refusal.code, answer.refusal.message


def order(side: str, quantity: str, price: str = "", symbol: str = ETH, **more: object) -> Any:  # noqa: ANN401
    """Make an order: a limit where it has a price, else a market order."""
    kind = "limitGtc" if price else "market"
    made = {"symbol": symbol, "side": side, "orderType": kind, "price": price}
    return made | {"quantity": quantity, "triggerPrice": ""} | more


def trigger(kind: str, side: str, at: str, quantity: str = "1", **more: object) -> Any:  # noqa: ANN401
    """Make a market trigger of ETH."""
    made = {"orderType": kind, "triggerPrice": at, "isTriggerMarket": True}
    return order(side, quantity, **(made | more))


def outcome(item: dict[str, Any]) -> str:
    """Return in a word what became of an order: resting, filled, canceled or its error code."""
    return str(item.get("errorCode") or next(iter(item)))


def oid(item: dict[str, Any]) -> str:
    """Return the venue's id of an order that was taken."""
    return str(next(iter(item.values()))["order"]["venueId"])
