"""The messages of Hyperliquid as frozen structs with the venue's own field names; no Nautilus type.

Market prices and sizes of the hot streams are floats, decoded from the venue's quoted decimals:
exact while a number has at most 15 significant digits, which `tests/adapters/hyperliquid/
test_exactness.py` proves over the venue's whole range. Everything else is Decimal, str or int.
Unknown fields are ignored. Times are Unix milliseconds.

Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api and its pages
info-endpoint (REST) and websocket/subscriptions (streams).
"""

# ruff: noqa: N815 - fields are called what the venue calls them

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

# Nautilus would take a price below zero; on this venue it is a broken frame.
type PositivePrice = Annotated[float, msgspec.Meta(gt=0)]


class Level(msgspec.Struct, frozen=True, gc=False):
    """One price of a book: `{"px":"111065.0","sz":"6.98048","n":16}`; n counts its orders."""

    px: PositivePrice
    sz: float
    n: int = 0


class Book(msgspec.Struct, frozen=True, gc=False):
    """
    A whole book, at most 20 levels a side, best first (l2Book, REST and stream).

    `{"coin":"BTC","time":1757130041083,"levels":[[{"px":"111065.0","sz":"6.98048","n":16}],[]]}`
    """

    coin: str
    time: int
    levels: tuple[list[Level], list[Level]]


class Bbo(msgspec.Struct, frozen=True, gc=False):
    """
    The best bid and offer (bbo); an empty side is null.

    `{"coin":"SOL","time":1765887848009,"bbo":[{"px":"128.5","sz":"36.93","n":2},null]}`
    """

    coin: str
    time: int
    bbo: tuple[Level | None, Level | None]


class Trade(msgspec.Struct, frozen=True, gc=False):
    """
    One public trade (trades, recentTrades); side is the aggressor's, B buys and A sells.

    `{"coin":"SOL","side":"A","px":"128.5","sz":"0.42","time":1765887848009,"hash":"0xab7a",
    "tid":867891549538215,"users":["0x7684","0xbb05"]}`
    """

    coin: str
    side: Literal["A", "B"]
    px: PositivePrice
    sz: float
    time: int
    tid: int


class Candle(msgspec.Struct, frozen=True, gc=False):
    """
    One candle (candle, candleSnapshot) from t to T = t + interval - 1; v is base volume, n trades.

    `{"t":1684699200000,"T":1684702799999,"s":"kPEPE","i":"1h","o":"0.001601","c":"0.001604",
    "h":"0.001616","l":"0.001601","v":"520665683.0","n":709}`
    """

    t: int
    T: int
    s: str
    i: str
    o: PositivePrice
    c: PositivePrice
    h: PositivePrice
    l: PositivePrice  # noqa: E741 - the venue's name
    v: float
    n: int

    @property
    def series(self) -> tuple[str, str]:
        """The coin and the interval."""
        return (self.s, self.i)

    @property
    def open_ms(self) -> int:
        """When it begins, in Unix milliseconds."""
        return self.t

    @property
    def end_ms(self) -> int:
        """When it ends, in Unix milliseconds: the venue's T is the last one inside it."""
        return self.T + 1

    @property
    def trades(self) -> int:
        """How many trades it holds so far."""
        return self.n


class AssetCtx(msgspec.Struct, frozen=True, gc=False):
    """
    The state of one market (activeAssetCtx, activeSpotAssetCtx).

    `{"funding":"0.0000125","oraclePx":"128.41","markPx":"128.45","midPx":"128.48", ...}`; funding
    is the predicted hourly rate. Spot markets have neither funding nor oracle price.
    """

    markPx: PositivePrice
    oraclePx: PositivePrice | None = None
    funding: Decimal | None = None


class CoinCtx(msgspec.Struct, frozen=True, gc=False):
    """The data of an asset context frame: `{"coin":"SOL","ctx":{"markPx":"128.45"}}`."""

    coin: str
    ctx: AssetCtx


class WsBook(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="l2Book"):
    """A frame of stream l2Book."""

    data: Book

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("l2Book", self.data.coin)


class WsBbo(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="bbo"):
    """A frame of stream bbo."""

    data: Bbo

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("bbo", self.data.coin)


class WsTrades(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="trades"):
    """A frame of stream trades; the first after subscribing repeats recent trades."""

    data: list[Trade]

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("trades", self.data[0].coin if self.data else "")


class WsCandle(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="candle"):
    """A frame of stream candle; the candle is open until one with a later t comes."""

    data: Candle

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("candle", self.data.s, self.data.i)


class WsAssetCtx(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="activeAssetCtx"):
    """A frame of stream activeAssetCtx of a perpetual."""

    data: CoinCtx

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("activeAssetCtx", self.data.coin)


class WsSpotAssetCtx(
    msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="activeSpotAssetCtx"
):
    """A frame of stream activeAssetCtx of a spot pair."""

    data: CoinCtx

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("activeAssetCtx", self.data.coin)


class WsPong(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="pong"):
    """The answer to `{"method":"ping"}`: `{"channel":"pong"}`."""


