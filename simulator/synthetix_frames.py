"""Posted requests and their replies between the WebSocket and the REST API; no socket here."""

from typing import Any

import msgspec

from simulator.replies import Reply
from simulator.synthetix_answers import ws_refusal
from simulator.synthetix_requests import POSTED


class _Error(msgspec.Struct, frozen=True):
    message: str


class _Envelope(msgspec.Struct, frozen=True):
    error: _Error


def rest_body(params: dict[str, Any]) -> bytes:
    """Put what is posted into the envelope of the REST API: what is signed stands beside it."""
    signed = {key: params[key] for key in ("signature", "nonce", "expiresAfter") if key in params}
    wanted = {key: value for key, value in params.items() if key not in signed}
    return msgspec.json.encode({"params": wanted, **signed})


def post_frame(reply: Reply, request_id: str) -> str:
    """Put a reply into a frame; one that a rule made is no WebSocket reply yet."""
    if reply.kind == POSTED:
        return reply.body.decode()
    refusal = ws_refusal(reply.status, _words(reply), request_id)
    return msgspec.json.encode(refusal).decode()


def _words(reply: Reply) -> str:
    """Return the message of an error envelope, and anything else as it is."""
    try:
        return msgspec.json.decode(reply.body, type=_Envelope).error.message
    except msgspec.DecodeError:
        return reply.body.decode(errors="replace")


def has_wrong_id(text: str | bytes) -> bool:
    """Tell whether a frame of JSON has no text as its id."""
    content = msgspec.json.decode(text)
    return isinstance(content, dict) and not isinstance(content.get("id"), str)


def readable_text(text: str | bytes) -> object:
    """Return JSON as it decodes, and anything else as text."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text if isinstance(text, str) else text.decode(errors="replace")
