"""When the RSI strategy wants to be long, short or flat: a pure rule, no orders and no sizes."""

from enum import StrEnum

from strategies.rsi import crosses_above, crosses_below

INDEX_MAX = 100
"""The top of the index's range."""


class Side(StrEnum):
    """The directions that a strategy may trade."""

    LONG = "long"
    SHORT = "short"
    BOTH = "both"


class Intent(StrEnum):
    """The position that the rule asks for."""

    LONG = "long"
    SHORT = "short"
    FLAT = "flat"


class RsiRule:
    """
    Turn the index of closed bars into intents.

    Long enters when the index rises through `oversold` and leaves when it rises through
    `overbought`; short is the mirror image; both goes from one to the other and is never flat
    once it has entered. A bar that jumps through both levels enters nothing: it would buy what is
    already dear.

    Parameters
    ----------
    oversold, overbought : float
        The levels, 0 < oversold < overbought < 100.
    side : Side
        The directions allowed.

    Raises
    ------
    ValueError
        If the levels are out of range or out of order.
    """

    def __init__(self, oversold: float, overbought: float, side: Side) -> None:
        if not 0 < oversold < overbought < INDEX_MAX:
            raise ValueError(
                "Expected levels with 0 < oversold < overbought < 100, "
                f"was oversold {oversold} and overbought {overbought}"
            )
        self._oversold = oversold
        self._overbought = overbought
        self._side = side
        self._previous: float | None = None

    def observe(self, value: float) -> None:
        """Take a value of the past, on which nothing may be decided any more."""
        self._previous = value

    def decide(self, value: float, position: Intent) -> Intent | None:
        """
        Take the index of the bar that just closed.

        Parameters
        ----------
        value : float
            The index, 0..100.
        position : Intent
            What is held now, orders under way included.

        Returns
        -------
        Intent or None
            The position wanted, or None to leave things as they are.
        """
        previous, self._previous = self._previous, value
        if previous is None:
            return None
        wanted = self._wanted(previous, value, position)
        return None if wanted is position else wanted

    def _wanted(self, previous: float, value: float, position: Intent) -> Intent | None:
        rose = crosses_above(previous, value, self._oversold)
        fell = crosses_below(previous, value, self._overbought)
        if rose and value < self._overbought and self._side is not Side.SHORT:
            return Intent.LONG
        if fell and value > self._oversold and self._side is not Side.LONG:
            return Intent.SHORT
        if self._side is Side.BOTH:
            return None
        if position is Intent.LONG and crosses_above(previous, value, self._overbought):
            return Intent.FLAT
        if position is Intent.SHORT and crosses_below(previous, value, self._oversold):
            return Intent.FLAT
        return None
