"""Every question of POST /info that this venue answers, as one table; no socket here."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from simulator.hyperliquid_book import l2_book, valid_aggregation
from simulator.market import HOUR_MS, CoinState, Market
from simulator.numbers import to_wire
from simulator.universe import TIERED_TABLE, Json, Listing
from simulator.wire import Candle, Interval

FUNDING_MAX = 500
"""A reply for a time range has 500 elements at most (fact sheet 2)."""
ZERO = "0.0"

# Base weights and what is charged for each item of the answer (fact sheet 7).
WEIGHT = 20
WEIGHT_LIGHT = 2
WEIGHT_ROLE = 60
ITEMS_PER_WEIGHT = 20
CANDLES_PER_WEIGHT = 60

type Address = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{40}$")]


class BadShapeError(Exception):
    """The body is JSON of a shape that this question does not have; the venue answers 422."""


class Nothing(msgspec.Struct, frozen=True):
    """A question without arguments."""


class OfDex(msgspec.Struct, frozen=True):
    """A question about a dex, the venue's own by default."""

    dex: str | None = None


class OfTable(OfDex, frozen=True, kw_only=True):
    """A question about a margin table."""

    id: int


class OfCoin(msgspec.Struct, frozen=True):
    """A question about a coin."""

    coin: str


class OfBook(OfCoin, frozen=True, rename="camel"):
    """A question about a coin's book, aggregated or not."""

    n_sig_figs: int | None = None
    mantissa: int | None = None


class OfFunding(OfCoin, frozen=True, rename="camel"):
    """A question about a coin's funding from a time on."""

    start_time: int
    end_time: int | None = None


class CandleRange(OfCoin, frozen=True, rename="camel"):
    """Which candles are wanted."""

    interval: Interval
    start_time: int
    end_time: int | None = None


class OfCandles(msgspec.Struct, frozen=True):
    """A question about candles."""

    req: CandleRange


class OfUser(msgspec.Struct, frozen=True):
    """A question about an account; what else it may carry changes no empty answer."""

    user: Address


class OfUserSince(OfUser, frozen=True, rename="camel"):
    """A question about an account from a time on."""

    start_time: int


class OfOrder(OfUser, frozen=True):
    """A question about one order, by number or client id."""

    oid: int | Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{32}$")]


class OfUserCoin(OfUser, frozen=True):
    """A question about an account's trading of a coin."""

    coin: str


class OfBuilder(OfUser, frozen=True):
    """A question about an account and a builder."""

    builder: Address


class Question(msgspec.Struct, frozen=True):
    """How one info type is asked, answered and charged; `per` items of the answer weigh 1 more."""

    shape: type[msgspec.Struct]
    answer: Callable[[Market, int, Any], object]
    weight: int = WEIGHT
    per: int | None = None


class _Tag(msgspec.Struct, frozen=True):
    type: str


def ask(market: Market, now_ms: int, body: bytes) -> tuple[str, object, int]:
    """Answer a question; return its type, the answer and the weight that the answer adds.

    Raises
    ------
    msgspec.DecodeError
        The body is not JSON; its subclass ValidationError: it has no shape of a question.
    BadShapeError
        The question is unknown, or names what does not exist.
    """
    tag, question = _question(body)
    answer = question.answer(market, now_ms, msgspec.json.decode(body, type=question.shape))
    items = len(answer) if question.per and isinstance(answer, list) else 0
    return tag, answer, items // question.per if question.per else 0


def weight_of(body: bytes) -> int:
    """Return the base weight of a question; 20 of one that cannot be read."""
    try:
        return _question(body)[1].weight
    except (msgspec.DecodeError, BadShapeError):
        return WEIGHT


def _question(body: bytes) -> tuple[str, Question]:
    tag = msgspec.json.decode(body, type=_Tag).type
    if tag not in QUESTIONS:
        raise BadShapeError(f"Expected a known info type, was {tag}")
    return tag, QUESTIONS[tag]


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


def clearinghouse_state(now_ms: int) -> Json:
    """Return the perp account of someone who has nothing here (fact sheet 2.3)."""
    summary = dict.fromkeys(("accountValue", "totalNtlPos", "totalRawUsd", "totalMarginUsed"), ZERO)
    return {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "crossMaintenanceMarginUsed": ZERO,
        "withdrawable": ZERO,
        "assetPositions": [],
        "time": now_ms,
    }


def _active_asset_data(market: Market, now_ms: int, of: OfUserCoin) -> Json:
    state = _coin(market, of.coin)
    context = msgspec.to_builtins(market.context(state, now_ms))
    return {
        "user": of.user.lower(),
        "coin": of.coin,
        "leverage": {"type": "cross", "value": 20},
        "maxTradeSzs": [ZERO, ZERO],
        "availableToTrade": [ZERO, ZERO],
        "markPx": context["markPx"],
    }


