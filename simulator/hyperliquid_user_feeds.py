"""What each feed of an account sends: its past at first, then what happened, or how it stands.

Facts: sheet 6.3 to 6.5. `orderUpdates`, `user` and `notification` have no past.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from simulator.hyperliquid_account_state import (
    asset_data,
    clearinghouse_state,
    open_orders,
    spot_state,
    twap_states,
)
from simulator.hyperliquid_feeds import (
    AccountState,
    AllAccountStates,
    AssetData,
    Notification,
    OpenOrders,
    OrderUpdates,
    SpotState,
    TwapStates,
    UserAlias,
    UserEvents,
    UserFeed,
    UserFills,
    UserFundings,
    UserLedger,
    UserOrderHistory,
    UserTwapFills,
    UserTwapHistory,
    message,
)
from simulator.hyperliquid_news import News, Records, aggregated, twap_fills
from simulator.hyperliquid_trading import Trading
from simulator.hyperliquid_user_wire import OrderUpdate, UserFill
from simulator.universe import Json

SNAPSHOT_MAX = 2_000
"""A feed begins with no more than /info gives at once (fact sheet 2.3)."""
STATE_EVERY_MS = 5_000
"""States are sent on change and every 5 s (fact sheet 6.3)."""

STATE_FEEDS = (AccountState, AllAccountStates, SpotState, OpenOrders, TwapStates, AssetData)
"""The feeds that show how an account stands, not what happened."""

TOLD = (
    OrderUpdates,
    UserEvents,
    UserAlias,
    UserFills,
    UserTwapFills,
    UserTwapHistory,
    UserFundings,
    UserLedger,
    UserOrderHistory,
    Notification,
    *STATE_FEEDS,
)
"""Who is told first: at the venue any order was seen (fact sheet 9.2), here it is always this."""


def past(feed: UserFeed, trading: Trading) -> str | None:
    """Write what was before the subscription; None for feeds that begin with nothing."""
    if type(feed) not in _ROWS:
        return None
    key, rows = _ROWS[type(feed)]
    kept = list(rows(feed, trading.records(feed.user)))[-SNAPSHOT_MAX:]
    return message(feed.channel, {"isSnapshot": True, "user": feed.user, key: kept})


def frames(feed: UserFeed, news: News, trading: Trading) -> Iterator[str]:
    """Write what has just happened to the feed's account, in one frame where that is one event."""
    match feed:
        case OrderUpdates():
            if news.orders:
                yield message("orderUpdates", [_update(row) for row in news.orders])
        case UserEvents() | UserAlias():
            for data in _events(news, with_twaps=trading.options.twaps_on_user):
                yield message("user", data)
        case Notification():
            for fill in news.fills:
                if not fill.crossed:
                    yield message("notification", {"notification": _words(fill)})
        case _ if type(feed) in _ROWS:
            key, rows = _ROWS[type(feed)]
            if fresh := list(rows(feed, news)):
                yield message(feed.channel, {"user": feed.user, key: fresh})
        case _:
            return


def _update(row: Any) -> OrderUpdate:  # noqa: ANN401
    return OrderUpdate(row.order.basic, row.status, row.status_timestamp)


def _words(fill: UserFill) -> str:
    did = "Bought" if fill.side == "B" else "Sold"
    return f"Resting order filled: {did} {fill.sz} {fill.coin} at ${fill.px}"


def _events(news: News, *, with_twaps: bool) -> Iterator[Json]:
    """Give what the `user` channel says: each an object of one key (fact sheet 6.5)."""
    if news.fills:
        yield {"fills": news.fills}
    for row in news.fundings:
        yield {"funding": row.flat}
    for liquidation in news.liquidations:
        yield {"liquidation": liquidation}
    if news.cancels:
        yield {"nonUserCancel": news.cancels}
    if with_twaps and news.twaps:
        yield {"twapHistory": news.twaps}
    if with_twaps and (fills := twap_fills(news.fills)):
        yield {"twapSliceFills": fills}


def _fills(feed: Any, of: News | Records) -> Iterable[object]:  # noqa: ANN401
    return aggregated(of.fills) if feed.aggregate_by_time else of.fills


_ROWS: dict[type, tuple[str, Callable[[Any, News | Records], Iterable[object]]]] = {
    UserFills: ("fills", _fills),
    UserFundings: ("fundings", lambda _feed, of: (row.flat for row in of.fundings)),
    UserLedger: ("nonFundingLedgerUpdates", lambda _feed, of: of.ledger),
    UserTwapFills: ("twapSliceFills", lambda _feed, of: twap_fills(of.fills)),
    UserTwapHistory: ("history", lambda _feed, of: of.twaps),
    UserOrderHistory: ("orderHistory", lambda _feed, of: of.orders),
}
"""The feeds of rows: under which key, and which of what is kept, oldest first."""


def state(feed: UserFeed, trading: Trading) -> Json | None:
    """Return how the feed's account stands, without times; None of a feed that shows no state."""
    user = feed.user
    own: Json
    match feed:
        case AccountState():
            own = {
                "dex": feed.dex,
                "clearinghouseState": clearinghouse_state(trading, user, feed.dex),
            }
        case AllAccountStates():
            dexes = [dex["name"] if dex else "" for dex in trading.market.universe.dexs]
            own = {
                "clearinghouseStates": [
                    [dex, clearinghouse_state(trading, user, dex)] for dex in dexes
                ]
            }
        case SpotState():
            own = {"spotState": spot_state(trading, user)}
        case OpenOrders():
            own = {"dex": feed.dex, "orders": open_orders(trading, user, feed.dex)}
        case TwapStates():
            own = {"dex": feed.dex, "states": twap_states(trading, user, feed.dex)}
        case AssetData():
            perp = next((perp for perp in trading.perps.values() if perp.coin == feed.coin), None)
            return None if perp is None else asset_data(trading, user, perp)
        case _:
            return None
    return {"user": user} | own


def state_frame(feed: UserFeed, stands: Json, now_ms: int) -> str:
    """Write a state; a clearinghouse's carries the time."""
    match feed:
        case AccountState():
            timed = stands["clearinghouseState"] | {"time": now_ms}
            return message(feed.channel, stands | {"clearinghouseState": timed})
        case AllAccountStates():
            pairs = [[dex, each | {"time": now_ms}] for dex, each in stands["clearinghouseStates"]]
            return message(feed.channel, stands | {"clearinghouseStates": pairs})
        case _:
            return message(feed.channel, stands)
