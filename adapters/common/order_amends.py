"""Changes of a venue order that keeps its id, in whatever order they come to be known; pure."""

from decimal import Decimal
from typing import NamedTuple


class Terms(NamedTuple):
    """What can be changed of an order; `size` is the whole of it, None a price it does not have."""

    size: Decimal
    price: Decimal | None
    trigger_price: Decimal | None


class Amends:
    """The changes of one order that are under way, and its terms as the venue told them last."""

    __slots__ = ("_in_flight", "_made", "_told_ms", "terms")

    def __init__(self) -> None:
        self.terms: Terms | None = None  # None: as submitted
        self._told_ms = 0
        self._in_flight: dict[int, Terms] = {}
        self._made: set[int] = set()

    @property
    def are_any(self) -> bool:
        """Whether there has been a change, or one is under way."""
        return self.terms is not None or bool(self._in_flight)

    @property
    def size_min(self) -> Decimal | None:
        """The smallest size that one under way asks for; None if there is none."""
        return min((terms.size for terms in self._in_flight.values()), default=None)

    def sent(self, modify_id: int, terms: Terms) -> None:
        """Note a change that is leaving."""
        self._in_flight[modify_id] = terms

    def refused(self, modify_id: int) -> bool:
        """Note that a change was not made; return False if it is not under way."""
        return self._in_flight.pop(modify_id, None) is not None

    def has_made(self, modify_id: int) -> bool:
        """Return whether the venue has told that it made this change."""
        return modify_id in self._made

    def told(self, time_ms: int, terms: Terms, modify_id: int | None) -> bool:
        """
        Note the terms at a time of the venue's, and the change that it answers, if it is an answer.

        Return False if the venue has told of a later time before.
        """
        for key, sent in list(self._in_flight.items()):
            if key == modify_id or sent == terms:
                del self._in_flight[key]
                self._made.add(key)
        if time_ms < self._told_ms:
            return False
        self._told_ms, self.terms = time_ms, terms
        return True
