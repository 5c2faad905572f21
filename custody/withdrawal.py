"""A withdrawal: checked, written down, ordered once, and looked for in the venue's books."""

from collections.abc import Callable

from custody.amounts import format_units
from custody.errors import (
    NothingSent,
    OutcomeUnknown,
    VenueRefused,
    VenueSilent,
)
from custody.journal import Journal, Sending
from custody.venues import VenueApi, Withdrawal
from custody.waiting import Clock, Patience, wait_for


def describe(withdrawal: Withdrawal) -> str:
    """Return it in words, such as `withdraw 100 USDC to 0xabc`."""
    amount = format_units(withdrawal.units, withdrawal.token.decimals)
    return f"withdraw {amount} {withdrawal.token.symbol} to {withdrawal.destination}"


def check(api: VenueApi, withdrawal: Withdrawal) -> int:
    """
    Return the venue's fee in the token's units, after asking whether the money is there.

    Raises
    ------
    NothingSent
        It is not, or the fee leaves nothing of it.
    VenueSilent
        The venue does not say.

    """
    token, units = withdrawal.token, withdrawal.units
    fee = api.fee_units(token)
    if units <= fee:
        raise NothingSent(
            f"Expected more than the venue's fee of {format_units(fee, token.decimals)}"
            f" {token.symbol}, found {format_units(units, token.decimals)} {token.symbol}"
        )
    available = api.available_units(token)
    if available < units:
        raise NothingSent(
            f"Expected {format_units(units, token.decimals)} {token.symbol} to be withdrawable,"
            f" found {format_units(available, token.decimals)} {token.symbol}"
        )
    return fee


def carry_out(
    withdrawal: Withdrawal,
    api: VenueApi,
    journal: Journal,
    patience: Patience,
    tell: Callable[[str], None],
    clock: Clock | None = None,
) -> None:
    """
    Order a withdrawal, once; return when the venue has taken it, not when it is paid.

    Parameters
    ----------
    patience
        How long the venue's books are looked at when its answer is missing.

    Raises
    ------
    VenueRefused
        The venue said no.
    OutcomeUnknown
        It did not answer, nor do its books show the withdrawal; it stays in the journal.

    """
    words = describe(withdrawal)
    journal.begin(Sending("action", str(withdrawal.nonce), withdrawal.nonce, words, final=True))
    try:
        api.withdraw(withdrawal)
    except (VenueRefused, NothingSent):
        journal.end()
        raise
    except OutcomeUnknown as e:
        tell(f"{e}. Looking into the venue's books")
        if not is_booked(withdrawal.nonce, api, patience, clock):
            raise OutcomeUnknown(
                f"{e}, and the venue's books do not show it (nonce {withdrawal.nonce}). Nothing"
                " else is ordered until its end is known: `perpdesk funds pending` looks again"
            ) from e
    journal.end()


def is_booked(nonce: int, api: VenueApi, patience: Patience, clock: Clock | None = None) -> bool:
    """Tell whether the venue's books show a withdrawal by the time that patience ends."""

    def look() -> bool | None:
        try:
            return api.knows_withdrawal(nonce) or None
        except VenueSilent:
            return None

    return wait_for(look, patience, clock or Clock()) is not None
