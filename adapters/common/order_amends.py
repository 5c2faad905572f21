"""Changes of a venue order that keeps its id, in whatever order they come to be known; pure."""

from decimal import Decimal
from typing import NamedTuple


class Terms(NamedTuple):
    """What can be changed of an order; `size` is the whole of it, None a price it does not have."""

    size: Decimal
    price: Decimal | None
    trigger_price: Decimal | None


class _Amend:
    """A change that is under way."""

    __slots__ = ("fields", "terms")

    def __init__(self, terms: Terms, before: Terms | None) -> None:
        self.terms = terms
        # Which of the terms it changes, but for those that a later one has changed since.
        self.fields = {
            place for place, new in enumerate(terms) if before is None or new != before[place]
        }

    def shows_in(self, told: Terms) -> bool:
        return bool(self.fields) and all(told[place] == self.terms[place] for place in self.fields)


class Amends:
    """The changes of one order that are under way, and its terms as the venue told them last."""

    __slots__ = ("_in_flight", "_made", "_told_ms", "terms")

    def __init__(self) -> None:
        self.terms: Terms | None = None  # None: as submitted
        self._told_ms = 0
        self._in_flight: dict[int, _Amend] = {}  # in the order in which they were sent
        self._made: set[int] = set()

    @property
    def are_any(self) -> bool:
        """Whether there has been a change, or one is under way."""
        return self.terms is not None or bool(self._in_flight)

    @property
    def size_min(self) -> Decimal | None:
        """The smallest size that one under way asks for; None if there is none."""
        return min((amend.terms.size for amend in self._in_flight.values()), default=None)

    def sent(self, modify_id: int, terms: Terms, before: Terms | None = None) -> None:
        """Note a change that is leaving, from the terms `before`; None if it tells all terms."""
        self._in_flight[modify_id] = _Amend(terms, before)

    def refused(self, modify_id: int) -> bool:
        """Note that a change was not made; return False if it is not under way."""
        return self._in_flight.pop(modify_id, None) is not None

    def is_moot(self, modify_id: int) -> bool:
        """Return whether later changes have replaced all of it, so that nobody can tell of it."""
        amend = self._in_flight.get(modify_id)
        return amend is not None and not amend.fields

    def has_made(self, modify_id: int) -> bool:
        """Return whether the venue has told that it made this change."""
        return modify_id in self._made

    def told(self, time_ms: int, terms: Terms, modify_id: int | None) -> bool:
        """
        Note the terms at a time of the venue's, and the change that it answers, if it is an answer.

        Return False if the venue has told of a later time before.
        """
        is_late = time_ms < self._told_ms
        for key, amend in reversed(list(self._in_flight.items())):
            if key == modify_id or (not is_late and amend.shows_in(terms)):
                self._make(key)
        if is_late:
            return False
        self._told_ms, self.terms = time_ms, terms
        return True

    def _make(self, modify_id: int) -> None:
        made = self._in_flight.pop(modify_id)
        self._made.add(modify_id)
        for key, amend in self._in_flight.items():
            if key < modify_id:
                amend.fields -= made.fields
