"""Ask before a run for clock, price, and whose key it is; it signs nothing and places no order."""

from decimal import Decimal
from typing import Final

from nautilus_trader.model.instruments import Instrument

from adapters.common.checkup import KeyAccount, KeyKind
from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.balances import UNIFIED_ABSTRACTIONS
from adapters.hyperliquid.credentials import check_credentials
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.signing import Signer

_KINDS: Final[dict[str, KeyKind]] = {"user": "master", "agent": "agent"}
_CURRENCY: Final = "USDC"  # of the venue's own dex


class HyperliquidCheckup:
    """
    The questions of `adapters.common.checkup.Checkup`.

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask.

    """

    def __init__(self, http: HyperliquidHttpClient) -> None:
        self._http = http
        self._accounts = AccountHttp(http)

    async def time_ms(self) -> int:
        """Return the venue's clock."""
        return await self._http.exchange_time_ms()

    async def price(self, instrument: Instrument) -> Decimal | None:
        """Return the best price of either side, None of an empty book."""
        book = await self._http.l2_book(instrument.raw_symbol.value)
        best = [side[0].px for side in book.levels if side]
        return Decimal(str(best[0])) if best else None

    async def key_account(
        self, private_key: str, account: str | None, sub_account: str | None
    ) -> KeyAccount:
        """Return what a key is, and what it may do for an account, or for its vault."""
        signer = Signer(private_key, is_mainnet=False).address
        kind = _KINDS.get((await self._accounts.user_role(signer)).role, "unknown")
        try:
            acts_on = await check_credentials(self._http, signer, account, sub_account)
        except ValueError as e:
            return KeyAccount(kind=kind, signer=signer, trouble=str(e))
        equity = await self._equity(acts_on)
        return KeyAccount(
            kind=kind, signer=signer, account=acts_on, equity=equity, currency=_CURRENCY
        )

    async def _equity(self, user: str) -> Decimal:
        """Return what margins the venue's own dex: of a unified account its tokens."""
        if await self._accounts.user_abstraction(user) not in UNIFIED_ABSTRACTIONS:
            return (await self._accounts.clearinghouse_state(user)).summary.accountValue
        spot = await self._accounts.spot_clearinghouse_state(user)
        return sum((b.total for b in spot.balances if b.coin == _CURRENCY), Decimal(0))
