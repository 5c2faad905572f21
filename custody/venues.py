"""What the commands need to know of a venue: where it takes money, and what it can be asked."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from custody.calls import Call
from custody.deployments import Place, Token
from custody.errors import WrongRequest


class Credit(msgspec.Struct, frozen=True):
    """
    A deposit as the venue's books have it.

    Attributes
    ----------
    mark
        What tells it from every other one of the account.
    transaction_hash
        The deposit's on chain, where the venue tells it; in lower case.

    """

    mark: str
    symbol: str
    units: int
    transaction_hash: str | None = None


class Withdrawal(msgspec.Struct, frozen=True):
    """
    An order to the venue to pay out.

    Attributes
    ----------
    destination
        The address that is paid, on the venue's chain.
    nonce
        What tells it from every other one; milliseconds since 1970.

    """

    token: Token
    units: int
    destination: str
    nonce: int


class VenueApi(Protocol):
    """
    What a venue answers about one account.

    Every question raises VenueSilent when it is not answered.
    """

    def credits(self) -> Sequence[Credit]:
        """Return the account's latest deposits, in any order."""

    def available_units(self, token: Token) -> int:
        """Return how much of a token may be withdrawn now."""

    def fee_units(self, token: Token) -> int:
        """Return what the venue takes out of a withdrawal, in the token's units."""

    def withdraw(self, withdrawal: Withdrawal) -> None:
        """
        Order a withdrawal, once; return when the venue has taken it.

        Raises
        ------
        VenueRefused
            The venue said no.
        OutcomeUnknown
            Its answer is missing or cannot be read.

        """

    def knows_withdrawal(self, withdrawal_nonce: int) -> bool:
        """Tell whether the venue's books have a withdrawal."""


class Venue(msgspec.Struct, frozen=True):
    """
    One venue.

    Attributes
    ----------
    deposit_call
        Returns the call that pays in: token, units, whose account (an address), sub-account.

    """

    name: str
    place: Place
    deposit_call: Callable[[Token, int, str, int], Call]

    def token(self, symbol: str) -> Token:
        """
        Return a token that the venue takes.

        Raises
        ------
        WrongRequest
            It takes no such token.

        """
        for token in self.place.tokens:
            if token.symbol == symbol.upper():
                return token
        known = " or ".join(token.symbol for token in self.place.tokens)
        raise WrongRequest(f"Expected a token that {self.name} takes ({known}), found {symbol!r}")
