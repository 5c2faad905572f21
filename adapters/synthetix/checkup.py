"""Ask before a run for clock, price, and whose key it is; it places no order."""

from decimal import Decimal

from nautilus_trader.model.instruments import Instrument

from adapters.common.checkup import KeyAccount, KeyKind
from adapters.common.wallet import Wallet
from adapters.synthetix.account_http import AccountHttp
from adapters.synthetix.credentials import check_credentials
from adapters.synthetix.governor import subaccount_governor
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.signing import Signer


class SynthetixCheckup:
    """
    The questions of `adapters.common.checkup.Checkup`.

    Parameters
    ----------
    http : SynthetixHttpClient
        Where to ask.

    """

    def __init__(self, http: SynthetixHttpClient) -> None:
        self._http = http

    async def time_ms(self) -> int:
        """Return the venue's clock."""
        return await self._http.exchange_time_ms()

    async def price(self, instrument: Instrument) -> Decimal | None:
        """Return the mark price, None of a market that is not open."""
        found = (await self._http.market_prices()).get(instrument.raw_symbol.value)
        return found.markPrice or None if found else None

    async def key_account(
        self,
        private_key: str,
        account: str | None,  # noqa: ARG002 - a wallet's accounts have numbers here
        sub_account: str | None,
    ) -> KeyAccount:
        """Return what a key is, and what it may do for a sub-account."""
        wallet = Wallet(private_key)
        found = await self._http.sub_account_ids(wallet.address)
        owned = {str(one) for one in found.subAccountIds or []}
        delegated = {str(one) for one in found.delegatedSubAccountIds or []}
        try:
            acts_on = await check_credentials(self._http, wallet.address, sub_account)
        except ValueError as e:
            kind: KeyKind = "master" if owned else "delegate" if delegated else "unknown"
            return KeyAccount(kind=kind, signer=wallet.address, trouble=str(e))
        return KeyAccount(
            kind="master" if acts_on in owned else "delegate",
            signer=wallet.address,
            account=acts_on,
            equity=await self._equity(Signer(wallet, acts_on)),
            currency="USDT",
        )

    # The venue tells of an account's money to a signature alone; a question takes no nonce, so that
    # it may be asked while a run signs with the same key.
    async def _equity(self, signer: Signer) -> Decimal:
        venue_ms = await self._http.exchange_time_ms()  # ours may be wrong: that is asked as well
        account = AccountHttp(self._http, signer, subaccount_governor(), lambda: venue_ms)
        return (await account.sub_account()).crossMarginSummary.accountValue
