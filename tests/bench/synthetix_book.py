"""Synthetix's book differences to Nautilus's deltas, proved: ours beside the plain way."""

import json
import time
from binascii import crc32
from collections.abc import Callable
from decimal import Decimal

from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas
from nautilus_trader.model.enums import BookAction, OrderSide, RecordFlag
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.synthetix.feeds import MarketFeed
from adapters.synthetix.frames import WsBook, parse_frame
from adapters.synthetix.instruments import BASE_TIER, parse_perpetuals
from tests.bench import synthetix_frames
from tests.bench.rounds import Comparison, compare

BTC = InstrumentId.from_str("BTC-USDT-PERP.SYNTHETIX")
RECORD = {
    "symbol": "BTC-USDT",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "settleAsset": "USDT",
    "isOpen": True,
    "isCloseOnly": False,
    "priceExponent": 0,
    "quantityExponent": 5,
    "priceIncrement": "1",
    "minOrderSize": "0.00001",
    "orderSizeIncrement": "0.00001",
    "contractSize": 1,
    "maxMarketOrderSize": "10",
    "maxLimitOrderSize": "100",
    "minOrderPrice": "1",
    "limitOrderPriceCapRatio": "0.05",
    "minNotionalValue": "10",
    "maintenanceMarginTiers": [
        {
            "minPositionSize": "0",
            "maxPositionSize": "",
            "maxLeverage": 100,
            "initialMarginRequirement": "0.01",
            "maintenanceMarginRequirement": "0.005",
            "maintenanceDeductionValue": "0",
        },
    ],
}

type Read = Callable[[bytes], OrderBookDeltas]


def instrument() -> Instrument:
    """Return BTC-USDT as the adapter makes it of the venue's record."""
    return parse_perpetuals([RECORD], BASE_TIER, 1, print)[0]


def measure(rounds: int, diffs: int) -> list[Comparison]:
    """Read a recording of so many differences of a calm market, and a fifth of a wild one."""
    return [
        _compare("a dozen levels change", synthetix_frames.calm(diffs), rounds, ""),
        _compare("all levels change", synthetix_frames.wild(diffs // 5), rounds, ""),
    ]


def _compare(name: str, frames: list[bytes], rounds: int, goal: str) -> Comparison:
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(rounds):
        ours.append(_cost(our_reader(), frames))
        plain.append(_cost(PlainBook().read, frames))
    return compare(name, ours, plain, goal, speedup=True)


def _cost(read: Read, frames: list[bytes]) -> float:
    """Return the CPU microseconds of a difference."""
    read(frames[0])
    start = time.process_time()
    for frame in frames[1:]:
        read(frame)
    return (time.process_time() - start) / (len(frames) - 1) * 1e6


def our_reader() -> Read:
    """Return what a run does with a frame, from the socket's bytes to the data engine."""
    feed = MarketFeed(instrument(), synthetix_frames.DEPTH)
    feed.begin(OrderBookDeltas, 1)

    def read(raw: bytes) -> OrderBookDeltas:
        frame = parse_frame(raw)
        assert isinstance(frame, WsBook)
        (deltas,) = feed.on_book(frame, 1)  # a broken book cannot be unpacked
        assert isinstance(deltas, OrderBookDeltas)
        return deltas

    return read


class PlainBook:
    """The SDK's example of a managed book (0.7.0) with Decimals, and the deltas of each frame."""

    def __init__(self) -> None:
        self._sides: dict[str, dict[Decimal, tuple[str, str]]] = {"bids": {}, "asks": {}}
        self._meseq = 0

    def read(self, raw: bytes) -> OrderBookDeltas:
        """Return the deltas of a frame; raise AssertionError if the book is not the venue's."""
        frame = json.loads(raw)
        if frame["type"] == "snapshot":
            self._sides = {"bids": {}, "asks": {}}
        else:
            assert frame["prevMeseq"] == self._meseq
        self._meseq = frame["meseq"]
        ts = frame["timestamp"] * 1_000_000
        deltas = []
        for name, side in (("bids", OrderSide.BUY), ("asks", OrderSide.SELL)):
            levels = self._sides[name]
            for level in frame["data"][name]:
                price, size = Decimal(level["price"]), Quantity.from_str(level["quantity"])
                action = BookAction.UPDATE if price in levels else BookAction.ADD
                if level["quantity"] == "0":
                    action = BookAction.DELETE
                    levels.pop(price, None)
                else:
                    levels[price] = (level["price"], level["quantity"])
                order = BookOrder(side, Price.from_str(level["price"]), size, 0)
                delta = (BTC, action, order, 0, self._meseq, ts, 1)
                deltas.append(OrderBookDelta(*delta))
        last = deltas[-1]
        flags = RecordFlag.F_LAST
        deltas[-1] = OrderBookDelta(BTC, last.action, last.order, flags, self._meseq, ts, 1)
        assert self._checksum() == frame["checksum"]
        return OrderBookDeltas(BTC, deltas)

    def _checksum(self) -> str:
        bids = sorted(self._sides["bids"].items(), reverse=True)[: synthetix_frames.DEPTH]
        asks = sorted(self._sides["asks"].items())[: synthetix_frames.DEPTH]
        parts = [f"b{price}:{size}|" for _, (price, size) in bids]
        parts += [f"a{price}:{size}|" for _, (price, size) in asks]
        return f"{crc32(''.join(parts).encode()):08x}"
