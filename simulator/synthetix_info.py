"""Every action of POST /v1/info that this venue answers; no socket here."""

from decimal import Decimal
from itertools import islice

import msgspec
from eth_utils.address import is_checksum_address

from simulator.candles import DAY_MS, next_open_ms, open_ms
from simulator.market import HOUR_MS
from simulator.synthetix_answers import Answer, refused
from simulator.synthetix_book import view
from simulator.synthetix_floor import Floor
from simulator.synthetix_questions import (
    AskError,
    Nothing,
    OfBook,
    OfCandles,
    OfFunding,
    OfMarkets,
    OfSymbol,
    OfTrades,
    OfWallet,
    Question,
    market_of,
)
from simulator.synthetix_quotes import (
    candle,
    context_of,
    market_price,
    mid_price,
    open_interest,
    trade,
)
from simulator.synthetix_requests import Head
from simulator.synthetix_status import exchange_status
from simulator.synthetix_terms import collaterals, fee_tiers, market
from simulator.wire import FundingRate

type Wire = dict[str, object]

BOOK_LIMITS = frozenset({5, 10, 20, 50, 100, 500, 1000})
TRADES_MAX = 100
CANDLES_USUAL = 500
CANDLES_MAX = 1_000
"""The venue's own limits of candles are not documented."""
FUNDING_DAYS_MAX = 30
FUNDING_MAX = 2_160
"""How far back funding is told, and how many rows (fact sheet 4)."""


def ask(floor: Floor, now_ms: int, head: Head) -> Answer:
    """Answer a question, or refuse it."""
    question = QUESTIONS.get(head.action)
    if question is None:
        return refused("VALIDATION_ERROR", f"unknown action: {head.action}")
    try:
        of = msgspec.json.decode(head.params, type=question.shape)
    except msgspec.ValidationError:
        return refused("VALIDATION_ERROR", "Invalid request parameters")
    try:
        return Answer(response=question.answer(floor, now_ms, of))
    except AskError as e:
        return Answer(refusal=e.refusal)


def _markets(floor: Floor, _now_ms: int, of: OfMarkets) -> list[Wire]:
    listed = floor.open_markets() if of.active_only else list(floor.markets.values())
    return [market(perp, floor.dialect) for perp in listed]


def _prices(floor: Floor, now_ms: int, _of: Nothing) -> dict[str, Wire]:
    return {perp.symbol: market_price(floor, perp, now_ms) for perp in floor.open_markets()}


def _book(floor: Floor, _now_ms: int, of: OfBook) -> dict[str, object]:
    perp = market_of(floor, of.symbol)
    if of.limit not in BOOK_LIMITS:
        raise AskError("VALIDATION_ERROR", "invalid limit")
    book = view(floor.state(perp), perp.terms, of.limit, floor.dialect)
    return {"bids": book.bids, "asks": book.asks}


def _last_trades(floor: Floor, _now_ms: int, of: OfTrades) -> Wire:
    perp = market_of(floor, of.symbol)
    if not 1 <= of.limit <= TRADES_MAX or of.offset < 0:
        raise AskError("VALIDATION_ERROR", f"limit must be between 1 and {TRADES_MAX}")
    newest = islice(reversed(floor.state(perp).trades), of.offset, of.offset + of.limit)
    rows = [trade(perp, one, floor.dialect) | {"timestamp": one.time} for one in newest]
    return {"trades": rows}


def _candles(floor: Floor, now_ms: int, of: OfCandles) -> Wire:
    perp = market_of(floor, of.symbol)
    if of.limit < 0:
        raise AskError("VALIDATION_ERROR", "Invalid request parameters")
    limit = min(of.limit or CANDLES_USUAL, CANDLES_MAX)
    end_ms = now_ms if of.end_time is None else of.end_time
    start_ms = of.start_time
    if start_ms is None:
        opened = open_ms(of.interval, end_ms)
        start_ms = opened - (limit - 1) * (next_open_ms(of.interval, opened) - opened)
    bars = floor.state(perp).series.bars_between(of.interval, max(start_ms, 0), end_ms)
    bars = [bar for bar in bars if bar.time >= start_ms] if of.start_time is not None else bars
    # A client that pages by time goes on behind the last one that it was told.
    told = bars[:limit] if of.start_time is not None else bars[-limit:]
    rows = [candle(of.interval, bar) for bar in told]
    return {"symbol": perp.symbol, "interval": of.interval, "candles": rows or None}


