"""A look at what an earlier funds command has left without an end, and the giving up of it."""

from custody.book import require_api
from custody.errors import AlreadyDone, OutcomeUnknown
from custody.preparation import require_chain
from custody.resuming import (
    brief,
    forget_transaction,
    settle_transaction,
    settle_withdrawal,
)
from desk.funds_parts import RECEIPT_SECS, Opened


def look_at_transaction(parts: Opened, *, forget: bool) -> None:
    """
    Tell how an unfinished transaction ended; return if it did, or there is none.

    Raises
    ------
    CustodyError
        As `settle_transaction` and `forget_transaction` do, but for AlreadyDone.

    """
    journal = parts.chain_journal()
    if journal.unfinished() is None:
        return
    node = parts.node()
    require_chain(node, parts.chain)
    try:
        sender = parts.sender(node, RECEIPT_SECS)
        settle_transaction(journal, sender, brief(parts.poll_secs))
    except AlreadyDone as e:
        parts.tell(str(e))
    except OutcomeUnknown:
        if not forget:
            raise
        lost = forget_transaction(journal, node, parts.address)
        if lost is not None:
            parts.tell(f"Gave up {lost.mark} ({lost.words}), which the node does not know")


def look_at_withdrawal(parts: Opened, *, forget: bool) -> None:
    """
    Tell whether the venue has an unfinished withdrawal; return if so, or if there is none.

    Raises
    ------
    CustodyError
        As `settle_withdrawal` does, but for AlreadyDone.

    """
    journal = parts.venue_journal()
    earlier = journal.unfinished()
    if earlier is None:
        return
    api = require_api(parts.listing, parts.account)
    try:
        settle_withdrawal(journal, api, brief(parts.poll_secs))
    except AlreadyDone as e:
        parts.tell(str(e))
    except OutcomeUnknown:
        if not forget:
            raise
        journal.end()
        parts.tell(f"Gave up {earlier.words}, which the venue's books do not show")
