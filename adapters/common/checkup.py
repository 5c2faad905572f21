"""What a venue is asked before a run, by hand: its clock, a price, whose key it is; values only."""

from decimal import Decimal
from typing import Literal, Protocol

import msgspec
from nautilus_trader.model.instruments import Instrument

type KeyKind = Literal["master", "agent", "delegate", "unknown"]


class KeyAccount(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a signing key is at a venue.

    Attributes
    ----------
    kind
        Of the account itself, of one that may only trade for it (the venues say agent or delegate),
        or of none.
    signer
        The key's own address.
    account
        What it trades for; None if it may not trade for what was asked.
    trouble
        Why not, and what to set instead; None where it may.
    equity, currency
        What the account is worth; None where it is not known.

    """

    kind: KeyKind
    signer: str
    account: str | None = None
    trouble: str | None = None
    equity: Decimal | None = None
    currency: str = ""


class Checkup(Protocol):
    """The questions; each may raise VenueRefused or OutcomeUnknown, and none sends an order."""

    async def time_ms(self) -> int:
        """Return the venue's clock."""

    async def price(self, instrument: Instrument) -> Decimal | None:
        """Return about what one base unit costs, None if nobody offers it."""

    async def key_account(
        self, private_key: str, account: str | None, sub_account: str | None
    ) -> KeyAccount:
        """Return what a key is, and what it may do for this account or sub-account."""
