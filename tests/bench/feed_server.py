"""
A child process: the order server's venue, which sends market data of many coins at a steady rate.

Its addresses are its first line on standard output. A line ``{"path": "/ws?who", "coins": n,
"secs": x}`` makes it send there what `PER_SECOND` says of each of the first so many coins, evenly
spread over time, and print how many frames of each kind that were. With ``"ticks": n`` the first
coin's quotes are no part of it: they are ticks, written as the order server does, until there were
so many; then the feed ends early, and what is printed are the ticks' nanoseconds.
"""

import asyncio
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import cycle
from random import Random

import msgspec
import uvloop
from picows import WSMsgType, WSUpgradeRequest, ws_create_server

from tests.bench import frames
from tests.bench.children import questions, say
from tests.bench.order_http import serve_http
from tests.bench.order_server import Ledger, Line, Round, tick

TICKS_PER_SECOND = 10
# A book twice a second is the venue's own rate; how often the others come, its traders decide.
PER_SECOND = {"bbo": 10, "trades": 5, "l2Book": 2, "candle": 1}
FRAMES_PER_SECOND = sum(PER_SECOND.values())
BOOKS = 8
LEVELS = 20
CHANGED = 24
"""So many levels of a book of 40 change to the next, as in BTC's live one."""
PRICE = 109_818
MINUTE_MS = 60_000


class Feed(msgspec.Struct, frozen=True):
    """A line on standard input."""

    path: str
    coins: int
    secs: float
    ticks: int = 0
    gap_secs: float = 0.0


class Coin:
    """The frames of one coin, without end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._tids = frames.TRADE_ID
        self._random = Random(name)
        self._books = cycle(self._make_books())
        self._bids = cycle((0, 1))

    def frame(self, kind: str) -> bytes:
        """Return the next frame of a channel, with the time of now."""
        now_ms = time.time_ns() // 1_000_000
        make = {
            "bbo": self._bbo,
            "trades": self._trades,
            "l2Book": self._book,
            "candle": self._candle,
        }
        return _frame(kind, make[kind](now_ms))

    def _bbo(self, now_ms: int) -> object:
        bid = PRICE + next(self._bids)
        sides = [_level(bid, self._size()), _level(bid + 1, self._size())]
        return {"coin": self.name, "time": now_ms, "bbo": sides}

    def _trades(self, now_ms: int) -> object:
        self._tids += 1
        trade = {
            "coin": self.name,
            "side": "B",
            "px": f"{PRICE}.0",
            "sz": self._size(),
            "time": now_ms,
            "hash": "0x" + "ab" * 32,
            "tid": self._tids,
            "users": ["0x" + "1" * 40, "0x" + "2" * 40],
        }
        return [trade]

    def _book(self, now_ms: int) -> object:
        return {"coin": self.name, "time": now_ms, "levels": next(self._books)}

    def _candle(self, now_ms: int) -> object:
        begun = now_ms // MINUTE_MS * MINUTE_MS
        price = f"{PRICE}.0"
        return {
            "t": begun,
            "T": begun + MINUTE_MS - 1,
            "s": self.name,
            "i": "1m",
            **dict.fromkeys("ochl", price),
            "v": self._size(),
            "n": 17,
        }

    def _size(self) -> str:
        return f"{self._random.uniform(1, 9):.2f}"

    def _make_books(self) -> Iterator[object]:
        sizes = [self._size() for _ in range(2 * LEVELS)]
        for _ in range(BOOKS):
            for place in self._random.sample(range(2 * LEVELS), CHANGED):
                sizes[place] = self._size()
            bids = [_level(PRICE - deep, sizes[deep]) for deep in range(LEVELS)]
            asks = [_level(PRICE + 2 + deep, sizes[LEVELS + deep]) for deep in range(LEVELS)]
            yield [bids, asks]


async def feed(ledger: Ledger, wanted: Feed, coins: list[Coin]) -> Counter[str]:
    """Send for a time; each coin has its moment in a tick, so that frames come one by one."""
    sent: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for step in range(int(wanted.secs * TICKS_PER_SECOND)):
        for place, coin in enumerate(coins):
            due = begin + (step + place / len(coins)) / TICKS_PER_SECOND
            await asyncio.sleep(max(0.0, due - loop.time()))
            for kind, per_second in PER_SECOND.items():
                if step % (TICKS_PER_SECOND // per_second) == 0:
                    line = ledger.streams[kind, coin.name]
                    line.send(WSMsgType.TEXT, coin.frame(kind))
                    sent[kind] += 1
    return sent


async def feed_and_tick(ledger: Ledger, wanted: Feed, coins: list[Coin]) -> list[int]:
    """Write ticks while the other coins are fed; without others they are written in quiet."""
    feeding = asyncio.create_task(feed(ledger, wanted, coins), name="feed") if coins else None
    times = await tick(ledger, Round(wanted.path, wanted.ticks, wanted.gap_secs))
    if feeding is not None:
        if feeding.done():
            raise RuntimeError(f"Expected a feed to outlast {wanted.ticks} ticks, it ended before")
        feeding.cancel()
    return times


async def main() -> None:
    """Serve until standard input ends."""
    ledgers: defaultdict[str, Ledger] = defaultdict(Ledger)
    coins = [Coin(name) for name in frames.COINS]

    def on_upgrade(request: WSUpgradeRequest) -> Line:
        return Line(ledgers[request.path.decode()])

    server = await ws_create_server(on_upgrade, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with serve_http(lambda _body: b"") as http:
        say({"ws": f"ws://127.0.0.1:{port}/ws"} | http)
        async for line in questions():
            wanted = msgspec.json.decode(line, type=Feed)
            ledger, wanted_coins = ledgers[wanted.path], coins[: wanted.coins]
            if wanted.ticks:
                say(await feed_and_tick(ledger, wanted, wanted_coins[1:]))
            else:
                say(await feed(ledger, wanted, wanted_coins))
        os._exit(0)  # clients may still be connected, and their ends are nobody's concern


def _level(price: int, size: str) -> dict[str, object]:
    return {"px": f"{price}.0", "sz": size, "n": 3}


def _frame(channel: str, data: object) -> bytes:
    return json.dumps({"channel": channel, "data": data}, separators=(",", ":")).encode()


if __name__ == "__main__":
    uvloop.run(main())
