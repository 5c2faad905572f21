"""How many orders and cancels the venue still takes from an account; pure, it sends nothing."""

from decimal import Decimal

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits
# "1 request per 1 USDC traded cumulatively since address inception", from 10,000 on.
CAP_INITIAL = 10_000
# Cancels have "min(limit + 100000, limit * 2)".
CANCELS_ABOVE_CAP_MAX = 100_000
# What entries leave to cancels and reduce-only orders: 2 % of the cap, and enough of them to take
# a whole book of orders back.
RESERVE_MIN = 50
RESERVE_DIVISOR = 50


class AddressBudget:
    """
    The address limit of one account (a sub-account has its own), between two readings by count.

    Each order, modify and cancel of a batch counts one. At the cap the venue takes one action in
    10 s. Until the first `read` the account counts as a new one.
    """

    def __init__(self) -> None:
        self.read(volume=Decimal(0), used=0, cap=CAP_INITIAL, surplus=0)

    def read(self, *, volume: Decimal, used: int, cap: int, surplus: int = 0) -> None:
        """
        Take over what `userRateLimit` says; it replaces everything counted before.

        Parameters
        ----------
        volume : Decimal
            Its `cumVlm`, in USDC.
        used : int
            Its `nRequestsUsed`, beyond those bought.
        cap : int
            Its `nRequestsCap`, without those bought.
        surplus : int, default 0
            Its `nRequestsSurplus`: how many are left of those bought (`reserveRequestWeight`).

        """
        self._volume = volume
        self._used = used - surplus
        # 10,000 on every account seen; the venue may grant more.
        self._granted = cap - int(volume)

    def spent(self, count: int) -> None:
        """Count orders, modifies and cancels sent, whether the venue took them or not."""
        self._used += count

    def traded(self, notional: Decimal) -> None:
        """Count the value of a fill, in USDC, which raises the cap."""
        self._volume += notional

    @property
    def cap(self) -> int:
        """How many the account may ever send, those bought aside."""
        return self._granted + int(self._volume)

    @property
    def remaining(self) -> int:
        """How many orders the venue still takes; 0 when it is used up."""
        return max(0, self.cap - self._used)

    @property
    def remaining_for_cancels(self) -> int:
        """How many cancels the venue still takes; 0 when it is used up."""
        return max(0, min(self.cap + CANCELS_ABOVE_CAP_MAX, 2 * self.cap) - self._used)

    @property
    def reserve(self) -> int:
        """How many are kept for cancels and reduce-only orders."""
        return max(RESERVE_MIN, self.cap // RESERVE_DIVISOR)

    def refusal(self, count: int, *, reduces: bool) -> str | None:
        """
        Return why `count` orders must not be sent now, or None.

        Parameters
        ----------
        count : int
            How many orders or modifies.
        reduces : bool
            If they are reduce-only, or cancels: those always pass, since at the cap the venue still
            takes one in 10 s.

        """
        if reduces or self.remaining - count >= self.reserve:
            return None
        return (
            f"Expected an address budget of {count} above the {self.reserve} kept for cancels and"
            f" reduce-only orders, was {self.remaining} ({max(0, self._used)} used of {self.cap}):"
            " each USDC traded adds one, and they can be bought"
        )
