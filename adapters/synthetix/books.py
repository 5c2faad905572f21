"""Read the whole books of a Synthetix sub-account, without a running client; it changes nothing."""

from decimal import Decimal

from adapters.common.books import AccountBooks
from adapters.common.errors import VenueRefused
from adapters.common.wallet import Wallet
from adapters.synthetix.account_http import AccountHttp
from adapters.synthetix.account_schemas import AccountTrade
from adapters.synthetix.constants import FILLS_SPAN_MILLIS
from adapters.synthetix.governor import subaccount_governor
from adapters.synthetix.http import SynthetixHttpClient, address_governor
from adapters.synthetix.signing import Signer


async def read_books(url: str, private_key: str) -> AccountBooks:
    """
    Ask a Synthetix venue for the books of the first sub-account of a key's owner.

    Parameters
    ----------
    url : str
        The venue's REST address, with version.
    private_key : str
        The owner's key, 64 hex digits; the questions about an account are signed.

    Raises
    ------
    ValueError
        If it is no key.
    VenueRefused
        If the owner has no sub-account, or the venue refuses a question.
    OutcomeUnknown
        If it does not answer, or not as documented.

    """
    wallet = Wallet(private_key)
    http = SynthetixHttpClient(url, address_governor())
    owned = (await http.sub_account_ids(wallet.address)).subAccountIds
    if not owned:
        raise VenueRefused(f"Expected a sub-account of {wallet.address}, found none")
    now_ms = await http.exchange_time_ms()
    account = AccountHttp(
        http, Signer(wallet, str(owned[0])), subaccount_governor(), clock_ms=lambda: now_ms
    )
    fills = await account.trades(now_ms - FILLS_SPAN_MILLIS, now_ms)
    state = await account.sub_account()
    return AccountBooks(
        pnl=sum(map(_cash, fills), Decimal(0)),
        equity=Decimal(state.crossMarginSummary.accountValue),
        funding=await account.net_funding(),
        orders=len(await account.open_orders()),
        positions=len(await account.positions()),
    )


def _cash(fill: AccountTrade) -> Decimal:
    """Return what a fill brings; of an account without positions the sum is what it has earned."""
    worth = Decimal(fill.price) * Decimal(fill.quantity)
    return (worth if fill.side == "sell" else -worth) - Decimal(fill.fee)
