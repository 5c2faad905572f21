"""What a client may say on /ws and subscribe to, and what each feed sends; no socket here."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from simulator.events import Bbo, Book, Context, MinuteCandle, Trades
from simulator.hyperliquid_book import FAST_LEVELS, bbo, l2_book, valid_aggregation
from simulator.hyperliquid_info import all_contexts, all_mids
from simulator.hyperliquid_questions import Address
from simulator.market import Change, CoinState, Market
from simulator.wire import Interval, PerpContext


class Feed(msgspec.Struct, frozen=True, tag_field="type", rename="camel"):
    """A subscription; its JSON, written again, is the normalized echo of the venue."""

    @property
    def channel(self) -> str:
        """Return the channel on which it is served."""
        return str(self.__struct_config__.tag)


class CoinFeed(Feed, frozen=True):
    """A subscription to a coin."""

    coin: str


class UserFeed(Feed, frozen=True):
    """A subscription to an account."""

    user: Address


class AllMids(Feed, frozen=True, tag="allMids"):
    """The middle prices of every coin of a dex."""

    dex: str = ""


class L2Book(CoinFeed, frozen=True, tag="l2Book"):
    """Whole books."""

    n_sig_figs: int | None = None
    mantissa: int | None = None
    fast: bool = False


class BestQuote(CoinFeed, frozen=True, tag="bbo"):
    """The top of the book, when it changes."""


class TradeFeed(CoinFeed, frozen=True, tag="trades"):
    """Trades."""


class CandleFeed(CoinFeed, frozen=True, tag="candle"):
    """The open candle of an interval."""

    interval: Interval


class AssetContext(CoinFeed, frozen=True, tag="activeAssetCtx"):
    """A coin's context."""


class AllContexts(Feed, frozen=True, tag="allDexsAssetCtxs"):
    """The contexts of every perp."""


class OrderUpdates(UserFeed, frozen=True, tag="orderUpdates"):
    """An account's orders; no snapshot."""


class UserEvents(UserFeed, frozen=True, tag="userEvents"):
    """An account's fills and funding; served as `user`, no snapshot."""


class UserAlias(UserFeed, frozen=True, tag="user"):
    """Another name of `userEvents`."""


class Notification(UserFeed, frozen=True, tag="notification"):
    """Texts for an account; no snapshot."""


class UserFills(UserFeed, frozen=True, tag="userFills"):
    """An account's fills."""

    aggregate_by_time: bool = False


class UserFundings(UserFeed, frozen=True, tag="userFundings"):
    """An account's funding payments."""


class UserLedger(UserFeed, frozen=True, tag="userNonFundingLedgerUpdates"):
    """An account's transfers."""


class UserTwapFills(UserFeed, frozen=True, tag="userTwapSliceFills"):
    """An account's fills by TWAP orders."""


class UserTwapHistory(UserFeed, frozen=True, tag="userTwapHistory"):
    """An account's TWAP orders."""


class UserOrderHistory(UserFeed, frozen=True, tag="userHistoricalOrders"):
    """An account's past orders."""


class AssetData(UserFeed, frozen=True, tag="activeAssetData"):
    """An account's leverage of a coin."""

    coin: str


class AccountState(UserFeed, frozen=True, tag="clearinghouseState"):
    """An account's perp state."""

    dex: str = ""


class SpotState(UserFeed, frozen=True, tag="spotState"):
    """An account's spot balances."""


class OpenOrders(UserFeed, frozen=True, tag="openOrders"):
    """An account's open orders."""

    dex: str = ""


class TwapStates(UserFeed, frozen=True, tag="twapStates"):
    """An account's running TWAP orders."""

    dex: str = ""


class WebData2(UserFeed, frozen=True, tag="webData2"):
    """The old web page's aggregate; accepted, nothing is sent."""


class WebData3(UserFeed, frozen=True, tag="webData3"):
    """The web page's aggregate; accepted, nothing is sent."""


class AllAccountStates(UserFeed, frozen=True, tag="allDexsClearinghouseState"):
    """An account's perp state on every dex."""


type AnyFeed = (
    AllMids | L2Book | BestQuote | TradeFeed | CandleFeed | AssetContext | AllContexts
    | OrderUpdates | UserEvents | UserAlias | Notification | UserFills | UserFundings | UserLedger
    | UserTwapFills | UserTwapHistory | UserOrderHistory | AssetData | AccountState | SpotState
    | OpenOrders | TwapStates | WebData2 | WebData3 | AllAccountStates
)  # fmt: skip


class Ping(msgspec.Struct, frozen=True, tag_field="method", tag="ping"):
    """The application's ping, answered `{"channel":"pong"}`."""


