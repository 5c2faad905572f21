"""What the venue's answer about an order proves of the commands in doubt; pure, it asks nothing."""

from adapters.common.ledger import OrderLedger


class Settlement:
    """
    Settle doubts by what the venue knows of an order after a command can have no effect any more.

    Every `venue_ms` is the venue's time (Unix milliseconds), read before the question was asked:
    what is over by then (see `doubts.Sent`) can have no effect after the answer.

    Parameters
    ----------
    ledger : OrderLedger
        Where doubts are held, and what they come to is recorded and reported.
    grace_ms : int
        How much later than it was taken an order may be known to the venue.

    """

    def __init__(self, ledger: OrderLedger, grace_ms: int) -> None:
        self._tracker = ledger.tracker
        self._reporter = ledger.reporter
        self._doubts = ledger.doubts
        self._grace_ms = grace_ms

    def on_found(self, key: str, venue_ms: int) -> None:
        """Settle what follows from an order that the venue knows, and has told of before this."""
        self._doubts.submits.pop(key, None)
        for modify_id in list(self._doubts.modifies.get(key, ())):
            if self._tracker.has_made(key, modify_id):
                self._doubts.end_modify(key, modify_id)
        for modify_id in self._doubts.modifies_over(key, venue_ms - self._grace_ms):
            self._doubts.end_modify(key, modify_id)
            reason = "The venue never took it: the order is unchanged after its expiry"
            self._reporter.report(self._tracker.modify_over(key, modify_id, reason))
        cancel = self._doubts.cancels.get(key)
        if cancel is not None and cancel.is_over(venue_ms - self._grace_ms):
            del self._doubts.cancels[key]
            reason = "The venue never took it: the order rests after its expiry"
            self._reporter.report(self._tracker.cancel_refused(key, reason))

    def on_not_found(self, key: str, venue_ms: int) -> bool:
        """Reject an order that the venue does not know once it is over; False if that is ahead."""
        submit = self._doubts.submits.get(key)
        if submit is None or not submit.is_over(venue_ms - self._grace_ms):
            return False
        reason = "The venue never took it: it does not know the order after its expiry"
        self._reporter.report(self._tracker.refused(key, reason))
        self._doubts.forget(key)
        return True

    def is_complete(self, key: str) -> bool:
        """Return whether nothing about the order is in doubt; of one that is over, no more is."""
        if not self._tracker.is_open(key):
            self._doubts.forget(key)
            return True
        return not (key in self._tracker.doubtful() or self._doubts.holds(key))
