"""What is known of one order, in whatever order it came to be known; it reports nothing."""

from decimal import Decimal

from adapters.common.order_amends import Amends
from adapters.common.order_events import End


class Leg:
    """One venue order under the client order id; each cancel-replace adds one."""

    __slots__ = (
        "end",
        "filled",
        "filled_at_end",
        "is_cancel_accepted",
        "is_triggered",
        "is_vanished",
        "limit",
        "size",
        "trigger",
        "venue_order_id",
    )

    def __init__(self, venue_order_id: str) -> None:
        self.venue_order_id = venue_order_id
        self.size: Decimal | None = None  # the whole size; None until the venue tells
        self.limit: Decimal | None = None  # its limit and trigger prices, the same
        self.trigger: Decimal | None = None
        self.filled = Decimal(0)  # by the fills that have come
        self.is_triggered = False
        self.is_vanished = False  # a trigger that has left unfilled: canceled, or fired
        self.is_cancel_accepted = False
        self.end: End | None = None
        self.filled_at_end: Decimal | None = None  # None: all of it


class Modify:
    """A cancel-replace that was sent and has not been refused."""

    __slots__ = ("limit", "price", "size", "trigger_price", "venue_order_id")

    def __init__(
        self,
        size: Decimal,
        price: Decimal | None,
        trigger_price: Decimal | None,
        limit: Decimal | None = None,
    ) -> None:
        self.size = size
        self.price = price
        self.trigger_price = trigger_price
        self.limit = limit  # as sent: of a market trigger, which has no price, how far it may slip
        self.venue_order_id: str | None = None  # of the leg it made, once the venue has named it

    def fits(self, leg: Leg) -> bool:
        """Return whether the leg may have come of it, by what the venue has told of the leg."""
        terms = (
            (self.size, leg.size),
            (self.limit, leg.limit),
            (self.trigger_price, leg.trigger),
        )
        return all(ours == told or None in {ours, told} for ours, told in terms)


