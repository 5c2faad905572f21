"""What the venue answers, by HTTP and WebSocket alike; pure, it sends nothing."""

# ruff: noqa: N815 - fields are called what the venue calls them

from http import HTTPStatus

import msgspec

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.synthetix.frames import WsReply
from adapters.synthetix.schemas import RateLimit
from adapters.synthetix.wire import Amount, Id, Moment, decoder

REPLY_HEAD_CHARS = 200
# Of these categories a request is known not to have been carried out.
_REFUSALS = frozenset({"REQUEST", "AUTH", "TRADING"})


class Unauthorized(VenueRefused):
    """The venue has refused the signer, its time or its nonce (status 401)."""


class OrderRef(msgspec.Struct, frozen=True):
    """An order's two ids: `{"venueId":"1958787130134106112","clientId":"c-1"}`."""

    venueId: Id | None = None
    clientId: Id | None = None


class Resting(msgspec.Struct, frozen=True):
    """The order stands in the book; `expires_at` is in nanoseconds, 0 for never."""

    order: OrderRef
    expires_at: int


class Taken(msgspec.Struct, frozen=True):
    """
    So much of the order was filled at this average price; the rest of it may be resting.

    `{"filled":{"order":{"venueId":"1"},"totalSize":"0.004","avgPrice":"100001"}}`
    """

    order: OrderRef
    total_size: Amount
    average_price: Amount


class Canceled(msgspec.Struct, frozen=True):
    """The order stands no more."""

    order: OrderRef


class Refusal(msgspec.Struct, frozen=True):
    """The venue's word against one order or cancel; `code` is empty where it gives none."""

    order: OrderRef
    code: str
    reason: str


type Status = Resting | Taken | Canceled | Refusal


class Modified(msgspec.Struct, frozen=True):
    """The order as it stands now; its size is the whole one, what is filled included."""

    order: OrderRef
    price: Amount
    quantity: Amount
    trigger_price: Amount
    filled: Amount
    average_price: Amount


class Answer(msgspec.Struct, frozen=True):
    """What was asked for, the venue's time in nanoseconds, and what is left of the buckets."""

    response: msgspec.Raw
    time_ns: int
    rate_limit: RateLimit | None
    ip_rate_limit: RateLimit | None


_NO_RAW = msgspec.Raw()


class _Error(msgspec.Struct, frozen=True):
    code: Id = Id("")
    category: str = ""
    message: str = ""


class _Envelope(msgspec.Struct, frozen=True):
    status: str = ""
    response: msgspec.Raw = _NO_RAW
    error: _Error | None = None
    timestamp: Moment = Moment(0)
    rateLimit: RateLimit | None = None
    ipRateLimit: RateLimit | None = None


class _Landed(msgspec.Struct, frozen=True):
    order: OrderRef = OrderRef()
    id: Id | None = None
    expiresAt: Moment = Moment(0)
    totalSize: Amount = Amount(0)
    avgPrice: Amount = Amount(0)


class _Item(msgspec.Struct, frozen=True):
    resting: _Landed | None = None
    filled: _Landed | None = None
    canceled: _Landed | None = None
    cancelled: _Landed | None = None
    error: str | None = None
    errorCode: str = ""
    order: OrderRef = OrderRef()


class _Statuses(msgspec.Struct, frozen=True):
    statuses: list[_Item]


class _CanceledRow(msgspec.Struct, frozen=True):
    order: OrderRef = OrderRef()
    orderId: Id | None = None


class _Modified(msgspec.Struct, frozen=True):
    order: OrderRef = OrderRef()
    orderId: Id | None = None
    price: Amount = Amount(0)
    quantity: Amount = Amount(0)
    triggerPrice: Amount = Amount(0)
    cumQty: Amount = Amount(0)
    avgPrice: Amount = Amount(0)
    error: str | None = None
    errorCode: str = ""


_ENVELOPE = decoder(_Envelope)
_STATUSES = decoder(_Statuses)
_CANCELED_ROWS = decoder(list[_CanceledRow])
_MODIFIED = decoder(_Modified)
_ERROR = decoder(_Error)


