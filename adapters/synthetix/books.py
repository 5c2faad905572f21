"""Read the books of a sub-account as the venue keeps them; it trades nothing."""

import time
from decimal import Decimal

from adapters.common.books import Books
from adapters.common.wallet import Wallet
from adapters.synthetix.account_http import AccountHttp
from adapters.synthetix.constants import FILLS_SPAN_MILLIS
from adapters.synthetix.credentials import check_credentials
from adapters.synthetix.governor import subaccount_governor
from adapters.synthetix.http import SynthetixHttpClient, address_governor
from adapters.synthetix.signing import Signer


async def read_books(url: str, private_key: str) -> Books:
    """
    Return the books of the one sub-account that a key owns.

    Parameters
    ----------
    url : str
        The venue's REST address, with version.
    private_key : str
        Of an account that is younger than 30 days.

    Raises
    ------
    ValueError
        If the key owns no sub-account, or several.
    VenueError
        If the venue does not tell.

    """
    wallet = Wallet(private_key)
    http = SynthetixHttpClient(url, address_governor())
    signer = Signer(wallet, await check_credentials(http, wallet.address))
    account = AccountHttp(http, signer, subaccount_governor(), lambda: time.time_ns() // 1_000_000)
    now_ms = await http.exchange_time_ms()
    state = await account.sub_account()
    fills = await account.trades(now_ms - FILLS_SPAN_MILLIS, now_ms + 1)
    return Books(
        pnl=sum((fill.realizedPnl - fill.fee for fill in fills), Decimal(0)),
        equity=state.crossMarginSummary.accountValue,
        funding=await account.funding_total(),
        orders=len(await account.open_orders()),
        positions=sum(1 for position in state.positions if position.quantity),
    )
