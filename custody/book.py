"""The one mapping from a venue's name to what is known of it, and how its API is opened."""

from collections.abc import Callable

import msgspec

from custody.errors import NothingSent, WrongRequest
from custody.hyperliquid import HYPERLIQUID
from custody.hyperliquid_api import HyperliquidApi
from custody.synthetix import SYNTHETIX
from custody.synthetix_api import SynthetixApi, first_sub_account
from custody.synthetix_signing import signs_for
from custody.venues import Venue, VenueApi
from custody.wallet import Wallet


class Account(msgspec.Struct, frozen=True):
    """
    Whose account at which address of a venue.

    Attributes
    ----------
    url
        The venue's API.
    sub_account
        Its number where the venue has such; 0 is the first one.

    """

    url: str
    wallet: Wallet
    sub_account: int = 0


class Listing(msgspec.Struct, frozen=True):
    """
    One venue of the book.

    Attributes
    ----------
    node_variable
        The environment variable with the address of a node of the venue's chain.
    open_api
        Returns the API of an account, or None if the venue has none of its yet.

    """

    venue: Venue
    url: str
    node_variable: str
    open_api: Callable[[Account], VenueApi | None]


def listing(name: str) -> Listing:
    """
    Return a venue by its name.

    Raises
    ------
    WrongRequest
        There is none of that name.

    """
    try:
        return BOOK[name.lower()]
    except KeyError:
        raise WrongRequest(f"Expected a venue ({', '.join(BOOK)}), found {name!r}") from None


def require_api(venue: Listing, account: Account) -> VenueApi:
    """
    Return the API of an account that exists.

    Raises
    ------
    NothingSent
        The venue has none for the wallet.

    """
    api = venue.open_api(account)
    if api is None:
        name, address = venue.venue.name, account.wallet.address
        raise NothingSent(f"Expected an account of {address} at {name}, found none")
    return api


def _hyperliquid(account: Account) -> VenueApi:
    return HyperliquidApi(account.url, account.wallet.address, account.wallet)


def _synthetix(account: Account) -> VenueApi | None:
    number = account.sub_account or first_sub_account(account.url, account.wallet.address)
    if number is None:
        return None
    return SynthetixApi(account.url, signs_for(account.wallet, number))


BOOK = {
    "hyperliquid": Listing(
        venue=HYPERLIQUID,
        url="https://api.hyperliquid.xyz",
        node_variable="PERPDESK_ARBITRUM_RPC_URL",
        open_api=_hyperliquid,
    ),
    "synthetix": Listing(
        venue=SYNTHETIX,
        url="https://papi.synthetix.io/v1",
        node_variable="PERPDESK_ETHEREUM_RPC_URL",
        open_api=_synthetix,
    ),
}
