"""Every question of POST /info that this venue answers, and those on the market; no socket here."""

from collections.abc import Callable
from typing import Any

import msgspec

from simulator.hyperliquid_account_info import ACCOUNT_QUESTIONS
from simulator.hyperliquid_book import l2_book, valid_aggregation
from simulator.hyperliquid_perps import MAX_MARKET_NOTIONALS
from simulator.hyperliquid_questions import (
    CANDLES_PER_WEIGHT,
    ITEMS_PER_WEIGHT,
    WEIGHT,
    WEIGHT_LIGHT,
    ZERO,
    BadShapeError,
    Nothing,
    OfBook,
    OfCandles,
    OfCoin,
    OfDex,
    OfFunding,
    OfTable,
    Question,
)
from simulator.hyperliquid_trading import Trading
from simulator.market import HOUR_MS, CoinState, Market
from simulator.numbers import to_wire
from simulator.universe import TIERED_TABLE, Json, Listing
from simulator.wire import Candle

FUNDING_MAX = 500
"""A reply for a time range has 500 elements at most (fact sheet 2)."""


class _Tag(msgspec.Struct, frozen=True):
    type: str


def ask(trading: Trading, now_ms: int, body: bytes) -> tuple[str, object, int]:
    """Answer a question; return its type, the answer and the weight that the answer adds.

    Raises
    ------
    msgspec.DecodeError
        The body is not JSON; its subclass ValidationError: it has no shape of a question.
    BadShapeError
        The question is unknown, or names what does not exist.
    """
    tag = _tag(body)
    if tag in ACCOUNT_QUESTIONS:
        answer, weight = _answer(ACCOUNT_QUESTIONS[tag], trading, now_ms, body)
    else:
        answer, weight = _answer(MARKET_QUESTIONS[tag], trading.market, now_ms, body)
    return tag, answer, weight


def weight_of(body: bytes) -> int:
    """Return the base weight of a question; 20 of one that cannot be read."""
    try:
        return QUESTIONS[_tag(body)].weight
    except (msgspec.DecodeError, BadShapeError):
        return WEIGHT


def _tag(body: bytes) -> str:
    tag = msgspec.json.decode(body, type=_Tag).type
    if tag not in QUESTIONS:
        raise BadShapeError(f"Expected a known info type, was {tag}")
    return tag


def _answer[S](question: Question[S], of: S, now_ms: int, body: bytes) -> tuple[object, int]:
    answer = question.answer(of, now_ms, msgspec.json.decode(body, type=question.shape))
    items = len(answer) if question.per and isinstance(answer, list) else 0
    return answer, items // question.per if question.per else 0


def _dex(market: Market, name: str | None) -> int:
    index = market.universe.dex_index(name or "")
    if index is None:
        raise BadShapeError(f"Expected a known dex, was {name}")
    return index


def _coin(market: Market, name: str) -> CoinState:
    state = market.coin(name)
    if state is None:
        raise BadShapeError(f"Expected a known coin, was {name}")
    return state


def _contexts(market: Market, listings: list[Listing], now_ms: int) -> list[object]:
    return [market.context(_coin(market, listing.coin), now_ms) for listing in listings]


def _meta(market: Market, _now_ms: int, of: OfDex) -> Json:
    return market.universe.metas[_dex(market, of.dex)]


def _meta_and_contexts(market: Market, now_ms: int, of: OfDex) -> list[object]:
    dex = _dex(market, of.dex)
    return [
        market.universe.metas[dex],
        _contexts(market, market.universe.perps(dex), now_ms),
    ]


def _spot_meta_and_contexts(market: Market, now_ms: int, _of: Nothing) -> list[object]:
    return [market.universe.spot, _contexts(market, market.universe.pairs(), now_ms)]


def all_contexts(market: Market, now_ms: int) -> list[tuple[str, list[object]]]:
    """Return the contexts of every dex's perps, as `allDexsAssetCtxs` sends them."""
    universe = market.universe
    return [
        (dex["name"] if dex else "", _contexts(market, universe.perps(index), now_ms))
        for index, dex in enumerate(universe.dexs)
    ]


def all_mids(market: Market, dex: int) -> dict[str, str]:
    """Return the middle price of every coin of a dex; spot pairs come with the venue's own."""
    universe = market.universe
    listings = universe.perps(dex) + (universe.pairs() if dex == 0 else [])
    states = [_coin(market, listing.coin) for listing in listings if not listing.delisted]
    return {state.listing.coin: to_wire(state.price) for state in states if state.price}


