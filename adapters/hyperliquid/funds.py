"""Read an account's positions, money and funding; it knows no order."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from nautilus_trader.common.component import LiveClock
from nautilus_trader.execution.reports import PositionStatusReport
from nautilus_trader.model.identifiers import AccountId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance, Currency, MarginBalance

from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.account_schemas import ClearinghouseState, Position
from adapters.hyperliquid.balances import parse_balances, parse_margins
from adapters.hyperliquid.constants import FUNDINGS_PER_REQUEST
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.pages import fetch_range
from adapters.hyperliquid.reports import parse_position_status_report
from adapters.hyperliquid.user_schemas import FundingPayment

# An account's mode is changed by hand, and asking for it weighs as much as ten states.
ABSTRACTION_SECS = 600
_NANOS_PER_SECOND = 1_000_000_000


class AccountFunds:
    """
    One account's positions, money and funding; the parameters are those of `HyperliquidAccount`.

    The account's mode is asked for every ten minutes.
    """

    def __init__(
        self,
        http: HyperliquidHttpClient,
        address: str,
        instruments: Callable[[str], Instrument | None],
        account_id: AccountId,
        clock: LiveClock,
        collaterals: Mapping[str, Currency],
    ) -> None:
        self._http = AccountHttp(http)
        self._address = address
        self._instruments = instruments
        self._account_id = account_id
        self._clock = clock
        self._collaterals = collaterals
        self._abstraction = ""
        self._abstraction_until_ns = 0

    async def position_reports(self, coins: Iterable[str] = ()) -> list[PositionStatusReport]:
        """Return the open positions of all dexes, and a flat one of those `coins` without any."""
        held: dict[str, Position | None] = dict.fromkeys(coins)
        held |= {position.coin: position for position in await self._positions()}
        ts_init = self._clock.timestamp_ns()
        return [
            parse_position_status_report(position, instrument, self._account_id, ts_init)
            for coin, position in held.items()
            if (instrument := self._instruments(coin)) is not None
        ]

    async def position_sizes(self) -> dict[str, Decimal]:
        """Return the size of each open position by its coin, without sign."""
        return {position.coin: abs(position.szi) for position in await self._positions()}

    async def balances(self) -> tuple[list[AccountBalance], list[MarginBalance]]:
        """Return the money by currency, and the margin of each position."""
        abstraction = await self._find_abstraction()
        states, spot = await asyncio.gather(
            self._perp_states(), self._http.spot_clearinghouse_state(self._address)
        )
        balances = parse_balances(states, self._collaterals, spot, abstraction)
        return balances, parse_margins(states, self._instruments)

    async def fundings(self, start_ms: int, end_ms: int | None = None) -> list[FundingPayment]:
        """Return the funding payments of a range, both ends included, oldest first."""

        async def fetch(first_ms: int, last_ms: int | None) -> list[FundingPayment]:
            return await self._http.user_funding(self._address, first_ms, last_ms)

        return await fetch_range(
            fetch,
            lambda payment: payment.time,
            lambda payment: (payment.time, payment.coin),
            start_ms,
            end_ms,
            FUNDINGS_PER_REQUEST,
        )

    async def _positions(self) -> list[Position]:
        states = await self._perp_states()
        return [held.position for state in states.values() for held in state.assetPositions]

    async def _perp_states(self) -> dict[str, ClearinghouseState]:
        dexes = list(self._collaterals)
        states = await asyncio.gather(
            *(self._http.clearinghouse_state(self._address, dex) for dex in dexes)
        )
        return dict(zip(dexes, states, strict=True))

    async def _find_abstraction(self) -> str:
        now_ns = self._clock.timestamp_ns()
        if now_ns >= self._abstraction_until_ns:
            self._abstraction = await self._http.user_abstraction(self._address)
            self._abstraction_until_ns = now_ns + ABSTRACTION_SECS * _NANOS_PER_SECOND
        return self._abstraction
