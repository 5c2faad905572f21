"""What the border itself checks of a request, before anybody looks at what it wants."""

from http import HTTPStatus
from typing import Literal

import msgspec

from simulator.synthetix_answers import Refusal

BODY_BYTES_MAX = 20_480
"""A larger body is refused with status 413 (fact sheet 2.4)."""


type Side = Literal["info", "trade"]
"""Which way a request came: public, or signed."""
POSTED = "posted"
"""The kind of a reply that is a whole WebSocket reply already."""


class _Params(msgspec.Struct, frozen=True):
    action: str | None = None
    orders: list[msgspec.Raw] = []


class _Envelope(msgspec.Struct, frozen=True):
    params: msgspec.Raw = msgspec.Raw(b"")


class Head(msgspec.Struct, frozen=True):
    """What the border reads of a request: its action, and how many orders it brings."""

    action: str
    orders: int
    params: msgspec.Raw


def read_head(body: bytes) -> Head | Refusal:
    """Read the action of a request, or refuse it as the venue's front does (fact sheet 12)."""
    if len(body) > BODY_BYTES_MAX:
        words = f"request body exceeds {BODY_BYTES_MAX} bytes"
        return Refusal("VALIDATION_ERROR", words, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
        if not bytes(envelope.params):
            return Refusal("MISSING_REQUIRED_FIELD", "params is required")
        params = msgspec.json.decode(envelope.params, type=_Params)
    except msgspec.ValidationError:
        return Refusal("INVALID_FORMAT", "Invalid request format")
    except msgspec.DecodeError:
        return Refusal("INVALID_FORMAT", "Invalid JSON")
    if not params.action:
        return Refusal("MISSING_REQUIRED_FIELD", "action payload is required")
    return Head(params.action, len(params.orders), envelope.params)
