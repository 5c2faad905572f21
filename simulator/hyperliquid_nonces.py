"""The nonces that one signer has used (fact sheet 4.4); no clock."""

from bisect import bisect_left, insort

from simulator.moments import DAY_MS, Moment

NONCES_MAX = 100
"""So many of the highest nonces are remembered; all below them count as used."""
BEHIND_MS, AHEAD_MS = 2 * DAY_MS, DAY_MS


class Nonces:
    """The highest nonces of a signer."""

    def __init__(self) -> None:
        self._used: list[int] = []  # rising

    def use(self, nonce: int, moment: Moment) -> str | None:
        """Take a nonce; the venue's words when it is not fresh.

        A loopback venue's time may be another than the one its clients sign with: the window is
        that of the venue's clock or of the wall's, whichever takes the nonce.
        """
        used = self._used
        place = bisect_left(used, nonce)
        if place < len(used) and used[place] == nonce:
            return f"Invalid nonce: duplicate nonce {nonce}"
        if len(used) == NONCES_MAX and nonce < used[0]:
            return f"Invalid nonce: nonce too low {nonce} < {used[0]}"
        if not any(now - BEHIND_MS < nonce < now + AHEAD_MS for now in moment.clocks):
            return f"Invalid nonce: {nonce} is too far from the time {moment.now_ms}"
        insort(used, nonce)
        del used[:-NONCES_MAX]
        return None
