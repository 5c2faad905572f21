"""What one call of the exchange engine brought each address, as rows of the wire, and what is kept.

An address is told of all its dexes at once; the engine's accounts are one for each dex.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby

import msgspec

from simulator.events import Trades
from simulator.exchange.events import (
    Event,
    Fill,
    FundingPaid,
    Liquidated,
    LiquidationMethod,
    OrderChanged,
    TwapChanged,
)
from simulator.exchange.liquidation import LIQUIDATOR
from simulator.exchange.model import ZERO, Status
from simulator.hyperliquid_perps import Perp
from simulator.hyperliquid_user_wire import (
    FIRST_TID,
    LIQUIDATOR_ADDRESS,
    NO_HASH,
    SIDES,
    LedgerRow,
    OrderRow,
    TwapFill,
    UserFill,
    address_of,
    frontend_order,
    funding_row,
    number,
    twap_row,
    usd,
    user_fill,
)
from simulator.universe import Json
from simulator.wire import Trade

ROWS_MAX = 10_000
"""The venue shows the newest 10,000 fills (fact sheet 2.3); we keep as many of everything."""

NOT_BY_USER = frozenset({
    Status.MARGIN_CANCELED,
    Status.SELF_TRADE_CANCELED,
    Status.REDUCE_ONLY_CANCELED,
    Status.SIBLING_FILLED_CANCELED,
    Status.LIQUIDATED_CANCELED,
    Status.SCHEDULED_CANCEL,
    Status.DELISTED_CANCELED,
})  # fmt: skip
"""The ends that no request of the user asked for at that moment: `nonUserCancel` (6.5)."""


class News(msgspec.Struct):
    """What happened to one address, oldest first; `coins` are those it concerns."""

    address: str
    orders: list[OrderRow] = msgspec.field(default_factory=list)
    fills: list[UserFill] = msgspec.field(default_factory=list)
    fundings: list[LedgerRow] = msgspec.field(default_factory=list)
    ledger: list[LedgerRow] = msgspec.field(default_factory=list)
    twaps: list[Json] = msgspec.field(default_factory=list)
    liquidations: list[Json] = msgspec.field(default_factory=list)
    cancels: list[Json] = msgspec.field(default_factory=list)
    profit: Decimal = ZERO

    @property
    def twap_fills(self) -> list[TwapFill]:
        """Return the fills by TWAPs."""
        return twap_fills(self.fills)


class Records:
    """What an address has been told since ever, oldest first.

    Attributes
    ----------
    profit : Decimal
        Closed profits and funding less fees.
    """

    def __init__(self) -> None:
        self.orders: deque[OrderRow] = deque(maxlen=ROWS_MAX)
        self.fills: deque[UserFill] = deque(maxlen=ROWS_MAX)
        self.fundings: deque[LedgerRow] = deque(maxlen=ROWS_MAX)
        self.ledger: deque[LedgerRow] = deque(maxlen=ROWS_MAX)
        self.twaps: deque[Json] = deque(maxlen=ROWS_MAX)
        self.profit = ZERO

    def keep(self, news: News) -> None:
        """Add what happened."""
        self.orders.extend(news.orders)
        self.fills.extend(news.fills)
        self.fundings.extend(news.fundings)
        self.ledger.extend(news.ledger)
        self.twaps.extend(news.twaps)
        self.profit += news.profit


def twap_fills(fills: Iterable[UserFill]) -> list[TwapFill]:
    """Return those of some fills that a TWAP made."""
    return [TwapFill(fill, fill.twap_id) for fill in fills if fill.twap_id is not None]


def aggregated(fills: Iterable[UserFill]) -> list[UserFill]:
    """Make one fill of those that one order got at one time."""
    return [_merged(list(same)) for _, same in groupby(fills, lambda fill: (fill.oid, fill.time))]


def _merged(fills: list[UserFill]) -> UserFill:
    if len(fills) == 1:
        return fills[0]
    size = _sum(fill.sz for fill in fills)
    notional = sum((Decimal(fill.px) * Decimal(fill.sz) for fill in fills), ZERO)
    return msgspec.structs.replace(
        fills[0],
        px=usd(notional / size),
        sz=number(size),
        closed_pnl=usd(_sum(fill.closed_pnl for fill in fills)),
        fee=usd(_sum(fill.fee for fill in fills)),
    )


def _sum(words: Iterable[str]) -> Decimal:
    return sum(map(Decimal, words), ZERO)


def gather(events: Iterable[Event], perps: Mapping[int, Perp], action_hash: str) -> list[News]:
    """Sort the events of one call by address, in the order in which each first appears."""
    found: dict[str, News] = {}
    for event in events:
        account = event.order.account if isinstance(event, OrderChanged) else event.account
        if account != LIQUIDATOR:
            address = address_of(account)
            _note(found.setdefault(address, News(address)), event, perps, action_hash)
    return list(found.values())


def _note(news: News, event: Event, perps: Mapping[int, Perp], action_hash: str) -> None:
    match event:
        case OrderChanged():
            _note_order(news, event, perps[event.order.asset])
        case Fill():
            news.fills.append(user_fill(event, perps[event.asset], action_hash))
            news.profit += event.closed_pnl - event.fee
        case FundingPaid():
            news.fundings.append(funding_row(event, perps[event.asset], action_hash))
            news.profit += event.amount
        case TwapChanged():
            news.twaps.append(twap_row(event, perps[event.request.asset]))
        case Liquidated():
            news.liquidations.append(_liquidation_event(event))
            news.ledger.append(LedgerRow(event.time, action_hash, _liquidation(event, perps)))


def _note_order(news: News, event: OrderChanged, perp: Perp) -> None:
    order = frontend_order(event.order, perp)
    news.orders.append(OrderRow(order, event.status.value, event.time))
    if event.status in NOT_BY_USER:
        news.cancels.append({"coin": perp.coin, "oid": event.order.oid})


def _liquidation_event(event: Liquidated) -> Json:
    return {
        "lid": event.lid,
        "liquidator": LIQUIDATOR_ADDRESS,
        "liquidated_user": address_of(event.account),
        "liquidated_ntl_pos": usd(event.notional),
        "liquidated_account_value": usd(event.account_value),
    }


def _liquidation(event: Liquidated, perps: Mapping[int, Perp]) -> Json:
    return {
        "type": "liquidation",
        "liquidatedNtlPos": usd(event.notional),
        "accountValue": usd(event.account_value),
        "leverageType": "Cross" if event.asset is None else "Isolated",
        "liquidatedPositions": [
            {"coin": perps[asset].coin, "szi": number(size)} for asset, size in event.positions
        ],
    }


def prints(events: Iterable[Event], perps: Mapping[int, Perp], action_hash: str) -> list[Trades]:
    """Return the trades that the public sees, by coin: each match once.

    What the backstop liquidator takes over did not pass through the book.
    """
    trades: dict[int, Trade] = {}
    for fill in events:
        if not isinstance(fill, Fill) or fill.tid in trades:
            continue
        if not (fill.liquidation and fill.liquidation.method is LiquidationMethod.BACKSTOP):
            trades[fill.tid] = _trade(fill, perps[fill.asset].coin, action_hash)
    coins = dict.fromkeys(trade.coin for trade in trades.values())
    return [
        Trades(coin, tuple(trade for trade in trades.values() if trade.coin == coin))
        for coin in coins
    ]


def _trade(fill: Fill, coin: str, action_hash: str) -> Trade:
    users = (address_of(fill.account), address_of(fill.counterparty))
    buys = fill.side.value > 0
    return Trade(
        coin=coin,
        side=SIDES[fill.side if fill.crossed else fill.side.opposite],
        px=number(fill.price),
        sz=number(fill.size),
        time=fill.time,
        hash=action_hash if fill.twap_id is None else NO_HASH,
        tid=FIRST_TID + fill.tid,
        users=users if buys else (users[1], users[0]),
    )
