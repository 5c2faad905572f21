"""What the venue answers to signed actions, by WebSocket and HTTP alike; pure, it sends nothing."""

# ruff: noqa: N815 - fields are called what the venue calls them

from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus

import msgspec

from adapters.common.errors import OutcomeUnknown, VenueRefused

REPLY_HEAD_CHARS = 200


class PostResponse(msgspec.Struct, frozen=True):
    """
    The answer to one posted request: `type` is action, info or error.

    `{"type":"action","payload":{"status":"ok","response":{...}}}`; the payload of an error is a
    text that begins with an HTTP status: `422 Unprocessable Entity: ...`.
    """

    type: str
    payload: msgspec.Raw


class PostReply(msgspec.Struct, frozen=True):
    """The data of a post frame; `id` is the request's."""

    id: int
    response: PostResponse


class WsPost(msgspec.Struct, frozen=True, tag_field="channel", tag="post"):
    """`{"channel":"post","data":{"id":3000001,"response":{"type":"action","payload":{...}}}}`."""

    data: PostReply


class Resting(msgspec.Struct, frozen=True):
    """The order stands in the book: `{"resting":{"oid":77738308,"cloid":"0x..1"}}`."""

    oid: int
    cloid: str | None = None


class Taken(msgspec.Struct, frozen=True):
    """
    The order was filled, all of it or what could be, at this average price.

    `{"filled":{"totalSz":"0.02","avgPx":"1891.4","oid":77747314}}`
    """

    oid: int
    cloid: str | None
    total_size: Decimal
    average_price: Decimal


class Waiting(msgspec.Struct, frozen=True):
    """A child of a group, without an id yet: `"waitingForTrigger"`, or `"waitingForFill"`."""

    for_trigger: bool


class Refusal(msgspec.Struct, frozen=True):
    """The venue's words against one order or cancel: `{"error":"Order has zero size."}`."""

    reason: str


class Success(msgspec.Struct, frozen=True):
    """It is done, and there is nothing to tell of it: `"success"`, or a reply of type default."""


type Status = Resting | Taken | Waiting | Refusal | Success


class ActionReply(msgspec.Struct, frozen=True):
    """
    The answer to an action that the venue took in.

    `statuses` has one entry for each order or cancel, in their order, or one for all of them (see
    `spread`), or one for the whole action. `twap_id` is set by a TWAP order that runs.
    """

    statuses: tuple[Status, ...]
    twap_id: int | None = None


class _Resting(msgspec.Struct, frozen=True):
    oid: int
    cloid: str | None = None


class _Filled(msgspec.Struct, frozen=True):
    totalSz: Decimal
    avgPx: Decimal
    oid: int
    cloid: str | None = None


class _Running(msgspec.Struct, frozen=True):
    twapId: int


class _Item(msgspec.Struct, frozen=True):
    # Exactly one of them is there.
    resting: _Resting | None = None
    filled: _Filled | None = None
    running: _Running | None = None
    error: str | None = None


class _Data(msgspec.Struct, frozen=True):
    # `statuses` of orders and cancels, `status` of a TWAP.
    statuses: list[_Item | str] | None = None
    status: _Item | str | None = None


class _Response(msgspec.Struct, frozen=True):
    type: str
    data: _Data | str | None = None


class _Envelope(msgspec.Struct, frozen=True):
    status: str
    response: _Response | str


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_WORDS: dict[str, Status] = {
    "success": Success(),
    "waitingForFill": Waiting(for_trigger=False),
    "waitingForTrigger": Waiting(for_trigger=True),
}


def parse_action_reply(raw: msgspec.Raw | bytes) -> ActionReply:
    """
    Return what an /exchange body says.

    Raises
    ------
    VenueRefused
        If the venue refused the action as a whole, in its words: `{"status":"err", ...}`.
    OutcomeUnknown
        If the body is not what the venue is known to answer.

    """
    try:
        envelope = _ENVELOPE.decode(raw)
        reply = _parse_envelope(envelope)
    except (msgspec.MsgspecError, ValueError) as e:  # of the second kind is bad UTF-8
        raise OutcomeUnknown(f"Expected a reply to an action, was {_head(raw)} ({e})") from e
    if isinstance(reply, str):
        raise VenueRefused(reply)
    return reply


def parse_post_response(response: PostResponse) -> ActionReply:
    """
    Return what the answer to a posted action says.

    Raises
    ------
    VenueRefused
        If the venue refused the action as a whole, or the request: `422 Unprocessable Entity`.
    OutcomeUnknown
        If the venue is busy or broken (`429 ..`, `5xx ..`), or the answer cannot be read.

    """
    if response.type != "error":
        return parse_action_reply(response.payload)
    try:
        words = msgspec.json.decode(response.payload, type=str)
    except (msgspec.MsgspecError, ValueError) as e:
        raise OutcomeUnknown(f"Expected an error in words, was {_head(response.payload)}") from e
    code = words[:3]
    if code.isdecimal() and is_refusal(int(code)):
        raise VenueRefused(words)
    raise OutcomeUnknown(words)


def is_refusal(status: int) -> bool:
    """
    Tell whether an HTTP status says that a request was not carried out, and why.

    Of the client errors 429 may come after it was, and 408 is a gateway's, which knows nothing.
    """
    unsure = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        status not in unsure
    )


def spread(statuses: Sequence[Status], count: int) -> tuple[Status, ...]:
    """
    Return one status for each of `count` orders or cancels.

    What the venue checks before it looks at single orders it answers with one entry for them all.

    Raises
    ------
    OutcomeUnknown
        If the entries cannot be told apart: another number of them, or one that names an order.

    """
    if len(statuses) == count:
        return tuple(statuses)
    if len(statuses) == 1 and isinstance(statuses[0], Refusal | Success):
        return (statuses[0],) * count
    raise OutcomeUnknown(f"Expected {count} statuses or one for all, were {list(statuses)}")


def _parse_envelope(envelope: _Envelope) -> ActionReply | str:
    """Return the reply, or the venue's words against the action."""
    response = envelope.response
    if isinstance(response, str):
        if envelope.status == "err":
            return response
    elif envelope.status == "ok":
        return _parse_response(response)
    raise ValueError(f"Expected ok with a response or err with words, was {envelope.status!r}")


def _parse_response(response: _Response) -> ActionReply:
    data = response.data
    if not isinstance(data, _Data):
        if data is None and response.type != "default":
            raise ValueError(f"Expected data with a response of type {response.type!r}")
        return ActionReply((Success(),))
    if data.statuses is not None:
        return ActionReply(tuple(map(_parse_status, data.statuses)))
    if isinstance(data.status, _Item) and data.status.running is not None:
        return ActionReply((Success(),), twap_id=data.status.running.twapId)
    if data.status is not None:
        return ActionReply((_parse_status(data.status),))
    raise ValueError("Expected statuses or a status, was neither")


def _parse_status(item: _Item | str) -> Status:
    if isinstance(item, str):
        if item in _WORDS:
            return _WORDS[item]
    elif item.resting is not None:
        return Resting(item.resting.oid, item.resting.cloid)
    elif item.filled is not None:
        filled = item.filled
        return Taken(filled.oid, filled.cloid, filled.totalSz, filled.avgPx)
    elif item.error is not None:
        return Refusal(item.error)
    raise ValueError(f"Expected a known status, was {item!r}")


def _head(raw: msgspec.Raw | bytes) -> str:
    return repr(bytes(raw)[:REPLY_HEAD_CHARS].decode(errors="replace"))
