"""Read the books of an account as the venue keeps them; it trades nothing."""

from decimal import Decimal

from adapters.common.books import Books
from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.signing import Signer


async def read_books(url: str, private_key: str) -> Books:
    """
    Return the books of the account that a key signs for itself.

    Parameters
    ----------
    url : str
        The venue's REST address, without path.
    private_key : str
        Of an account that has at most 2,000 fills and 500 payments of funding.

    Raises
    ------
    VenueError
        If the venue does not tell.

    """
    address = Signer(private_key, is_mainnet=False).address.lower()
    account = AccountHttp(HyperliquidHttpClient(url, address_governor()))
    state = await account.clearinghouse_state(address)
    fills = await account.user_fills(address)
    funding = await account.user_funding(address, 0)
    return Books(
        # The venue's profit is before fees, although its page says after.
        pnl=sum((fill.closedPnl - fill.fee for fill in fills), Decimal(0)),
        equity=state.summary.accountValue,
        funding=sum((payment.usdc for payment in funding), Decimal(0)),
        orders=len(await account.frontend_open_orders(address)),
        positions=len(state.assetPositions),
    )