class WsError(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="error"):
    """A refusal in words: `{"channel":"error","data":"Already subscribed: {...}"}`."""

    data: str


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """
    What a client subscribes, and the venue's echo of it.

    `{"type":"candle","coin":"SOL","interval":"1m"}`; nSigFigs (2 to 5) and mantissa (1, 2 or 5,
    with nSigFigs 5) aggregate an l2Book. `{"type":"userFills","user":"0x.."}` is about an account:
    user is lower case, as the venue echoes it, and it adds its defaults, which are ours as well.
    """

    type: str
    coin: str = ""
    interval: str | None = None
    nSigFigs: int | None = None
    mantissa: int | None = None
    user: str = ""
    dex: str = ""
    aggregateByTime: bool = False

    def __post_init__(self) -> None:
        """Write the user as the venue does."""
        if self.user:
            msgspec.structs.force_setattr(self, "user", self.user.lower())

    @property
    def is_quiet(self) -> bool:
        """Whether it may be silent for any time: it is about an account."""
        return bool(self.user)

    @property
    def stream(self) -> tuple[str, ...]:
        """
        What frames tell apart: type and coin, and the interval of candles.

        Frames about an account do not all name it, so its streams are `(type, "")`.
        """
        if self.interval is None:
            return (self.type, self.coin)
        return (self.type, self.coin, self.interval)


class SubscriptionAck(msgspec.Struct, frozen=True):
    """The data of a subscriptionResponse: method subscribe or unsubscribe, and the echo."""

    method: str
    subscription: Subscription


class WsSubscriptionResponse(
    msgspec.Struct, frozen=True, tag_field="channel", tag="subscriptionResponse"
):
    """The acknowledgement of a subscribe or unsubscribe."""

    data: SubscriptionAck


class SubscriptionRequest(msgspec.Struct, frozen=True):
    """`{"method":"subscribe","subscription":{"type":"bbo","coin":"SOL"}}`."""

    method: Literal["subscribe", "unsubscribe"]
    subscription: Subscription


class PostBody(msgspec.Struct, frozen=True):
    """What is posted: a signed action, or a question of the info endpoint."""

    type: Literal["action", "info"]
    payload: msgspec.Struct


class PostRequest(msgspec.Struct, frozen=True, tag_field="method", tag="post"):
    """`{"method":"post","id":7,"request":{"type":"action","payload":{...}}}`."""

    id: int
    request: PostBody


WsMarketMessage = WsBook | WsBbo | WsTrades | WsCandle | WsAssetCtx | WsSpotAssetCtx
WsMessage = WsMarketMessage | WsPong | WsError | WsSubscriptionResponse
# One pass over the bytes: the union is told apart by `channel`, wherever in the frame it stands.
WS_DECODER: msgspec.json.Decoder[WsMessage] = msgspec.json.Decoder(WsMessage, strict=False)


class MarginTier(msgspec.Struct, frozen=True):
    """`{"lowerBound":"10000.0","maxLeverage":25}`: from that notional on, at most so much."""

    lowerBound: Decimal
    maxLeverage: int


class MarginTable(msgspec.Struct, frozen=True):
    """`{"description":"tiered 40x","marginTiers":[...]}`, tiers ascending."""

    marginTiers: list[MarginTier]


class PerpAsset(msgspec.Struct, frozen=True):
    """
    One perpetual: `{"szDecimals":5,"name":"BTC","maxLeverage":40,"marginTableId":54}`.

    Flags are absent, null or true; growthMode is "enabled" or absent.
    """

    name: str
    szDecimals: int
    maxLeverage: int
    marginTableId: int | None = None
    isDelisted: bool | None = None
    growthMode: str | None = None


class PerpMeta(msgspec.Struct, frozen=True):
    """
    All perpetuals of one dex (meta, allPerpMetas); a position in `universe` is the asset index.

    The records stay as they came, for `Instrument.info`; `parsing` reads each as a PerpAsset.
    """

    universe: list[dict[str, Any]]
    marginTables: list[tuple[int, MarginTable]] = []
    collateralToken: int = 0


class SpotToken(msgspec.Struct, frozen=True):
    """`{"name":"PURR","szDecimals":0,"weiDecimals":5,"index":1,"isCanonical":true}`."""

    name: str
    szDecimals: int
    weiDecimals: int
    index: int


class SpotPair(msgspec.Struct, frozen=True):
    """`{"tokens":[2,0],"name":"@1","index":1,"isCanonical":false}`: base and quote token."""

    name: str
    tokens: tuple[int, int]
    index: int


class SpotMeta(msgspec.Struct, frozen=True):
    """All spot pairs, as records that `parsing` reads as SpotPair, and all tokens (spotMeta)."""

    universe: list[dict[str, Any]]
    tokens: list[SpotToken]


class UserFees(msgspec.Struct, frozen=True):
    """
    The fee rates of an account as fractions of the notional (userFees); Cross takes, Add makes.

    `{"userCrossRate":"0.00045","userAddRate":"0.00015","userSpotCrossRate":"0.0007", ...}`
    """

    userCrossRate: Decimal
    userAddRate: Decimal
    userSpotCrossRate: Decimal
    userSpotAddRate: Decimal


class FundingEntry(msgspec.Struct, frozen=True):
    """`{"coin":"BTC","fundingRate":"0.0000125","premium":"0.00029005","time":1683849600048}`."""

    coin: str
    fundingRate: Decimal
    time: int
    premium: Decimal | None = None


class ExchangeStatus(msgspec.Struct, frozen=True):
    """`{"time":1757130041083,"specialStatuses":null}`: the venue's clock."""

    time: int
