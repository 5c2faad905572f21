"""Read what one account has traded, whole; it makes no report of it."""

from collections.abc import Hashable

from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.constants import FILLS_PER_REQUEST
from adapters.hyperliquid.pages import fetch_range
from adapters.hyperliquid.reports import LIVE_STATES, OrderState, order_state, trade_id_of
from adapters.hyperliquid.user_schemas import OrderUpdate, UserFill

# An order's end and its fills have the time of one block; what comes a second later is no part.
_END_TOLERANCE_MS = 1_000


class AccountFills:
    """
    One account's fills, each once, of all coins.

    Every method raises what the HTTP client does.

    Parameters
    ----------
    http : AccountHttp
        Where to ask.
    address : str
        The account that is traded.

    """

    def __init__(self, http: AccountHttp, address: str) -> None:
        self._http = http
        self._address = address

    async def between(self, start_ms: int, end_ms: int | None = None) -> list[UserFill]:
        """Return the fills of a range, both ends included, oldest first."""

        async def fetch(first_ms: int, last_ms: int | None) -> list[UserFill]:
            return await self._http.user_fills_by_time(self._address, first_ms, last_ms)

        return await fetch_range(
            fetch, lambda fill: fill.time, _identity_of, start_ms, end_ms, FILLS_PER_REQUEST
        )

    async def latest(self) -> list[UserFill]:
        """Return the latest 2,000, newest first."""
        fills = await self._http.user_fills(self._address)
        return list({_identity_of(fill): fill for fill in fills}.values())

    async def of_order(self, update: OrderUpdate, since_ms: int | None) -> list[UserFill]:
        """Return the fills of an order, and since then of the ones before it under its cloid."""
        order = update.order
        is_live = order_state(update.status) in LIVE_STATES
        end_ms = None if is_live else update.statusTimestamp + _END_TOLERANCE_MS
        start_ms = order.timestamp if since_ms is None else min(since_ms, order.timestamp)
        return [
            fill
            for fill in await self.between(start_ms, end_ms)
            if fill.oid == order.oid or (fill.cloid is not None and fill.cloid == order.cloid)
        ]


def may_have_fills(update: OrderUpdate) -> bool:
    """Return whether what the venue last said of an order leaves room for a fill."""
    is_over = order_state(update.status) in {OrderState.FILLED, OrderState.CANCELED}
    return is_over or update.order.sz != update.order.size


def _identity_of(fill: UserFill) -> Hashable:
    return (trade_id_of(fill), fill.oid, fill.time)