def _funding_rate(floor: Floor, now_ms: int, of: OfSymbol) -> Wire:
    perp = market_of(floor, of.symbol, "Funding rate not found")
    settled = floor.state(perp).funding
    last = settled[-1] if settled else None
    hour_ms = now_ms - now_ms % HOUR_MS
    figure = floor.dialect.figure
    return {
        "symbol": perp.symbol,
        "estimatedFundingRate": figure(Decimal(context_of(floor, perp, now_ms).funding)),
        "lastSettlementRate": figure(None if last is None else Decimal(last.funding_rate)),
        "lastSettlementTime": hour_ms if last is None else last.time - last.time % HOUR_MS,
        "nextFundingTime": hour_ms + HOUR_MS,
        "fundingInterval": HOUR_MS,
    }


def _funding_history(floor: Floor, now_ms: int, of: OfFunding) -> Wire:
    perp = market_of(floor, of.symbol, "Funding rate not found")
    if of.start_time is None or of.end_time is None:
        raise AskError("VALIDATION_ERROR", "startTime and endTime are required")
    if of.start_time > of.end_time:
        raise AskError("VALIDATION_ERROR", "startTime must not be after endTime")
    if of.start_time < now_ms - FUNDING_DAYS_MAX * DAY_MS:
        words = f"startTime must be within the last {FUNDING_DAYS_MAX} days"
        raise AskError("VALIDATION_ERROR", words)
    start_ms, end_ms = of.start_time, of.end_time
    rates = [rate for rate in floor.state(perp).funding if start_ms <= _hour(rate) <= end_ms]
    limit = min(of.limit if of.limit > 0 else FUNDING_MAX, FUNDING_MAX)
    rows = [
        {
            "fundingRate": floor.dialect.figure(Decimal(rate.funding_rate)),
            "fundingTime": _hour(rate),
            "appliedAt": rate.time,
        }
        for rate in reversed(rates[-limit:])
    ]
    return {"symbol": perp.symbol, "fundingRates": rows}


def _hour(rate: FundingRate) -> int:
    return rate.time - rate.time % HOUR_MS


def _open_interest(floor: Floor, now_ms: int, of: OfSymbol) -> list[Wire]:
    perps = [market_of(floor, of.symbol)] if of.symbol else floor.open_markets()
    return [open_interest(floor, perp, now_ms) for perp in perps]


def _mids(floor: Floor, _now_ms: int, _of: Nothing) -> dict[str, str]:
    states = {perp.symbol: floor.state(perp) for perp in floor.open_markets()}
    return {symbol: floor.dialect.figure(mid_price(state)) for symbol, state in states.items()}


def _max_leverage(floor: Floor, _now_ms: int, of: OfSymbol) -> Wire:
    perp = market_of(floor, of.symbol)
    return {"symbol": perp.symbol, "maxLeverage": perp.max_leverage}


def _sub_account_ids(floor: Floor, _now_ms: int, of: OfWallet) -> object:
    held = floor.trading.sub_accounts(_wallet(of))
    if not of.include_delegations:
        return held.owned
    return {"subAccountIds": held.owned, "delegatedSubAccountIds": held.delegated}


def _is_whitelisted(floor: Floor, _now_ms: int, of: OfWallet) -> bool:
    return floor.trading.is_whitelisted(_wallet(of))


def _wallet(of: OfWallet) -> str:
    """Return a wallet's address; only with its EIP-55 checksum is it one (fact sheet 4)."""
    if not is_checksum_address(of.wallet_address):
        raise AskError("VALIDATION_ERROR", "invalid wallet address")
    return of.wallet_address


QUESTIONS: dict[str, Question] = {
    "getMarkets": Question(OfMarkets, _markets),
    "getMarketPrices": Question(Nothing, _prices),
    "getOrderbook": Question(OfBook, _book),
    "getLastTrades": Question(OfTrades, _last_trades),
    "getCandles": Question(OfCandles, _candles),
    "getFundingRate": Question(OfSymbol, _funding_rate),
    "getFundingRateHistory": Question(OfFunding, _funding_history),
    "getOpenInterest": Question(OfSymbol, _open_interest),
    "getMids": Question(Nothing, _mids),
    "getMaxLeverage": Question(OfSymbol, _max_leverage),
    "getCollaterals": Question(Nothing, lambda _floor, _now, _of: collaterals()),
    "getTiers": Question(Nothing, lambda _floor, _now, _of: fee_tiers()),
    "getSubAccountIds": Question(OfWallet, _sub_account_ids),
    "getIsWhitelisted": Question(OfWallet, _is_whitelisted),
    "getExchangeStatus": Question(
        Nothing, lambda floor, now, _of: exchange_status(floor.notice, now)
    ),
}
"""Every action that is answered; any other is refused with VALIDATION_ERROR."""
