"""A trading half with one account, and what happens in a market, for the tests of feeds."""

from typing import Any

from simulator.events import Book, Event, Trades
from simulator.synthetix_answers import Answer, Bucket, Refusal, refused
from simulator.synthetix_seam import AccountEvent, News, NoTrading
from tests.simulator.synthetix_venues import levels
from tests.simulator.venues import START_MS, trade

ACCOUNT = "1867542890123456789"
BIDS = levels(("99999", "1.5"), ("99998", "2"))
ASKS = levels(("100001", "1"), ("100002", "3"))


class Half(NoTrading):
    """A trading half with one account, which tells of what it is asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def authenticate(self, message: str, signature: str, now_ms: int) -> str | Refusal:
        if (message, signature, now_ms) == ("{}", "0x1", START_MS):
            return ACCOUNT
        return Refusal("UNAUTHORIZED", "invalid signature")

    def handle_trade(self, body: bytes, _now_ms: int) -> Answer:
        self.bodies.append(body)
        if b"cancel" in body:
            return refused("UNAUTHORIZED", "nonce already used")
        self.on_news(News(account_events=[AccountEvent(ACCOUNT, {"eventType": "orderPlaced"})]))
        return Answer(response={"statuses": []}, rate_limit=Bucket(1000, 995))


def book(elapsed_ms: int, bids: Any = BIDS, asks: Any = ASKS) -> Book:  # noqa: ANN401
    return Book("BTC", START_MS + elapsed_ms, bids, asks)


def prints(elapsed_ms: int, *sizes: str) -> Event:
    return Trades("BTC", tuple(
        trade(elapsed_ms, "100001", size, tid=number) for number, size in enumerate(sizes, 1)
    ))  # fmt: skip
