"""Who may act for which subaccount: owners, delegates, and the nonces that keys have used.

Every address is in lower case with 0x; a subaccount's id, a decimal text, is the name of its
account in the exchange engine. It holds no money.
"""

from typing import Literal

import msgspec

FIRST_SUB_ACCOUNT = 1_867_542_890_123_456_789
"""The id of the fact sheet's vectors (3.6); later ones count up."""
TRADING = frozenset({"session", "trading", "delegate"})
PERMISSIONS = TRADING
"""What a delegate may be permitted; all of them may trade (3.4)."""
NONCES_MAX = 100_000
"""So many used nonces of one key are remembered, the oldest forgotten first."""

type Role = Literal["owner", "delegate"]


class SubAccount(msgspec.Struct):
    """A subaccount; `master` is the id of the one it was made by, None for a wallet's first."""

    id: str
    owner: str
    name: str
    master: str | None = None


class Delegate(msgspec.Struct, frozen=True):
    """A key that signs for a subaccount; `expires_at` in Unix ms, 0 is never."""

    address: str
    permission: str
    expires_at: int
    added_by: str

    def is_live(self, now_ms: int) -> bool:
        """Say whether it still signs."""
        return not self.expires_at or now_ms < self.expires_at


class Nonces:
    """The nonces that one key has used: each is good once, or with `rising` only above the last."""

    def __init__(self, *, rising: bool) -> None:
        self._rising = rising
        self._used: dict[int, None] = {}  # oldest first
        self._last = 0

    def use(self, nonce: int) -> bool:
        """Take a nonce; False says that it is not fresh."""
        if nonce in self._used or (self._rising and nonce <= self._last):
            return False
        self._used[nonce] = None
        self._last = max(self._last, nonce)
        if len(self._used) > NONCES_MAX:
            del self._used[next(iter(self._used))]
        return True


class Directory:
    """The subaccounts of the venue, their owners and delegates.

    Parameters
    ----------
    rising_nonces : bool
        A key's nonces must rise (12.1 c); else each is good once.
    """

    def __init__(self, *, rising_nonces: bool = False) -> None:
        self.sub_accounts: dict[str, SubAccount] = {}
        self._delegates: dict[str, dict[str, Delegate]] = {}
        self._rising = rising_nonces
        self._nonces: dict[str, Nonces] = {}
        self._logins: dict[str, Nonces] = {}

    def open(self, owner: str, name: str, master: str | None = None) -> SubAccount:
        """Make a subaccount of a wallet."""
        number = str(FIRST_SUB_ACCOUNT + len(self.sub_accounts))
        made = self.sub_accounts[number] = SubAccount(number, owner, name, master)
        return made

    def owned_by(self, address: str) -> list[SubAccount]:
        """Return the subaccounts of a wallet, oldest first."""
        return [x for x in self.sub_accounts.values() if x.owner == address]

    def delegated_to(self, address: str, now_ms: int) -> list[tuple[SubAccount, Delegate]]:
        """Return the subaccounts that a key signs for without owning them."""
        return [
            (self.sub_accounts[number], delegates[address])
            for number, delegates in self._delegates.items()
            if address in delegates and delegates[address].is_live(now_ms)
        ]

    def delegates_of(self, sub_account: str) -> list[Delegate]:
        """Return a subaccount's delegates, those that no longer sign too."""
        return list(self._delegates.get(sub_account, {}).values())

    def add_delegate(self, sub_account: str, delegate: Delegate) -> None:
        """Let a key sign for a subaccount, or change what it may."""
        self._delegates.setdefault(sub_account, {})[delegate.address] = delegate

    def remove_delegate(self, sub_account: str, address: str) -> bool:
        """Let a key sign no more; False when it did not."""
        return self._delegates.get(sub_account, {}).pop(address, None) is not None

    def end_delegation(self, address: str, now_ms: int, *, is_removed: bool) -> None:
        """Let a delegate of any subaccount sign no more, "" is every one: past its time, or off."""
        for delegates in self._delegates.values():
            for one in [x for x in delegates.values() if address in {"", x.address}]:
                if is_removed:
                    del delegates[one.address]
                else:
                    delegates[one.address] = msgspec.structs.replace(one, expires_at=now_ms)

    def role(self, sub_account: str, address: str, now_ms: int) -> Role | None:
        """Return as what a key acts for a subaccount; None is not at all."""
        account = self.sub_accounts.get(sub_account)
        if account is None:
            return None
        if account.owner == address:
            return "owner"
        delegate = self._delegates.get(sub_account, {}).get(address)
        return "delegate" if delegate is not None and delegate.is_live(now_ms) else None

    def use_nonce(self, address: str, nonce: int) -> bool:
        """Take a nonce of a key; False says that it is not fresh."""
        return self._nonces.setdefault(address, Nonces(rising=self._rising)).use(nonce)

    def use_login(self, address: str, timestamp: int) -> bool:
        """Take the time of a login; False says that it was used (3.3)."""
        return self._logins.setdefault(address, Nonces(rising=False)).use(timestamp)

    def knows(self, address: str) -> bool:
        """Say whether a key owns or signs for any subaccount, or did so once."""
        owns = any(account.owner == address for account in self.sub_accounts.values())
        return owns or any(address in delegates for delegates in self._delegates.values())
