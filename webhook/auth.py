"""Who may post: body secret and path token, compared in constant time, never shown or logged."""

import hmac
import json
from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote

from msgspec import UNSET

from webhook.errors import WebhookError

SECRET_FIELD = "secret"  # noqa: S105  the name of the field, not a secret
_STARS = "***"


class Credentials:
    """
    Hold what an alert must carry in its body, in its path, or in both.

    TradingView can neither sign nor send a header of its own, so these two places are all. Without
    a token, the secret itself may stand in the path.

    Parameters
    ----------
    secret : str
        What the field ``secret`` must hold; never empty.
    token : str or None
        What the last part of the path must be; a wrong one finds nothing there.
    need : "either" or "both"
        Whether one of the two is enough. A secret that is given must always be right.

    Raises
    ------
    ValueError
        If the secret or the token is empty, which would let everyone in; if both are needed and
        there is no token; if they are the same; or if the token is more than one part of a path.
    """

    def __init__(
        self, secret: str, token: str | None = None, need: Literal["either", "both"] = "either"
    ) -> None:
        if not secret:
            raise ValueError("Expected a webhook secret, was empty")
        if token is not None and not token:
            raise ValueError("Expected a webhook token, was empty")
        if need == "both" and token is None:
            raise ValueError("Expected a webhook token beside the secret, was none")
        if secret == token:
            raise ValueError("Expected a webhook token that differs from the secret")
        if token is not None and "/" in token:
            raise ValueError("Expected a webhook token without a slash")
        self._secret = _encoded(secret)
        self._token = None if token is None else _encoded(token)
        self._are_both_needed = need == "both"
        # The longest first: one may hold another.
        texts = [text for text in (secret, token) if text is not None]
        self._texts = sorted({form for text in texts for form in _forms(text)}, key=len)[::-1]

    def __repr__(self) -> str:
        """Return a text without the secrets."""
        return "Credentials(***)"

    def check_path(self, given: str | None) -> bool:
        """
        Compare the last part of a path, None where there is none; return whether it is enough.

        Raises
        ------
        WebhookError
            404 for a wrong token, as for any path that leads nowhere, and where a token is needed
            and none is there; 403 for a wrong secret in the path, where there is no token.
        """
        if given is None:
            if self._are_both_needed:
                raise not_found()
            return False
        if self._token is None:
            if not hmac.compare_digest(_encoded(given), self._secret):
                raise WebhookError(403, "wrong_secret", f"{SECRET_FIELD}: it does not match")
            return True
        if not hmac.compare_digest(_encoded(given), self._token):
            raise not_found()
        return not self._are_both_needed

    def has_token(self, given: str) -> bool:
        """Tell whether this is the token, and not the secret in its place."""
        return self._token is not None and hmac.compare_digest(_encoded(given), self._token)

    def check_body(self, given: object, *, is_known: bool) -> None:
        """
        Compare the secret of a body, UNSET where it has none; null is a wrong one.

        Parameters
        ----------
        given : object
            Whatever stood there.
        is_known : bool
            Whether the path was enough, so that only a wrong secret is refused.

        Raises
        ------
        WebhookError
            401 if a secret is needed and missing, 403 if it is wrong.
        """
        if given is UNSET:
            if is_known:
                return
            raise WebhookError(401, "no_secret", f"{SECRET_FIELD}: expected it, was missing")
        text = _encoded(given) if isinstance(given, str) else b""
        if not hmac.compare_digest(text, self._secret):
            raise WebhookError(403, "wrong_secret", f"{SECRET_FIELD}: it does not match")

    def redact(self, text: str) -> str:
        """Return a text with stars in place of every secret, also as JSON or a URL writes it."""
        for secret in self._texts:
            text = text.replace(secret, _STARS)
        return text

    def is_clean(self, body: bytes, *, is_secret_taken: bool) -> bool:
        """
        Tell whether the fields of a body surely hold no secret, its own field aside; it is quick.

        Parameters
        ----------
        body : bytes
            As it came.
        is_secret_taken : bool
            Whether it had the right secret in its field.
        """
        # Without escapes, what JSON and text say stands in them letter by letter.
        if b"\\" in body or body.count(self._secret) > is_secret_taken:
            return False
        return self._token is None or self._token not in body

    def redact_fields(self, fields: dict[str, object]) -> dict[str, object]:
        """Return fields in which no name and no value, at whatever depth, holds a secret."""
        return {self.redact(name): self._redacted(value) for name, value in fields.items()}

    def _redacted(self, value: object) -> object:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return self.redact_fields(value)
        if isinstance(value, list):
            return [self._redacted(one) for one in value]
        # A secret of digits alone may stand there as a number.
        return value if self.redact(str(value)) == str(value) else _STARS


def not_found() -> WebhookError:
    """Return the answer to every path that leads nowhere."""
    return WebhookError(404, "not_found", "There is nothing here")


def _encoded(text: str) -> bytes:
    # surrogatepass: a lone surrogate is legal in JSON text but not in plain UTF-8.
    return text.encode(errors="surrogatepass")


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret and how it looks inside other texts."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(_encoded(secret), safe="")
    yield repr(secret)[1:-1]
