"""The nonces of one signer, shared by all its connections; pure, the clock is passed in."""


class NonceSource:
    """
    Hand out strictly rising millisecond nonces, however often and whenever it is asked.

    Two actions in one millisecond, or a clock that steps back, still get different, rising nonces:
    the venue refuses a nonce it has seen. There must be one source per signing key, not one per
    connection.

    Parameters
    ----------
    last : int, default 0
        The highest nonce that the key has used before; 0 when none is known.

    """

    __slots__ = ("_last",)

    def __init__(self, last: int = 0) -> None:
        self._last = last

    @property
    def last(self) -> int:
        """The highest nonce handed out so far."""
        return self._last

    def next(self, now_ms: int) -> int:
        """Return the next nonce: `now_ms` (Unix time), or one above the last if that is higher."""
        self._last = max(now_ms, self._last + 1)
        return self._last
