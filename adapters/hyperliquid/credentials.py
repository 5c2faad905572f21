"""Find the account that a key trades for, and say in words what is wrong with it; it signs not."""

from adapters.common.errors import VenueRefused
from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.account_schemas import UserRole
from adapters.hyperliquid.http import HyperliquidHttpClient

_WORDS = {"agent": "an agent", "subAccount": "a sub-account", "missing": "no account"}


async def check_credentials(
    http: HyperliquidHttpClient,
    signer_address: str,
    account_address: str | None = None,
    vault_address: str | None = None,
) -> str:
    """
    Return the address, in lower case, of the account that the key acts on.

    A wrong combination does not fail at the venue: it shows an empty account, and every order is
    refused for a wallet that does not exist. So it is judged before anything is sent, by one look
    at the key and one at the account (each weighs 60, of a minute's 1,200).

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask.
    signer_address : str
        The key's own address: of the master itself or of an agent.
    account_address : str, optional
        The master account of an agent.
    vault_address : str, optional
        The vault or sub-account that the master's orders are for.

    Raises
    ------
    ValueError
        If the key may not act on that account; the message says what to set instead.
    VenueError
        If the venue does not tell.

    """
    accounts = AccountHttp(http)
    signer = signer_address.lower()
    account = account_address.lower() if account_address else None
    master = _master_of(signer, await accounts.user_role(signer), account)
    if vault_address:
        return await _vault_of(accounts, vault_address.lower(), master)
    if account is not None and account != master:
        await _explain(accounts, signer, account)
    return master


def _master_of(signer: str, role: UserRole, account: str | None) -> str:
    """Return the account that the key itself belongs to, or raise ValueError."""
    if role.role == "agent":
        master = (role.data.user or "").lower()
        if account is None:
            raise ValueError(f"The key of {signer} is an agent of {master}; set account_address")
        if account != master:
            raise ValueError(
                f"The key of {signer} is an agent of {master}, not of {account}: "
                f"set account_address to {master} or use a key that {account} has approved"
            )
        return master
    if role.role == "user":
        return signer
    if role.role == "missing":
        if account in {None, signer}:
            raise ValueError(f"{signer} has no account: deposit first, or approve it as an agent")
        raise ValueError(
            f"{signer} is not approved as an agent of {account} (or no longer): approve it there"
        )
    raise ValueError(f"Expected the key of a user or an agent, {signer} is {_word(role)}")


async def _explain(accounts: AccountHttp, signer: str, account: str) -> None:
    """Raise ValueError with what is wrong with a user's key for another account."""
    role = await accounts.user_role(account)
    if role.role == "vault" or (role.data.master or "").lower() == signer:
        raise ValueError(
            f"{account} is {_word(role)} and has no key of its own: "
            "set vault_address to it and leave account_address out"
        )
    if role.role == "agent":
        raise ValueError(f"{account} is only an agent of {role.data.user}: no account_address")
    if role.role == "missing":
        raise ValueError(f"{account} has no account: deposit first, or correct account_address")
    raise ValueError(
        f"{signer} is not approved as an agent of {account}: it is an account of its own; "
        "leave account_address out or use a key that is approved there"
    )


async def _vault_of(accounts: AccountHttp, vault: str, master: str) -> str:
    """Return the vault or sub-account if the master's keys may act on it, or raise ValueError."""
    role = await accounts.user_role(vault)
    if role.role == "subAccount":
        owner = role.data.master
    elif role.role == "vault":
        owner = await _leader_of(accounts, vault)
    else:
        raise ValueError(
            f"Expected a vault or a sub-account, {vault} is {_word(role)}: "
            "vault_address is not for a master account"
        )
    if owner is not None and owner.lower() != master:
        raise ValueError(f"{vault} is {_word(role)} of {owner.lower()}, not of {master}")
    return vault


async def _leader_of(accounts: AccountHttp, vault: str) -> str | None:
    """Return who leads the vault; None where the venue does not say, for its first order will."""
    try:
        details = await accounts.vault_details(vault)
    except VenueRefused:
        return None
    return None if details is None else details.leader


def _word(role: UserRole) -> str:
    return _WORDS.get(role.role, f"a {role.role}")
