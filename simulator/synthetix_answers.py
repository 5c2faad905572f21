"""The venue's answers: success, refusal and the envelopes around them; nothing is sent here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

import msgspec

type Category = Literal["REQUEST", "AUTH", "RATE_LIMIT", "SYSTEM", "TRADING", ""]


class Code(msgspec.Struct, frozen=True):
    """What an error code means: its category, its HTTP status, and whether to try again."""

    category: Category
    status: HTTPStatus
    retryable: bool = False


_REQUEST = Code("REQUEST", HTTPStatus.BAD_REQUEST)
_SYSTEM = Code("SYSTEM", HTTPStatus.INTERNAL_SERVER_ERROR, retryable=True)
_AWAY = Code("SYSTEM", HTTPStatus.SERVICE_UNAVAILABLE, retryable=True)

CODES: Mapping[str, Code] = {
    "VALIDATION_ERROR": _REQUEST,
    "MISSING_REQUIRED_FIELD": _REQUEST,
    "INVALID_FORMAT": _REQUEST,
    "INVALID_VALUE": _REQUEST,
    "INVALID_MARKET_CONFIG": _REQUEST,
    "NOT_FOUND": Code("REQUEST", HTTPStatus.NOT_FOUND),
    "ASSET_NOT_FOUND": Code("REQUEST", HTTPStatus.NOT_FOUND),
    "METHOD_NOT_ALLOWED": Code("REQUEST", HTTPStatus.METHOD_NOT_ALLOWED),
    "MARKET_ALREADY_EXISTS": Code("REQUEST", HTTPStatus.CONFLICT),
    "UNAUTHORIZED": Code("AUTH", HTTPStatus.UNAUTHORIZED),
    "FORBIDDEN": Code("AUTH", HTTPStatus.FORBIDDEN),
    "RATE_LIMIT_EXCEEDED": Code("RATE_LIMIT", HTTPStatus.TOO_MANY_REQUESTS, retryable=True),
    "INTERNAL_ERROR": _SYSTEM,
    "DATABASE_ERROR": _SYSTEM,
    "CACHE_ERROR": _SYSTEM,
    "OPERATION_TIMEOUT": _SYSTEM,
    "SERVICE_UNAVAILABLE": _AWAY,
    "REQUEST_TIMEOUT": _AWAY,
    "UNKNOWN_ERROR": Code("", HTTPStatus.INTERNAL_SERVER_ERROR),
}
"""Every code that fails a whole request (fact sheet 2.4); those of one order are `errorCode`s."""


class Bucket(msgspec.Struct, frozen=True, rename="camel"):
    """What a token bucket holds after a request: its cap, and how much is left."""

    requests_cap: int
    remaining_tokens: int


class Refusal(msgspec.Struct, frozen=True):
    """Why a whole request failed; `status` None is the usual one of its code."""

    code: str
    message: str
    status: int | None = None

    @property
    def http_status(self) -> int:
        """Return the HTTP status it goes out with."""
        return self.status or CODES[self.code].status


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue says to a request, before it is put on HTTP or WebSocket.

    `response` is any JSON; with a `refusal` it is nothing. `rate_limit` is the subaccount's bucket
    and `ip_rate_limit` the address's, each None where that limiter did not run (fact sheet 2.2).
    """

    response: object = None
    refusal: Refusal | None = None
    rate_limit: Bucket | None = None
    ip_rate_limit: Bucket | None = None

    @property
    def http_status(self) -> int:
        """Return the HTTP status it goes out with."""
        return HTTPStatus.OK if self.refusal is None else self.refusal.http_status


def refused(code: str, message: str, status: int | None = None) -> Answer:
    """Refuse a whole request; KeyError for a code that is none of `CODES`."""
    assert code in CODES  # noqa: S101  (the codes are written in this venue's own files)
    return Answer(refusal=Refusal(code, message, status))


def rest_envelope(answer: Answer, now_ms: int, request_id: str) -> dict[str, object]:
    """Put an answer into the envelope of the REST API (fact sheet 2.2)."""
    refusal = answer.refusal
    envelope: dict[str, object]
    if refusal is None:
        envelope = {"status": "ok", "response": answer.response}
    else:
        code = CODES[refusal.code]
        error = {
            "code": refusal.code,
            "category": code.category,
            "message": refusal.message,
            "retryable": code.retryable,
            "details": {},
        }
        envelope = {"status": "error", "error": error}
    envelope |= {"timestamp": now_ms, "requestId": request_id, "request_id": request_id}
    return envelope | _buckets(answer)


def ws_envelope(answer: Answer, request_id: str) -> dict[str, object]:
    """Put an answer to a posted request into the reply of the WebSocket API (fact sheet 6.2)."""
    if answer.refusal is not None:
        return ws_refusal(answer.http_status, answer.refusal.message, request_id) | _buckets(answer)
    result = {"status": "success", "response": answer.response}
    return ws_reply(result, request_id) | _buckets(answer)


def ws_reply(result: object, request_id: str) -> dict[str, object]:
    """Reply to a frame; both keys are sent, since clients look at one or the other."""
    return {"id": request_id, "requestId": request_id, "status": HTTPStatus.OK, "result": result}


def ws_refusal(status: int, message: str, request_id: str) -> dict[str, object]:
    """Refuse a frame (fact sheet 6.2)."""
    error = {"code": status, "message": message}
    return {"id": request_id, "requestId": request_id, "status": status, "error": error}


def _buckets(answer: Answer) -> dict[str, object]:
    named = {"rateLimit": answer.rate_limit, "ipRateLimit": answer.ip_rate_limit}
    return {name: bucket for name, bucket in named.items() if bucket is not None}
