"""Who may post: one shared secret, compared in constant time; it is never shown or logged."""

import hmac

from webhook.errors import WebhookError

SECRET_FIELD = "secret"  # noqa: S105  the name of the field, not a secret


class SharedSecret:
    """
    Hold the secret that an alert must carry in its body or its path.

    TradingView can neither sign nor send a header of its own, so these two places are all.

    Parameters
    ----------
    secret : str
        Never empty.

    Raises
    ------
    ValueError
        If it is empty: an empty secret would let everyone in.
    """

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError("Expected a webhook secret, was empty")
        self._secret = secret.encode()

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return "SharedSecret(***)"

    def check(self, given: object) -> None:
        """
        Compare what a request brought.

        Raises
        ------
        WebhookError
            401 if it brought nothing, 403 if it brought something else.
        """
        if given is None:
            raise WebhookError(401, "no_secret", f"{SECRET_FIELD}: expected it, was missing")
        # surrogatepass: a lone surrogate is legal in JSON text but not in plain UTF-8.
        text = given.encode(errors="surrogatepass") if isinstance(given, str) else b""
        if not hmac.compare_digest(text, self._secret):
            raise WebhookError(403, "wrong_secret", f"{SECRET_FIELD}: it does not match")
