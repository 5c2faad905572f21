"""A wallet's address and its signature; the key stays inside, and no string shows it."""

import re

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.exceptions import ValidationError

from config.secrets import Secret
from custody.errors import WrongRequest
from custody.transactions import Transaction

_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")


class Wallet:
    """The account of one private key."""

    __slots__ = ("_account",)

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @classmethod
    def from_secret(cls, key: Secret, variable: str) -> "Wallet":
        """
        Return the wallet of a key, which the environment variable `variable` holds.

        Raises
        ------
        WrongRequest
            It is not 32 bytes in hex; no part of it is repeated.

        """
        text = key.reveal().strip()
        wanted = f"{variable}: expected a private key, 32 bytes in hex"
        if _KEY.fullmatch(text) is None:
            raise WrongRequest(f"{wanted}, found {len(text)} characters of another form")
        try:
            return cls(Account.from_key(text))
        except (ValueError, ValidationError):
            # Without its cause, whose words may hold the key.
            raise WrongRequest(f"{wanted}, found a number that is none") from None

    @property
    def address(self) -> str:
        """Return the address with its checksum."""
        return str(self._account.address)

    @property
    def account(self) -> LocalAccount:
        """Return what the venues' own signing functions take."""
        return self._account

    def sign(self, transaction: Transaction) -> tuple[str, bytes]:
        """Return a transaction's hash and its bytes to send."""
        signed = self._account.sign_transaction(transaction.fields())
        return "0x" + signed.hash.hex(), bytes(signed.raw_transaction)

    def __repr__(self) -> str:
        """Return the address alone."""
        return f"Wallet({self.address})"
