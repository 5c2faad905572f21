"""Frames to Nautilus objects without a socket: ours beside json and `from_str`."""

import json
from collections.abc import Callable

from nautilus_trader.model.data import (
    BookOrder,
    OrderBookDelta,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import AggressorSide, BookAction, OrderSide, RecordFlag
from nautilus_trader.model.identifiers import InstrumentId, TradeId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.common.prices import Prices
from adapters.hyperliquid.instruments import BASE_TIER, parse_perps
from adapters.hyperliquid.parsing import (
    parse_order_book_deltas,
    parse_quote_tick,
    parse_trade_tick,
)
from adapters.hyperliquid.schemas import WS_DECODER, PerpMeta
from tests.bench import frames
from tests.bench.rounds import Comparison, compare, take_turns

BTC = InstrumentId.from_str(frames.BTC)


def instrument() -> Instrument:
    """Return BTC as the adapter makes it of the venue's record."""
    record = {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 56}
    return parse_perps(PerpMeta(universe=[record]), 0, {}, BASE_TIER, 1, print)[0]


def measure(rounds: int, calls: int) -> list[Comparison]:
    """Compare the three hot streams."""
    ours, naive = _ours(instrument()), _naive()
    goals = {"l2Book 20x20": ">= 4", "bbo": ">= 5", "trades(1)": ">= 3.5"}
    lines = []
    for name, goal in goals.items():
        figures = take_turns({"ours": ours[name], "naive": naive[name]}, rounds=rounds, calls=calls)
        lines.append(compare(name, figures["ours"], figures["naive"], goal, speedup=True))
    return lines


def _ours(btc: Instrument) -> dict[str, Callable[[], object]]:
    book, bbo, trades = frames.l2_book(), frames.bbo(), frames.trades()
    decode = WS_DECODER.decode
    prices = Prices(btc.price_precision)  # as the feed keeps them from book to book
    return {
        "l2Book 20x20": lambda: parse_order_book_deltas(decode(book).data, btc, 1, prices),
        "bbo": lambda: parse_quote_tick(decode(bbo).data, btc, 1),
        "trades(1)": lambda: [parse_trade_tick(t, btc, 1) for t in decode(trades).data],
    }


def _naive() -> dict[str, Callable[[], object]]:
    return {
        "l2Book 20x20": lambda: _naive_book(json.loads(frames_book)["data"]),
        "bbo": lambda: _naive_quote(json.loads(frames_bbo)["data"]),
        "trades(1)": lambda: [_naive_trade(t) for t in json.loads(frames_trades)["data"]],
    }


frames_book, frames_bbo, frames_trades = frames.l2_book(), frames.bbo(), frames.trades()


def _naive_book(data: dict) -> OrderBookDeltas:
    ts = data["time"] * 1_000_000
    deltas = [OrderBookDelta.clear(BTC, 0, ts, 1)]
    for side, levels in zip((OrderSide.BUY, OrderSide.SELL), data["levels"], strict=True):
        for level in levels:
            price, size = Price.from_str(level["px"]), Quantity.from_str(level["sz"])
            order = BookOrder(side, price, size, 0)
            flag = RecordFlag.F_SNAPSHOT
            deltas.append(OrderBookDelta(BTC, BookAction.ADD, order, flag, 0, ts, 1))
    return OrderBookDeltas(BTC, deltas)


def _naive_quote(data: dict) -> QuoteTick:
    bid, ask = data["bbo"]
    ts = data["time"] * 1_000_000
    prices = Price.from_str(bid["px"]), Price.from_str(ask["px"])
    sizes = Quantity.from_str(bid["sz"]), Quantity.from_str(ask["sz"])
    return QuoteTick(BTC, *prices, *sizes, ts, 1)


def _naive_trade(data: dict) -> TradeTick:
    side = AggressorSide.BUYER if data["side"] == "B" else AggressorSide.SELLER
    price, size = Price.from_str(data["px"]), Quantity.from_str(data["sz"])
    return TradeTick(BTC, price, size, side, TradeId(str(data["tid"])), data["time"] * 1_000_000, 1)
