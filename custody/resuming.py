"""What an earlier call has left without an end: looked at before anything new is sent."""

from custody.errors import AlreadyDone, NothingSent, OutcomeUnknown
from custody.journal import Journal, Sending
from custody.node import EthereumNode
from custody.sending import REPLACED_LOOKS, Sender
from custody.venues import VenueApi
from custody.waiting import Patience
from custody.withdrawal import is_booked


def brief(poll_secs: float) -> Patience:
    """Return the patience for a look at something old: as many looks as a verdict needs."""
    timeout_secs = (REPLACED_LOOKS - 1) * poll_secs
    return Patience(timeout_secs, poll_secs, looks_min=REPLACED_LOOKS)


def settle_transaction(journal: Journal, sender: Sender, patience: Patience) -> None:
    """
    Find out how an earlier transaction ended; return if the way is free for another one.

    Raises
    ------
    AlreadyDone
        It was the last one of what was asked for, and it worked.
    Reverted, Replaced
        It moved nothing. Both, and the one above, free the way for the next call.
    OutcomeUnknown
        It still waits, or is lost.

    """
    earlier = journal.unfinished()
    if earlier is None:
        return
    receipt = sender.await_end(earlier, patience)
    if earlier.final:
        journal.end()
        raise AlreadyDone(
            f"An earlier call's {earlier.mark} ({earlier.words}) was mined in block"
            f" {receipt.block_number}: nothing was sent now; ask again to send another"
        )


def settle_withdrawal(journal: Journal, api: VenueApi, patience: Patience) -> None:
    """
    Find out whether the venue has an earlier withdrawal; return if there is none in doubt.

    Raises
    ------
    AlreadyDone
        The venue has it; the way is free for the next call.
    OutcomeUnknown
        The venue's books do not show it.

    """
    earlier = journal.unfinished()
    if earlier is None:
        return
    if not is_booked(earlier.nonce, api, patience):
        raise OutcomeUnknown(
            f"Expected the venue to show an earlier call's {earlier.words} (nonce"
            f" {earlier.nonce}), found none; `perpdesk funds pending --forget` gives it up"
        )
    journal.end()
    raise AlreadyDone(
        f"The venue has an earlier call's {earlier.words} (nonce {earlier.nonce}):"
        " nothing was ordered now; ask again to withdraw more"
    )


def forget_transaction(journal: Journal, node: EthereumNode, address: str) -> Sending | None:
    """
    Give up a transaction that the node has lost; return it, or None if there was none.

    The next transaction takes the same nonce, so that never both of them are mined.

    Raises
    ------
    NothingSent
        The node still has it, or its nonce is used: how it ends can be found out.

    """
    earlier = journal.unfinished()
    if earlier is None:
        return None
    if node.knows(earlier.mark) or node.nonce(address, "latest") > earlier.nonce:
        raise NothingSent(f"Expected the node to have lost {earlier.mark}, it has it or its nonce")
    journal.end()
    return earlier
