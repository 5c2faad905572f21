"""Ask which fee rates an account pays, as far as its key is at hand; it builds no instrument."""

from nautilus_trader.common.component import LiveClock

from adapters.common.venue_clock import VenueClock
from adapters.common.wallet import Wallet
from adapters.synthetix.account_http import AccountHttp
from adapters.synthetix.credentials import check_credentials
from adapters.synthetix.governor import subaccount_governor
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.schemas import FeeTier
from adapters.synthetix.signing import Signer


class AccountFees:
    """
    The fee rates of the sub-account that a key acts on.

    Parameters
    ----------
    http : SynthetixHttpClient
        The way to the venue.
    wallet : Wallet
        The key: the venue tells the rates of a signer alone.
    clock : LiveClock
        Our time, from which the venue's may be apart.
    subaccount_id : str, optional
        The sub-account; needed unless the key owns exactly one.
    max_attempts : int, default 4
        How often a question is asked in all when the venue is busy, broken or silent.

    """

    def __init__(
        self,
        http: SynthetixHttpClient,
        wallet: Wallet,
        clock: LiveClock,
        subaccount_id: str | None = None,
        max_attempts: int = 4,
    ) -> None:
        self._http = http
        self._wallet = wallet
        self._venue_clock = VenueClock(http.exchange_time_ms, clock)
        self._subaccount_id = subaccount_id
        self._max_attempts = max_attempts
        # One question an hour is not worth a share in the budget of those who trade.
        self._governor = subaccount_governor()

    async def rates(self) -> FeeTier:
        """
        Return the rates that hold now, which follow the volume of 14 days.

        Raises
        ------
        ValueError
            If the key may not act on the sub-account.
        VenueRefused
            If the venue does not tell this key.
        OutcomeUnknown
            If the venue is busy, broken or silent.

        """
        subaccount_id = await check_credentials(
            self._http, self._wallet.address, self._subaccount_id
        )
        await self._venue_clock.compare()
        account = AccountHttp(
            self._http,
            Signer(self._wallet, subaccount_id),
            self._governor,
            self._venue_clock.now_ms,
            self._max_attempts,
        )
        return await account.fee_rate()
