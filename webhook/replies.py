"""The bodies of all answers, and what goes with them; nothing here decides what is answered."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from webhook.errors import WebhookError
from webhook.inbox import InboxStatus, Outcome
from webhook.whole import Headers, Response

STATUSES: Final[Mapping[int, str]] = {
    200: "Accepted, or known already, or too old and kept, or a sign of life; `code` says which.",
    400: "No JSON, and no text that could be read.",
    401: "The secret is missing.",
    403: "The secret is wrong, or the address or the certificate is not allowed.",
    404: "There is nothing here.",
    405: "Another method is expected.",
    408: "The body did not come in time.",
    409: "Another alert is stored under the same key.",
    413: "The body is too long.",
    415: "Another media type, charset or encoding is expected.",
    422: "It can be read and means nothing; the message names the field.",
    429: "Too many alerts, or too many wrong secrets.",
    503: "Not stored: send it again.",
}
"""Every status that an alert may be answered with."""

# The rest of the body is not wanted; a sender that trickles it would keep the connection for ever.
_CLOSING: Final = frozenset({403, 404, 405, 408, 413, 415, 429})


class Reply(msgspec.Struct, frozen=True):
    """
    What is said about an alert, and about every request that goes wrong.

    Parameters
    ----------
    code : str
        For machines; it stays the same between versions.
    message : str
        For people.
    key : str or None
        The alert's, once it is known.
    outcome : Outcome
        What has become of the alert, once it is stored.
    """

    code: str
    message: str
    key: str | None = None
    outcome: Outcome | UnsetType = UNSET


class Health(msgspec.Struct, frozen=True):
    """
    What GET /health says: whether alerts can be stored, in a code and in words.

    `inbox` is left out where the store does not answer.
    """

    code: str
    message: str
    inbox: InboxStatus | UnsetType = UNSET


_encode = msgspec.json.Encoder().encode


def response_of(
    status: int, body: msgspec.Struct, headers: Headers = (), *, is_last: bool = False
) -> Response:
    """Return an answer with a body."""
    return Response(status, _encode(body), headers, is_last)


def response_to_error(error: WebhookError) -> Response:
    """Return the answer that an error asks for, with the headers that go with it."""
    headers = []
    if error.retry_after_secs is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after_secs))
    if error.status == 405:  # noqa: PLR2004  as HTTP numbers it
        headers.append((b"allow", b"POST"))
    outcome = UNSET if error.outcome is None else error.outcome
    reply = Reply(error.code, error.message, error.key, outcome)
    return response_of(error.status, reply, headers, is_last=error.status in _CLOSING)
