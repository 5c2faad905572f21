"""What our own adapter makes of a recorded Synthetix: whether it reads it, and proves its books."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from adapters.synthetix.frames import WsBook, WsMarketMessage, WsOther, parse_frame
from adapters.synthetix.order_book import BrokenBook, OrderBookState
from adapters.synthetix.schemas import Market
from adapters.synthetix.wire import convert
from simulator.synthetix_findings import Example, Finding, Heard, share
from simulator.synthetix_found_books import depth_of


class AdapterCheck:
    """Lets the adapter read every frame as it came."""

    def __init__(self) -> None:
        self._read: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._books: dict[tuple[object, str], OrderBookState] = {}
        self._proved = 0
        self._broken: Counter[str] = Counter()
        self._markets: Counter[str] = Counter()
        self._failure, self._break, self._market = (Example() for _ in range(3))

    def look(self, heard: Heard) -> None:
        """Take in an entry."""
        if heard.entry.what == "answered" and heard.entry.line == "getMarkets":
            self._look_at_markets(heard.content)
        if heard.entry.what != "got":
            return
        try:
            message = parse_frame(heard.entry.text.encode())
        except msgspec.MsgspecError as e:
            self._failed[f"{heard.stream or 'reply'}: {e}"] += 1
            self._failure.offer(heard.entry.text)
            return
        name = type(message).__name__
        if isinstance(message, WsOther):
            self._failed[f"{message.kind or 'a frame without a name'} is not listened to"] += 1
            self._failure.offer(heard.entry.text)
        elif isinstance(message, WsMarketMessage.__value__):
            self._read[name] += 1
        if isinstance(message, WsBook):
            self._look_at_book(message, heard)

    def _look_at_book(self, frame: WsBook, heard: Heard) -> None:
        key = (heard.line, frame.symbol)
        book = self._books.setdefault(key, OrderBookState(depth_of(heard)))
        change = book.apply(frame)
        if isinstance(change, BrokenBook):
            self._broken[change.reason.partition(",")[0]] += 1
            self._break.offer(f"{change.reason}: {heard.entry.text}")
        elif change is not None:
            self._proved += 1

    def _look_at_markets(self, content: object) -> None:
        rows = content.get("response") if isinstance(content, dict) else None
        for row in rows if isinstance(rows, list) else []:
            try:
                convert(row, Market)
            except msgspec.MsgspecError as e:
                self._markets[str(e)] += 1
                self._market.offer(str(row))
            else:
                self._markets["read"] += 1

    def findings(self) -> Iterator[Finding]:
        """Give what was found."""
        read, failed = self._read.total(), self._failed.total()
        yield Finding(
            id="pushes that our adapter reads",
            unknown="a",
            answer=share(read, read + failed),
            counts=dict(self._read + self._failed),
            example=self._failure.text,
        )
        broken = self._broken.total()
        yield Finding(
            id="books that our adapter proves",
            unknown="b",
            answer=f"{share(self._proved, self._proved + broken)}, broken {broken} times",
            counts={"proved frames": self._proved, **self._broken},
            example=self._break.text,
            open="after each break all is ignored up to the next snapshot",
        )
        yield Finding(
            id="markets that our adapter reads",
            answer=share(self._markets["read"], self._markets.total()),
            counts=dict(self._markets),
            example=self._market.text,
        )
