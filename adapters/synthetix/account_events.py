"""The events of a sub-account as the venue pushes them, as typed values; pure, they mean nothing.

Source: https://developers.synthetix.io (subAccountUpdates), and what the venue's own SDK reads.
"""

# ruff: noqa: N815 - fields are called what the venue calls them

import msgspec

from adapters.synthetix.account_schemas import AccountOrder, AccountTrade
from adapters.synthetix.frames import WsAccount
from adapters.synthetix.replies import OrderRef
from adapters.synthetix.wire import Amount, Id, Moment, decoder

# What an event says of its order's status, where it says it at all, it says in several words.
_STATUSES = {
    "orderPlaced": "placed",
    "orderModified": "modified",
    "orderPartiallyFilled": "partiallyFilled",
    "orderFilled": "filled",
    "orderCancelled": "cancelled",
    "orderCanceled": "cancelled",
    "orderExpired": "expired",
    "orderRejected": "rejected",
}
_TRADE = "trade"
_FUNDING = "funding"


class OrderNews(msgspec.Struct, frozen=True):
    """What became of an order; `code` and `reason` are of a rejected one, empty if not told."""

    order: AccountOrder
    code: str = ""
    reason: str = ""


class TradeNews(msgspec.Struct, frozen=True):
    """A fill of an order."""

    trade: AccountTrade


class FundingNews(msgspec.Struct, frozen=True):
    """
    A payment of funding; a negative one was paid.

    `{"eventType":"funding","symbol":"BTC-USDT","payment":"-0.12","fundingRate":"0.0000125",
    "positionSize":"0.1","timestamp":1704067200000}`
    """

    symbol: str
    payment: Amount = Amount(0)
    fundingRate: Amount = Amount(0)
    positionSize: Amount = Amount(0)
    timestamp: Moment = Moment(0)


class OtherNews(msgspec.Struct, frozen=True):
    """Any other event, by its name; `text` is all of it."""

    kind: str
    text: str


type News = OrderNews | TradeNews | FundingNews | OtherNews


class _Head(msgspec.Struct, frozen=True):
    eventType: str


class _Order(msgspec.Struct, frozen=True):
    """
    An event of an order, whose times have many names.

    `{"eventType":"orderPlaced","order":{"venueId":"1","clientId":"c-1"},"symbol":"BTC-USDT",
    "side":"buy","orderType":"limit","price":"90000","quantity":"0.01","filledQuantity":"0",
    "reduceOnly":false,"postOnly":true,"timestamp":1704067200000,"placedAt":1704067200000}`
    """

    symbol: str = ""
    side: str = ""
    orderType: str = ""
    type: str = ""
    quantity: Amount = Amount(0)
    order: OrderRef = OrderRef()
    orderId: Id | None = None
    clientOrderId: Id | None = None
    price: Amount = Amount(0)
    triggerPrice: Amount = Amount(0)
    triggerPriceType: str = ""
    timeInForce: str = ""
    reduceOnly: bool = False
    postOnly: bool = False
    filledQuantity: Amount = Amount(0)
    cancelReason: str = ""
    errorCode: str = ""
    reason: str = ""
    error: str = ""
    timestamp: Moment = Moment(0)
    updatedAt: Moment = Moment(0)
    cancelledAt: Moment = Moment(0)
    placedAt: Moment = Moment(0)
    createdAt: Moment = Moment(0)
    created_at: Moment = Moment(0)
    expiresAt: Moment = Moment(0)

    @property
    def time_ns(self) -> Moment:
        """The first time that it has, 0 if it has none."""
        times = (self.timestamp, self.updatedAt, self.cancelledAt, self.placedAt)
        return next(filter(None, (*times, self.createdAt, self.created_at)), Moment(0))


_HEAD = decoder(_Head)
_ORDER = decoder(_Order)
_TRADE_DATA = decoder(AccountTrade)
_FUNDING_DATA = decoder(FundingNews)


def parse_event(frame: WsAccount) -> News:
    """
    Return what an event tells.

    Raises
    ------
    msgspec.MsgspecError
        If it is unlike the venue's documentation.

    """
    kind = _HEAD.decode(frame.data).eventType
    if kind in _STATUSES:
        return _order_news(kind, _ORDER.decode(frame.data), frame.ts_event)
    if kind == _TRADE:
        return TradeNews(_TRADE_DATA.decode(frame.data))
    if kind == _FUNDING:
        return _FUNDING_DATA.decode(frame.data)
    return OtherNews(kind, bytes(frame.data).decode(errors="replace"))


def _order_news(kind: str, data: _Order, ts_event: int) -> OrderNews:
    ref = OrderRef(data.order.venueId or data.orderId, data.order.clientId or data.clientOrderId)
    order = AccountOrder(
        symbol=data.symbol,
        side=data.side,
        type=data.orderType or data.type,
        quantity=data.quantity,
        order=ref,
        price=data.price,
        triggerPrice=data.triggerPrice,
        triggerPriceType=data.triggerPriceType,
        timeInForce=data.timeInForce,
        reduceOnly=data.reduceOnly,
        postOnly=data.postOnly,
        createdTime=data.placedAt or data.createdAt or data.created_at,
        updatedTime=data.time_ns or Moment(ts_event),
        expiresAt=data.expiresAt,
        filledQuantity=data.filledQuantity,
        status=_STATUSES[kind],
        cancelReason=data.cancelReason,
    )
    return OrderNews(order, data.errorCode, data.reason or data.error)
