"""Commands whose effect is not known yet, and until when the venue may still take them; pure."""

import msgspec


class Sent(msgspec.Struct, frozen=True):
    """
    A command that has left.

    Parameters
    ----------
    expires_ms : int
        The venue's time (Unix ms) from which on the command can have no effect any more.
    nonce : int, default 0
        The nonce that it carries, at a venue whose word on an expiry is not enough: the command
        counts as alive until its nonce is used up. 0 where the expiry proves it.

    """

    expires_ms: int
    nonce: int = 0

    def is_over(self, venue_ms: int) -> bool:
        """Return whether the command can have no effect after a time of the venue's."""
        return not self.nonce and venue_ms > self.expires_ms


class Doubts:
    """
    The commands of each order that the venue has not acknowledged, and how each comes to its end.

    An action that is over can no longer take effect, so an order that the venue does not know by
    then was never placed, and one that it shows unchanged was never modified or canceled.
    """

    def __init__(self) -> None:
        self.submits: dict[str, Sent] = {}
        self.modifies: dict[str, dict[int, Sent]] = {}
        """By client order id, then by modify id."""
        self.cancels: dict[str, Sent] = {}

    def holds(self, client_order_id: str) -> bool:
        """Return whether any command of the order is in doubt."""
        return (
            client_order_id in self.submits
            or client_order_id in self.modifies
            or client_order_id in self.cancels
        )

    def forget(self, client_order_id: str) -> None:
        """Drop all doubts about an order that has come to its end."""
        self.submits.pop(client_order_id, None)
        self.modifies.pop(client_order_id, None)
        self.cancels.pop(client_order_id, None)

    def begin_modify(self, client_order_id: str, modify_id: int, sent: Sent) -> None:
        """Note a modify that is leaving."""
        self.modifies.setdefault(client_order_id, {})[modify_id] = sent

    def end_modify(self, client_order_id: str, modify_id: int) -> None:
        """Note that what became of a modify is known."""
        pending = self.modifies.get(client_order_id, {})
        pending.pop(modify_id, None)
        if not pending:
            self.modifies.pop(client_order_id, None)

    def modifies_over(self, client_order_id: str, venue_ms: int) -> list[int]:
        """Return the modifies that the venue can no longer take, oldest first."""
        pending = self.modifies.get(client_order_id, {})
        return [modify_id for modify_id, sent in pending.items() if sent.is_over(venue_ms)]

    def late_nonces(self, client_order_id: str, venue_ms: int) -> list[int]:
        """Return the nonces, lowest first, of commands that are late and may still arrive."""
        key = client_order_id
        sent = [*self.modifies.get(key, {}).values()]
        sent += [one[key] for one in (self.submits, self.cancels) if key in one]
        return sorted({one.nonce for one in sent if one.nonce and venue_ms > one.expires_ms})

    def submit_unanswered(self, client_order_id: str) -> None:
        """Note that no answer comes to an order with a nonce: its expiry need not be awaited."""
        _unanswered(self.submits, client_order_id)

    def modify_unanswered(self, client_order_id: str, modify_id: int) -> None:
        """Note the same of a modify."""
        _unanswered(self.modifies.get(client_order_id, {}), modify_id)

    def cancel_unanswered(self, client_order_id: str) -> None:
        """Note the same of a cancel."""
        _unanswered(self.cancels, client_order_id)

    def used_up(self, nonce: int, venue_ms: int) -> None:
        """Note that a nonce is used up: its request has no effect after a time of the venue's."""
        for book in (self.submits, self.cancels):
            _end(book, nonce, venue_ms)
        for pending in self.modifies.values():
            _end(pending, nonce, venue_ms)


def _unanswered[Name](book: dict[Name, Sent], name: Name) -> None:
    if name in book:
        book[name] = Sent(0, book[name].nonce)


def _end[Name](book: dict[Name, Sent], nonce: int, venue_ms: int) -> None:
    book |= {name: Sent(venue_ms) for name, sent in book.items() if sent.nonce == nonce}