class Subscribe(msgspec.Struct, frozen=True, tag_field="method", tag="subscribe"):
    """A wish to hear a feed."""

    subscription: AnyFeed


class Unsubscribe(msgspec.Struct, frozen=True, tag_field="method", tag="unsubscribe"):
    """A wish to hear no more of a feed."""

    subscription: AnyFeed


class PostRequest(msgspec.Struct, frozen=True):
    """What is posted: an info question or a signed action."""

    type: Literal["info", "action"]
    payload: msgspec.Raw


class Posted(msgspec.Struct, frozen=True, tag_field="method", tag="post"):
    """A request that would go to /info or /exchange."""

    id: int
    request: PostRequest


REQUEST = msgspec.json.Decoder(Ping | Subscribe | Unsubscribe | Posted)
"""Reads what a client says; anything else is a DecodeError."""


def normalized[F: Feed](feed: F) -> F:
    """Return the feed as the venue repeats it: addresses in lower case."""
    if isinstance(feed, UserFeed):
        return msgspec.structs.replace(feed, user=feed.user.lower())
    return feed


def valid(feed: Feed, market: Market) -> bool:
    """Tell whether the feed exists: a known coin or dex, an aggregation that the venue knows."""
    coin = getattr(feed, "coin", None)
    if coin is not None and market.coin(coin) is None:
        return False
    if isinstance(feed, L2Book) and not valid_aggregation(feed.n_sig_figs, feed.mantissa):
        return False
    dex = getattr(feed, "dex", "")
    return market.universe.dex_index(dex) is not None


def message(channel: str, data: object) -> str:
    """Write a frame of the venue."""
    return msgspec.json.encode({"channel": channel, "data": data}).decode()


def topic(change: Change) -> tuple[str, str]:
    """Return which feeds a change concerns: their name and coin."""
    names: dict[type, str] = {
        Book: "l2Book",
        Bbo: "bbo",
        Trades: "trades",
        Context: "activeAssetCtx",
        MinuteCandle: "candle",
    }
    return names[type(change)], change.coin


def update(feed: Feed, change: Change, state: CoinState) -> str:
    """Write what a change means for a feed of its topic; a recorded frame goes out as it came."""
    if change.frame is not None and _takes_frames(feed):
        return change.frame
    match feed, change:
        case L2Book(), _:
            return message("l2Book", _book(feed, state))
        case CandleFeed(), _:
            return message("candle", state.series.last(feed.interval))
        case _, Trades():
            return message("trades", change.trades)
        case _, Context():
            return _context(state, change.context)
        case _:
            return message("bbo", bbo(state))


def _takes_frames(feed: Feed) -> bool:
    """Tell whether recorded frames, whole books and minutes, are what the feed wants."""
    match feed:
        case L2Book():
            return feed == L2Book(feed.coin)
        case CandleFeed():
            return feed.interval == "1m"
        case _:
            return True


def snapshot(feed: Feed, market: Market, now_ms: int) -> Iterator[str]:
    """Write what a new subscriber of the market gets after the acknowledgement (6.3)."""
    if isinstance(feed, CoinFeed):
        state = market.coin(feed.coin)
        if state is not None:
            yield from _coin_snapshot(feed, state, market, now_ms)
    else:
        yield periodic(feed, market, now_ms)


def periodic(feed: Feed, market: Market, now_ms: int) -> str:
    """Write the present state of a feed over many coins."""
    if isinstance(feed, AllMids):
        mids: dict[str, object] = {
            "mids": all_mids(market, market.universe.dex_index(feed.dex) or 0)
        }
        return message(feed.channel, mids | ({"dex": feed.dex} if feed.dex else {}))
    return message(feed.channel, {"ctxs": all_contexts(market, now_ms)})


def _coin_snapshot(feed: CoinFeed, state: CoinState, market: Market, now_ms: int) -> Iterator[str]:
    match feed:
        case L2Book() if state.book_time:
            yield message("l2Book", _book(feed, state))
        case BestQuote() if state.quote.time:
            yield message("bbo", bbo(state))
        case TradeFeed() if state.trades:
            yield message("trades", list(state.trades))
        case CandleFeed() if state.series:
            yield message("candle", state.series.last(feed.interval))
        case AssetContext():
            yield _context(state, market.context(state, now_ms))
        case _:
            return


def _book(feed: L2Book, state: CoinState) -> dict[str, object]:
    depth = FAST_LEVELS if feed.fast else None
    return l2_book(state, feed.n_sig_figs, feed.mantissa, depth)


def _context(state: CoinState, context: object) -> str:
    channel = "activeAssetCtx" if isinstance(context, PerpContext) else "activeSpotAssetCtx"
    return message(channel, {"coin": state.listing.coin, "ctx": context})
