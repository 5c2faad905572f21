"""A deposit from its first call to its credit at the venue; asked for and confirmed elsewhere."""

from collections.abc import Callable

import msgspec

from custody.errors import NothingSent, OutcomeUnknown, VenueSilent
from custody.journal import Journal
from custody.node import EthereumNode
from custody.preparation import Deposit, Quote, require_allowance, require_chain
from custody.sending import Sender
from custody.venues import Credit, VenueApi
from custody.waiting import Clock, Patience, wait_for


class Done(msgspec.Struct, frozen=True):
    """
    A deposit that is mined.

    Attributes
    ----------
    transactions
        The hashes of all that was sent, oldest first; the last one is the deposit's.
    credited
        Whether the venue has booked it; None when it was not asked.

    """

    transactions: tuple[str, ...]
    block_number: int
    fee_wei: int
    credited: bool | None


def carry_out(
    quote: Quote,
    node: EthereumNode,
    sender: Sender,
    journal: Journal,
    api: VenueApi | None,
    patience: Patience,
    tell: Callable[[str], None],
    clock: Clock | None = None,
) -> Done:
    """
    Send the calls of a quote one after the other, each once the one before is mined.

    Parameters
    ----------
    quote
        What a person has agreed to: these calls, at no more than this price.
    api
        Whom to ask for the credit; None does not wait for it.
    patience
        How long the credit is waited for.

    Raises
    ------
    CustodyError
        As `Sender.send` does; what was mined before stays mined, and a new call goes on from there.
    OutcomeUnknown
        Also when the deposit is mined and the venue has not booked it in time.

    """
    deposit = quote.deposit
    known = _marks(api)
    hashes: list[str] = []
    fee_wei = 0
    require_chain(node, deposit.venue.place.chain)
    *first, last = quote.steps
    for step in first:
        words = f"{step.call.function} {step.call.contract}"
        mark, receipt = sender.send(step, quote.fees, words, final=False)
        tell(f"Mined in block {receipt.block_number}")
        hashes.append(mark)
        fee_wei += receipt.fee_wei
    require_allowance(node, deposit)
    mark, receipt = sender.send(last, quote.fees, str(deposit), final=True)
    tell(f"Mined in block {receipt.block_number}")
    event = last.call.event
    if event is not None and not receipt.has_event(*event):
        raise OutcomeUnknown(
            f"Expected the event of a deposit in {mark}, mined in block {receipt.block_number},"
            f" found none from {event[0]}; look at the venue before anything else"
        )
    done = Done((*hashes, mark), receipt.block_number, fee_wei + receipt.fee_wei, None)
    if api is not None:
        tell(f"Waiting for {deposit.venue.name} to credit {deposit.amount}")
        _await_credit(api, deposit, mark, known, patience, clock or Clock())
        done = msgspec.structs.replace(done, credited=True)
    journal.end()
    return done


def _marks(api: VenueApi | None) -> frozenset[str]:
    """Return the credits of before; nothing is sent to a venue whose books cannot be read."""
    if api is None:
        return frozenset()
    try:
        return frozenset(credit.mark for credit in api.credits())
    except VenueSilent as e:
        raise NothingSent(f"{e}; nothing was sent") from e


def _await_credit(
    api: VenueApi,
    deposit: Deposit,
    mark: str,
    known: frozenset[str],
    patience: Patience,
    clock: Clock,
) -> None:
    def look() -> Credit | None:
        try:
            found = api.credits()
        except VenueSilent:
            return None
        return next((c for c in found if c.mark not in known and _is_it(c, deposit, mark)), None)

    if wait_for(look, patience, clock) is None:
        raise OutcomeUnknown(
            f"Expected {deposit.venue.name} to credit {deposit.amount} within"
            f" {patience.timeout_secs:g} s, found no credit yet. The deposit is mined ({mark}):"
            " do not send it again, ask the venue"
        )


def _is_it(credit: Credit, deposit: Deposit, mark: str) -> bool:
    """Tell by the hash, or by token and amount where the venue tells no hash."""
    if credit.transaction_hash is not None:
        return credit.transaction_hash == mark.lower()
    return credit.symbol == deposit.token.symbol and credit.units == deposit.units