def _always(answer: object) -> Callable[[Market, int, Any], object]:
    return lambda _market, _now_ms, _of: answer


FEES: Json = {
    "dailyUserVlm": [],
    "feeSchedule": {
        "cross": "0.00045",
        "add": "0.00015",
        "spotCross": "0.0007",
        "spotAdd": "0.0004",
        "tiers": {
            "vip": [
                {
                    "ntlCutoff": "5000000.0",
                    "cross": "0.0004",
                    "add": "0.00012",
                    "spotCross": "0.0006",
                    "spotAdd": "0.0003",
                }
            ],
            "mm": [{"makerFractionCutoff": "0.005", "add": "-0.00001"}],
        },
        "referralDiscount": "0.04",
        "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
    },
    "userCrossRate": "0.00045",
    "userAddRate": "0.00015",
    "userSpotCrossRate": "0.0007",
    "userSpotAddRate": "0.0004",
    "activeReferralDiscount": "0.0",
    "trial": None,
    "feeTrialEscrow": "0.0",
    "nextTrialAvailableTimestamp": None,
    "stakingLink": None,
    "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
}
"""The fees of the base tier (fact sheet 2.3 userFees, 5.7)."""

MAX_MARKET_NOTIONALS = [[25, "15000000.0"], [20, "5000000.0"], [10, "2000000.0"], [0, "500000.0"]]
"""The largest market orders by the coin's maximum leverage (fact sheet 5.3)."""

EMPTY_RATE_LIMIT = {"cumVlm": ZERO, "nRequestsUsed": 0, "nRequestsCap": 10_000}
PERIODS = ("day", "week", "month", "allTime")
EMPTY_PORTFOLIO = [
    [period, {"accountValueHistory": [], "pnlHistory": [], "vlm": ZERO}]
    for period in (*PERIODS, *(f"perp{name[0].upper()}{name[1:]}" for name in PERIODS))
]

_MARKET_QUESTIONS = {
    "meta": Question(OfDex, _meta),
    "allPerpMetas": Question(Nothing, lambda market, _now, _of: market.universe.metas),
    "perpDexs": Question(Nothing, lambda market, _now, _of: market.universe.dexs),
    "metaAndAssetCtxs": Question(OfDex, _meta_and_contexts),
    "spotMeta": Question(Nothing, lambda market, _now, _of: market.universe.spot),
    "spotMetaAndAssetCtxs": Question(Nothing, _spot_meta_and_contexts),
    "outcomeMeta": Question(Nothing, _always({"outcomes": [], "questions": []})),
    "marginTable": Question(OfTable, _margin_table),
    "maxMarketOrderNtls": Question(Nothing, _always(MAX_MARKET_NOTIONALS)),
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

# Nobody has an account here yet: every one of them is empty, as an unknown address is at the venue.
_ACCOUNT_QUESTIONS = {
    "clearinghouseState": Question(
        OfUser, lambda _market, now, _of: clearinghouse_state(now), WEIGHT_LIGHT
    ),
    "spotClearinghouseState": Question(OfUser, _always({"balances": []}), WEIGHT_LIGHT),
    "orderStatus": Question(OfOrder, _always({"status": "unknownOid"}), WEIGHT_LIGHT),
    "userFillsByTime": Question(OfUserSince, _always([])),
    "userFunding": Question(OfUserSince, _always([])),
    "userNonFundingLedgerUpdates": Question(OfUserSince, _always([])),
    "userFees": Question(OfUser, _always(FEES)),
    "userRateLimit": Question(OfUser, _always(EMPTY_RATE_LIMIT)),
    "userRole": Question(OfUser, _always({"role": "missing"}), WEIGHT_ROLE),
    "userAbstraction": Question(OfUser, _always("default")),
    "activeAssetData": Question(OfUserCoin, _active_asset_data),
    "maxBuilderFee": Question(OfBuilder, _always(0)),
    "portfolio": Question(OfUser, _always(EMPTY_PORTFOLIO)),
    "subAccounts": Question(OfUser, _always(None)),
    "userDexAbstraction": Question(OfUser, _always(None)),
} | {
    tag: Question(OfUser, _always([]))
    for tag in (
        "openOrders",
        "frontendOpenOrders",
        "historicalOrders",
        "userFills",
        "userTwapSliceFills",
        "twapHistory",
        "extraAgents",
        "approvedBuilders",
        "userVaultEquities",
    )
}

QUESTIONS = _MARKET_QUESTIONS | _ACCOUNT_QUESTIONS
"""Every info type that is answered; any other is 422 as at the venue."""