def _margin_table(market: Market, _now_ms: int, of: OfTable) -> Json:
    if 0 < of.id < TIERED_TABLE:
        return {"description": "", "marginTiers": [{"lowerBound": ZERO, "maxLeverage": of.id}]}
    tables = dict(market.universe.metas[_dex(market, of.dex)]["marginTables"])
    if of.id not in tables:
        raise BadShapeError(f"Expected a known margin table, was {of.id}")
    table: Json = tables[of.id]
    return table


def _l2_book(market: Market, _now_ms: int, of: OfBook) -> object:
    if not valid_aggregation(of.n_sig_figs, of.mantissa):
        raise BadShapeError(f"Expected nSigFigs 2 to 5 and mantissa 1, 2 or 5, was {of}")
    state = market.coin(of.coin)
    return l2_book(state, of.n_sig_figs, of.mantissa) if state else None


def _candles(market: Market, now_ms: int, of: OfCandles) -> list[Candle]:
    req = of.req
    end_ms = now_ms if req.end_time is None else req.end_time
    return _coin(market, req.coin).series.between(req.interval, req.start_time, end_ms)


def _recent_trades(market: Market, _now_ms: int, of: OfCoin) -> list[object]:
    return list(reversed(_coin(market, of.coin).trades))


def _funding_history(market: Market, now_ms: int, of: OfFunding) -> list[object]:
    end_ms = now_ms if of.end_time is None else of.end_time
    rates = _coin(market, of.coin).funding
    wanted = [rate for rate in rates if of.start_time <= rate.time <= end_ms]
    return list(wanted[:FUNDING_MAX])


def _predicted_fundings(market: Market, now_ms: int, _of: Nothing) -> list[object]:
    next_ms = now_ms - now_ms % HOUR_MS + HOUR_MS
    listed = [perp for perp in market.universe.perps(0) if not perp.delisted]
    rates = [market.context(_coin(market, perp.coin), now_ms) for perp in listed]
    return [
        [
            perp.coin,
            [
                [
                    "HlPerp",
                    {
                        "fundingRate": msgspec.to_builtins(context)["funding"],
                        "nextFundingTime": next_ms,
                        "fundingIntervalHours": 1,
                    },
                ]
            ],
        ]
        for perp, context in zip(listed, rates, strict=True)
    ]


def _always(answer: object) -> Callable[[Market, int, Any], object]:
    return lambda _market, _now_ms, _of: answer


MARKET_QUESTIONS: dict[str, Question[Market]] = {
    "meta": Question(OfDex, _meta),
    "allPerpMetas": Question(Nothing, lambda market, _now, _of: market.universe.metas),
    "perpDexs": Question(Nothing, lambda market, _now, _of: market.universe.dexs),
    "metaAndAssetCtxs": Question(OfDex, _meta_and_contexts),
    "spotMeta": Question(Nothing, lambda market, _now, _of: market.universe.spot),
    "spotMetaAndAssetCtxs": Question(Nothing, _spot_meta_and_contexts),
    "outcomeMeta": Question(Nothing, _always({"outcomes": [], "questions": []})),
    "marginTable": Question(OfTable, _margin_table),
    "maxMarketOrderNtls": Question(Nothing, _always(list(MAX_MARKET_NOTIONALS))),
    "perpsAtOpenInterestCap": Question(OfDex, _always([])),
    "exchangeStatus": Question(
        Nothing, lambda _market, now, _of: {"time": now, "specialStatuses": None}, WEIGHT_LIGHT
    ),
    "allMids": Question(
        OfDex, lambda market, _now, of: all_mids(market, _dex(market, of.dex)), WEIGHT_LIGHT
    ),
    "l2Book": Question(OfBook, _l2_book, WEIGHT_LIGHT),
    "candleSnapshot": Question(OfCandles, _candles, per=CANDLES_PER_WEIGHT),
    "recentTrades": Question(OfCoin, _recent_trades, per=ITEMS_PER_WEIGHT),
    "fundingHistory": Question(OfFunding, _funding_history, per=ITEMS_PER_WEIGHT),
    "predictedFundings": Question(Nothing, _predicted_fundings),
}

QUESTIONS: dict[str, Question[Any]] = MARKET_QUESTIONS | ACCOUNT_QUESTIONS
"""Every info type that is answered; any other is 422 as at the venue."""