class OrderFacts:
    """
    The venue orders and modifies of one client order id, and what follows from them.

    Facts are only added (but a refused modify is forgotten), and adding one twice changes nothing;
    so what follows from them does not depend on the order of their arrival. Its cost grows with
    the number of modifies of the order.

    Parameters
    ----------
    size : Decimal
        The whole size of the first venue order.
    filled_before : Decimal
        What venue orders of before a restart had filled.
    is_adopted : bool
        If there may have been such venue orders, whose ids are not known.

    """

    def __init__(self, size: Decimal, filled_before: Decimal, *, is_adopted: bool) -> None:
        self.size = size
        self.filled_before = filled_before
        self.is_adopted = is_adopted
        self.legs: dict[str, Leg] = {}
        self.modifies: dict[int, Modify] = {}
        self.amends = Amends()
        self.trade_ids: set[str] = set()
        self.in_doubt = False
        self.refused_ids: set[str] = set()  # of refusals after the order was taken
        self.is_modify_refused = False  # such a refusal may then be that of its new order

    def leg(self, venue_order_id: str) -> Leg:
        """Return the venue order of this id, which is known from now on."""
        if venue_order_id not in self.legs:
            self.legs[venue_order_id] = Leg(venue_order_id)
        return self.legs[venue_order_id]

    def is_older(self, venue_order_id: str) -> bool:
        """Return whether this is a venue order of before a restart: nothing accounts for a new."""
        return (
            self.is_adopted
            and venue_order_id not in self.legs
            and len(self.legs) > len(self.modifies)
            and not any(leg.is_triggered for leg in self.legs.values())
        )

    def modify_of(self, leg: Leg) -> Modify | None:
        """Return the modify that made the leg: as the venue named it, else as they were sent."""
        modifies = self.modifies.values()
        for modify in modifies:
            if modify.venue_order_id == leg.venue_order_id:
                return modify
        return self._unnamed_makers().get(leg.venue_order_id)

    def size_of(self, leg: Leg) -> Decimal:
        """Return the whole size of the leg: as the venue told, else as it was sent."""
        modify = self.modify_of(leg)
        size = leg.size or (self.size if modify is None else modify.size)
        return max(size, leg.filled)

    def filled_of(self, leg: Leg) -> Decimal:
        """Return what the venue has filled of the leg, also where its fills are yet to come."""
        if leg.end is None:
            return leg.filled
        at_end = self.size_of(leg) if leg.filled_at_end is None else leg.filled_at_end
        return max(at_end, leg.filled)

    def quantity(self, current: Leg) -> Decimal:
        """Return the whole quantity of the order if this leg is the one that stands."""
        others = (self.filled_of(leg) for leg in self.legs.values() if leg is not current)
        return sum(others, self.filled_before + self.size_of(current))

    def settle_size(self, leg: Leg) -> None:
        """Take from the end of the leg what news of its change in place may be too late to tell."""
        filled = leg.filled_at_end
        if filled is None or not self.amends.are_any:
            return
        if leg.end is End.FILLED or filled > self.size_of(leg):
            leg.size = filled

    def size_in_doubt(self) -> Decimal | None:
        """Return the smallest size that the order may have now; None if its size is known."""
        leg, size = self.current(), self.amends.size_min
        if leg is None or size is None or leg.end in {End.CANCELED, End.EXPIRED}:
            return None
        if leg.end is End.FILLED and leg.filled_at_end is not None:
            return None
        return min(size, self.size_of(leg))

    def standing(self) -> list[Leg]:
        """Return the legs that may be the order now; more than one while a modify runs."""
        return [leg for leg in self.legs.values() if not self._is_gone(leg)]

    def current(self) -> Leg | None:
        """Return the leg that is the order now; None if there is none or two claim to be it."""
        standing = self.standing()
        if len(standing) == 1:
            return standing[0]
        for modify in reversed(self.modifies.values()):
            if modify.venue_order_id is not None:
                return self.legs[modify.venue_order_id]
        return None if standing or not self.legs else list(self.legs.values())[-1]

    def is_size_sure(self, leg: Leg) -> bool:
        """Return whether the size of the leg is known, not guessed from the order of modifies."""
        return leg.size is not None or self._is_maker_sure(leg)

    def is_certain(self) -> bool:
        """Return whether one leg alone is the order, its size known and no leg before it unseen."""
        leg = self.current()
        if leg is None or len(self.standing()) > 1 or not self.is_size_sure(leg):
            return False
        modify = self.modify_of(leg)
        modifies = list(self.modifies.values())
        before = len(modifies)
        if self._is_maker_sure(leg):
            before = 0 if modify is None else modifies.index(modify) + 1
        return len(self.legs) > before

    def end_refused_trigger(self) -> None:
        """End an order that fired and was to go on as another, which was refused at once."""
        is_fired = any(leg.is_triggered for leg in self.standing())
        if not is_fired or self.is_modify_refused or self._unnamed_modifies():
            return
        for venue_order_id in self.refused_ids - self.legs.keys():
            leg = self.leg(venue_order_id)
            leg.end, leg.filled_at_end = End.CANCELED, Decimal(0)

    def is_settled(self, leg: Leg) -> bool:
        """Return whether nothing can be heard of the leg any more."""
        if leg.end is None:
            return leg.filled >= self.size_of(leg) or self._is_replaced_by_trigger(leg)
        return leg.filled >= self.filled_of(leg)

    def is_over(self) -> bool:
        """Return whether all legs are settled and no modify can have made another."""
        return len(self.legs) > len(self.modifies) and all(map(self.is_settled, self.legs.values()))

    def is_doubtful(self) -> bool:
        """Return whether what happens next depends on news that may have been lost."""
        legs = self.legs.values()
        awaits_leg = self.in_doubt and len(self.legs) <= len(self.modifies)
        lacks_fills = any(leg.end is not None and not self.is_settled(leg) for leg in legs)
        return awaits_leg or lacks_fills or (bool(legs) and all(leg.end for leg in legs))

    def _unnamed_modifies(self) -> list[Modify]:
        return [modify for modify in self.modifies.values() if modify.venue_order_id is None]

    def _unnamed_makers(self) -> dict[str, Modify]:
        """Return by leg the modifies that the venue has not named: by their terms, then in turn."""
        named = {modify.venue_order_id for modify in self.modifies.values()}
        # No modify made the first leg.
        legs = [leg for leg in self.legs.values() if leg.venue_order_id not in named][1:]
        free = self._unnamed_modifies()
        makers: dict[str, Modify] = {}
        for leg in sorted(legs, key=lambda leg: leg.limit is None):
            maker = next((modify for modify in free if modify.fits(leg)), None)
            if maker is not None:
                makers[leg.venue_order_id] = maker
                free.remove(maker)
        return makers

    def _is_maker_sure(self, leg: Leg) -> bool:
        modify = self.modify_of(leg)
        if modify is None:
            return leg is next(iter(self.legs.values()))
        if modify.venue_order_id is not None:
            return True
        return sum(other.fits(leg) for other in self._unnamed_modifies()) == 1

    def _is_gone(self, leg: Leg) -> bool:
        return leg.end in {End.CANCELED, End.EXPIRED} or self._is_replaced_by_trigger(leg)

    def _is_replaced_by_trigger(self, leg: Leg) -> bool:
        """Return whether the leg fired and the order goes on as a later one that no modify made."""
        if not leg.is_triggered:
            return False
        legs = list(self.legs.values())
        return any(self.modify_of(later) is None for later in legs[legs.index(leg) + 1 :])
