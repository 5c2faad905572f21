"""What kind of body a request announces; pure, it reads no body."""

from collections.abc import Iterable
from typing import Final

from webhook.errors import WebhookError

# TradingView sends text/plain when it finds its message to be no valid JSON.
MEDIA_TYPES: Final = ("application/json", "text/plain")
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_USUAL: Final = frozenset(
    {
        b"application/json",
        b"application/json; charset=utf-8",
        b"text/plain",
        b"text/plain; charset=utf-8",
    }
)
_DIGITS_MAX: Final = 18  # of a content-length: more is nonsense, and costly to read


def check_media(headers: Iterable[tuple[bytes, bytes]], body_bytes_max: int) -> None:
    """
    Refuse a body by what its headers say.

    Raises
    ------
    WebhookError
        415 for another media type, charset or encoding; 413 for one that is announced as too long.
    """
    media = None
    for name, value in headers:
        if name == b"content-type":
            media = value
        elif name == b"content-length":
            if len(value) > _DIGITS_MAX or int(value) > body_bytes_max:
                raise WebhookError(413, "too_large", f"Expected at most {body_bytes_max} bytes")
        elif name == b"content-encoding" and value.strip().lower() != b"identity":
            raise _unsupported("content-encoding", "none", value)
    if media not in _USUAL:
        _check_unusual(media or b"")


def _check_unusual(value: bytes) -> None:
    media, *parameters = value.decode("latin-1").lower().split(";")
    if media.strip() not in MEDIA_TYPES:
        raise _unsupported("content-type", " or ".join(MEDIA_TYPES), value)
    for parameter in parameters:
        name, _, text = parameter.partition("=")
        if name.strip() == "charset" and text.strip().strip('"') not in _CHARSETS:
            raise _unsupported("content-type", "the charset utf-8", value)


def _unsupported(header: str, expected: str, value: bytes) -> WebhookError:
    found = repr(value.decode("latin-1")[:80])
    return WebhookError(415, "media_type", f"{header}: expected {expected}, was {found}")
