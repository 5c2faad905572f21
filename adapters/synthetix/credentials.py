"""Find the sub-account that a key trades for, and say in words what is wrong; it signs not."""

from adapters.synthetix.http import SynthetixHttpClient


async def check_credentials(
    http: SynthetixHttpClient, wallet_address: str, subaccount_id: str | None = None
) -> str:
    """
    Return the id of the sub-account that the key acts on.

    Parameters
    ----------
    http : SynthetixHttpClient
        Where to ask.
    wallet_address : str
        The key's own address, with its checksum: of an owner or of a delegate.
    subaccount_id : str, optional
        The sub-account to trade; needed unless the key owns exactly one.

    Raises
    ------
    ValueError
        If the key may not act on it; the message says what to set instead.
    VenueError
        If the venue does not tell.

    """
    found = await http.sub_account_ids(wallet_address)
    owned = [str(one) for one in found.subAccountIds or []]
    delegated = [str(one) for one in found.delegatedSubAccountIds or []]
    if subaccount_id is not None:
        if subaccount_id in owned or subaccount_id in delegated:
            return subaccount_id
        raise ValueError(
            f"Expected a sub-account that {wallet_address} owns ({_list(owned)}) or is a delegate"
            f" of ({_list(delegated)}), was {subaccount_id}"
        )
    if len(owned) == 1:
        return owned[0]
    if owned:
        raise ValueError(
            f"{wallet_address} owns {len(owned)} sub-accounts: set subaccount_id to one of"
            f" {_list(owned)}"
        )
    if delegated:
        raise ValueError(
            f"{wallet_address} is only a delegate: set subaccount_id to {_list(delegated)}"
        )
    raise ValueError(
        f"{wallet_address} has no sub-account: deposit first, or let an owner add it as a delegate"
    )


def _list(ids: list[str]) -> str:
    return ", ".join(ids) or "none"
