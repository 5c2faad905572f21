"""Read WebSocket frames in both dialects of the venue, by `method` or by `channel`; pure."""

# ruff: noqa: N815 - fields are called what the venue calls them

from collections.abc import Callable

import msgspec

from adapters.synthetix.schemas import (
    BookData,
    BookLevel,
    Candle,
    Liquidation,
    PriceUpdate,
    RateLimit,
    Trade,
)
from adapters.synthetix.wire import Id, Moment, decoder


class WsBook(msgspec.Struct, frozen=True):
    """A book, or how it differs from the frame `prev_meseq`; `ts_event` is in nanoseconds."""

    symbol: str
    is_snapshot: bool
    meseq: int
    prev_meseq: int | None
    checksum: str | None
    needs_resync: bool
    ts_event: int
    bids: list[BookLevel]
    asks: list[BookLevel]

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("orderbook", self.symbol)


class WsTrades(msgspec.Struct, frozen=True):
    """Public trades of one market, oldest first."""

    data: list[Trade]

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("trades", self.data[0].symbol if self.data else "")


class WsPrices(msgspec.Struct, frozen=True):
    """News of prices; `ts_event`, in nanoseconds, is for those without a time of their own."""

    data: list[PriceUpdate]
    ts_event: int

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("marketPrices", self.data[0].symbol if self.data else "")


class WsCandles(msgspec.Struct, frozen=True):
    """Updates of one market's candles; `ts_event` is the frame's own time in nanoseconds, or 0."""

    data: list[Candle]
    ts_event: int

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        candle = self.data[0] if self.data else None
        return ("candles",) if candle is None else ("candles", candle.symbol, candle.timeframe)


class WsLiquidations(msgspec.Struct, frozen=True):
    """Liquidations of one market."""

    data: list[Liquidation]

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("liquidations", self.data[0].market if self.data else "")


class WsAccount(msgspec.Struct, frozen=True):
    """An event of the account, still undecoded; `needs_resync` says that others were skipped."""

    data: msgspec.Raw
    ts_event: int
    needs_resync: bool

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("subAccountUpdates", "")


class WsReply(msgspec.Struct, frozen=True):
    """The answer to one frame of ours, by its id; `body` is the result, or the error."""

    id: str
    status: int
    body: msgspec.Raw
    rate_limit: RateLimit | None
    ip_rate_limit: RateLimit | None


class WsOther(msgspec.Struct, frozen=True):
    """A frame of a kind that nothing here listens to."""

    kind: str


type WsMarketMessage = WsBook | WsTrades | WsPrices | WsCandles | WsLiquidations
type WsMessage = WsMarketMessage | WsAccount | WsReply | WsOther


_NOTHING = msgspec.Raw()


class _Frame(msgspec.Struct, frozen=True):
    method: str = ""
    channel: str = ""
    type: str = ""
    meseq: int | None = None
    prevMeseq: int | None = None
    checksum: str | None = None
    needsResync: bool = False
    timestamp: Moment = Moment(0)
    data: msgspec.Raw = _NOTHING
    id: Id | None = None
    requestId: Id | None = None
    status: int | None = None
    result: msgspec.Raw = _NOTHING
    error: msgspec.Raw = _NOTHING
    rateLimit: RateLimit | None = None
    ipRateLimit: RateLimit | None = None


_FRAME = decoder(_Frame)
_BOOK = decoder(BookData)
_TRADES: msgspec.json.Decoder[Trade | list[Trade]] = decoder(Trade | list[Trade])  # type: ignore[arg-type]  # a union is no type
_PRICES: msgspec.json.Decoder[PriceUpdate | list[PriceUpdate]] = decoder(
    PriceUpdate | list[PriceUpdate]  # type: ignore[arg-type]
)
_CANDLES: msgspec.json.Decoder[Candle | list[Candle]] = decoder(Candle | list[Candle])  # type: ignore[arg-type]
_LIQUIDATIONS: msgspec.json.Decoder[Liquidation | list[Liquidation]] = decoder(
    Liquidation | list[Liquidation]  # type: ignore[arg-type]
)


def parse_frame(raw: bytes) -> WsMessage:
    """
    Return what the frame says.

    Raises
    ------
    msgspec.MsgspecError
        If it is no frame of the venue.

    """
    frame = _FRAME.decode(raw)
    if frame.status is not None and not frame.data:
        return WsReply(
            frame.requestId or frame.id or "",
            frame.status,
            frame.error or frame.result,
            frame.rateLimit,
            frame.ipRateLimit,
        )
    kind = frame.method or frame.channel
    parse = _PARSERS.get(frame.method) or _PARSERS.get(frame.channel)
    if parse is None or not frame.data:
        return WsOther(kind)
    return parse(frame, frame.data)


class FrameReader:
    """`parse_frame` in the shape of a decoder."""

    def decode(self, raw: bytes, /) -> WsMessage:
        """Return what the frame says, as `parse_frame` does."""
        return parse_frame(raw)


def _parse_book(frame: _Frame, data: msgspec.Raw) -> WsBook:
    book = _BOOK.decode(data)
    if frame.type not in {"snapshot", "diff"} or frame.meseq is None:
        raise msgspec.ValidationError(
            f"Expected a snapshot or a diff with its meseq, was {frame.type!r} {frame.meseq}"
        )
    return WsBook(
        book.symbol,
        frame.type == "snapshot",
        frame.meseq,
        frame.prevMeseq,
        frame.checksum,
        frame.needsResync,
        book.timestamp or frame.timestamp,
        book.bids or [],
        book.asks or [],
    )


def _parse_trades(_: _Frame, data: msgspec.Raw) -> WsTrades:
    return WsTrades(_listed(_TRADES.decode(data)))


def _parse_prices(frame: _Frame, data: msgspec.Raw) -> WsPrices:
    return WsPrices(_listed(_PRICES.decode(data)), frame.timestamp)


def _parse_candles(frame: _Frame, data: msgspec.Raw) -> WsCandles:
    return WsCandles(_listed(_CANDLES.decode(data)), frame.timestamp)


def _parse_liquidations(_: _Frame, data: msgspec.Raw) -> WsLiquidations:
    return WsLiquidations(_listed(_LIQUIDATIONS.decode(data)))


def _parse_account(frame: _Frame, data: msgspec.Raw) -> WsAccount:
    return WsAccount(data, frame.timestamp, frame.needsResync)


def _listed[T](value: T | list[T]) -> list[T]:
    return value if isinstance(value, list) else [value]


_PARSERS: dict[str, Callable[[_Frame, msgspec.Raw], WsMessage]] = {
    "orderbook_depth_update": _parse_book,
    "orderbookUpdate": _parse_book,
    "trade": _parse_trades,
    "market_price_update": _parse_prices,
    "marketPriceUpdate": _parse_prices,
    "priceUpdate": _parse_prices,
    "candle_update": _parse_candles,
    "candleUpdate": _parse_candles,
    "liquidation": _parse_liquidations,
    "subAccountEvent": _parse_account,
    "subAccountUpdate": _parse_account,
}
