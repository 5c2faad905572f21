"""Commands whose effect is not known yet, and until when the venue may still take them; pure."""


class Doubts:
    """
    The commands of each order that the venue has not acknowledged, with the expiry of each.

    All times are the venue's Unix milliseconds. An action that is past its expiry can no longer
    take effect, so an order that the venue does not know by then was never placed, and one
    that it shows unchanged was never modified or canceled.
    """

    def __init__(self) -> None:
        self.submits: dict[str, int] = {}
        self.modifies: dict[str, dict[int, int]] = {}
        """By client order id, then by modify id."""
        self.cancels: dict[str, int] = {}

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

    def begin_modify(self, client_order_id: str, modify_id: int, expires_ms: int) -> None:
        """Note a modify that is leaving."""
        self.modifies.setdefault(client_order_id, {})[modify_id] = expires_ms

    def end_modify(self, client_order_id: str, modify_id: int) -> None:
        """Note that what became of a modify is known."""
        pending = self.modifies.get(client_order_id, {})
        pending.pop(modify_id, None)
        if not pending:
            self.modifies.pop(client_order_id, None)

    def expired_modifies(self, client_order_id: str, venue_ms: int) -> list[int]:
        """Return the modifies that the venue can no longer take, oldest first."""
        pending = self.modifies.get(client_order_id, {})
        return [modify_id for modify_id, expires_ms in pending.items() if venue_ms > expires_ms]