def parse_answer(http_status: int, body: bytes) -> Answer:
    """
    Return what an HTTP answer holds.

    Raises
    ------
    VenueRefused
        If the venue says that it did not do what was asked, in its words.
    OutcomeUnknown
        If the venue is busy or broken, or the answer cannot be read.

    """
    envelope = _read(_ENVELOPE, body, f"status {http_status} with an envelope")
    if http_status == HTTPStatus.OK and envelope.status == "ok" and envelope.response:
        return Answer(
            envelope.response, envelope.timestamp, envelope.rateLimit, envelope.ipRateLimit
        )
    error = envelope.error or _Error(message=_head(body))
    words = f"{http_status} {error.code} {error.message}"
    if http_status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(words)
    if is_refusal(http_status, error.category):
        raise VenueRefused(words)
    raise OutcomeUnknown(words)


def parse_reply(reply: WsReply) -> Answer:
    """Return what the answer to a posted frame holds; raises as `parse_answer` does."""
    if reply.status == HTTPStatus.OK:
        result = _read(_ENVELOPE, reply.body, "a result")
        if result.response:
            return Answer(result.response, result.timestamp, reply.rate_limit, reply.ip_rate_limit)
        raise OutcomeUnknown(f"Expected a response in a result, was {_head(reply.body)}")
    error = _read(_ERROR, reply.body, "an error") if reply.body else _Error()
    words = f"{reply.status} {error.code} {error.message}"
    if is_refusal(reply.status, error.category):
        raise VenueRefused(words)
    raise OutcomeUnknown(words)


def is_refusal(http_status: int, category: str = "") -> bool:
    """
    Tell whether a status and the error's category say that a request was not carried out.

    Of the client errors 429 may come after it was, and 408 is a gateway's, which knows nothing.
    Errors of trading come with status 200.
    """
    if http_status == HTTPStatus.OK:
        return category in _REFUSALS
    unsure = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    return HTTPStatus.BAD_REQUEST <= http_status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        http_status not in unsure
    )


def parse_statuses(response: msgspec.Raw, count: int) -> tuple[Status, ...]:
    """
    Return one status for each of `count` orders or cancels, in their order.

    Raises
    ------
    OutcomeUnknown
        If the answer cannot be read, or there are more or fewer of them.

    """
    items = _read(_STATUSES, response, "statuses").statuses
    if len(items) != count:
        raise OutcomeUnknown(f"Expected {count} statuses, were {len(items)}: {_head(response)}")
    return tuple(_parse_status(item) for item in items)


def parse_canceled_all(response: msgspec.Raw) -> list[OrderRef]:
    """Return the orders that a cancelAllOrders has canceled; raises OutcomeUnknown."""
    rows = _read(_CANCELED_ROWS, response, "a list of canceled orders")
    return [_ref(row.order, row.orderId) for row in rows]


def parse_modified(response: msgspec.Raw) -> Modified | Refusal:
    """Return the order after a modifyOrder, or why it was not changed; raises OutcomeUnknown."""
    row = _read(_MODIFIED, response, "a modified order")
    order = _ref(row.order, row.orderId)
    if row.error is not None or row.errorCode:
        return Refusal(order, row.errorCode, row.error or "")
    return Modified(order, row.price, row.quantity, row.triggerPrice, row.cumQty, row.avgPrice)


def _parse_status(item: _Item) -> Status:
    canceled = item.canceled or item.cancelled
    if item.resting is not None:
        return Resting(_ref(item.resting.order, item.resting.id), item.resting.expiresAt)
    if item.filled is not None:
        filled = item.filled
        return Taken(_ref(filled.order, filled.id), filled.totalSize, filled.avgPrice)
    if canceled is not None:
        return Canceled(_ref(canceled.order, canceled.id))
    if item.error is not None or item.errorCode:
        return Refusal(item.order, item.errorCode, item.error or "")
    raise OutcomeUnknown(f"Expected a known status, was {item}")


def _ref(order: OrderRef, flat_id: Id | None) -> OrderRef:
    # The flat id is on its way out, but may be all that an old answer has.
    return order if order.venueId or not flat_id else OrderRef(flat_id, order.clientId)


def _read[T](read: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw, expected: str) -> T:
    try:
        return read.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise OutcomeUnknown(f"Expected {expected}, was {_head(raw)} ({e})") from e


def _head(raw: bytes | msgspec.Raw) -> str:
    return repr(bytes(raw)[:REPLY_HEAD_CHARS].decode(errors="replace"))
