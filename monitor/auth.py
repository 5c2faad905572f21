"""Who may look and who may command: two bearer tokens, compared in constant time, never shown."""

import hmac
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from config.secrets import Secret
from monitor.errors import MonitorError

FAILURES_MAX: Final = 20
"""Wrong tokens in a minute, from whomever; after so many nobody is let in for a while."""

WINDOW_SECS: Final = 60.0

_SCHEME: Final = "bearer"


class Tokens:
    """
    Tell readers from commanders.

    Parameters
    ----------
    read : Secret
        Opens what only shows.
    control : Secret
        Opens everything.
    monotonic_secs : callable
        A clock, for the limit on wrong tokens.

    Raises
    ------
    ValueError
        The two are the same: every reader could command.

    """

    def __init__(
        self,
        read: Secret,
        control: Secret,
        monotonic_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        if read == control:
            raise ValueError("Expected a control token that differs from the read token")
        self._read = _encoded(read.reveal())
        self._control = _encoded(control.reveal())
        self._clock = monotonic_secs
        self._failures: deque[float] = deque(maxlen=FAILURES_MAX)

    def __repr__(self) -> str:
        """Return a text without the tokens."""
        return "Tokens(***)"

    def check(self, header: str | None, *, is_command: bool) -> None:
        """
        Compare the value of an Authorization header.

        Raises
        ------
        MonitorError
            401 for a missing or wrong token, 403 for a reader's where a command is given, 429
            after too many wrong ones.

        """
        if header is None:
            raise MonitorError(401, "no_token", "Authorization: expected a bearer token, was none")
        self._check_patience()
        scheme, _, given = header.partition(" ")
        token = _encoded(given.strip())
        # Both are compared each time: how long it takes tells nothing of which was near.
        is_control = hmac.compare_digest(token, self._control)
        is_read = hmac.compare_digest(token, self._read)
        if scheme.lower() != _SCHEME or not (is_control or is_read):
            self._failures.append(self._clock())
            raise MonitorError(401, "wrong_token", "Authorization: the token does not match")
        if is_command and not is_control:
            raise MonitorError(403, "read_only", "Expected the control token, was the read token")

    def _check_patience(self) -> None:
        is_full = len(self._failures) == FAILURES_MAX
        if is_full and self._clock() - self._failures[0] < WINDOW_SECS:
            words = f"More than {FAILURES_MAX} wrong tokens in a minute: wait for one"
            raise MonitorError(429, "too_many_failures", words)


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
