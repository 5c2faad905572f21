"""Keep Nautilus's balances and the request budget what the venue's are; it places no order."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from nautilus_trader.common.component import Logger
from nautilus_trader.model.objects import AccountBalance, MarginBalance

from adapters.common.errors import VenueError
from adapters.common.order_events import Fill
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.user_schemas import FundingPayment

# After a fill the venue's balances follow within a block; one look serves a burst of fills.
DELAY_SECS = 0.2
RETRY_SECS = 1.0
# Balances move by transfers and other sessions as well, and so does the address budget.
HOUSEKEEPING_SECS = 30.0


class Tell(Protocol):
    """Receives the account's state, and what it is told with."""

    def __call__(
        self,
        balances: list[AccountBalance],
        margins: list[MarginBalance],
        info: dict[str, Any] | None,
        /,
    ) -> None:
        """Tell Nautilus."""


class AccountWatch:
    """
    Look at the account whenever something may have moved it, and every half minute.

    Parameters
    ----------
    account : HyperliquidAccount
        Where balances are read, and how many requests it has left.
    budget : AddressBudget
        Takes the latter, and what each fill adds.
    tell : Tell
        Receives each state.
    publish_budget : Callable[[int], None]
        Receives how many requests are left.
    spawn : Callable[[Coroutine], asyncio.Task]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        account: HyperliquidAccount,
        budget: AddressBudget,
        *,
        tell: Tell,
        publish_budget: Callable[[int], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._account = account
        self._budget = budget
        self._tell = tell
        self._publish_budget = publish_budget
        self._spawn = spawn
        self._is_stale = False
        self._looking: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()  # what was asked for first must not be told last
        self._log = Logger(type(self).__name__)

    def mark_stale(self) -> None:
        """Look at the account soon."""
        self._is_stale = True
        if self._looking is None or self._looking.done():
            self._looking = self._spawn(self._look())

    def on_fill(self, fill: Fill) -> None:
        """Count what a fill adds to the budget, and look at the balances that it has moved."""
        self._budget.traded(fill.price * fill.quantity)
        self.mark_stale()

    def on_funding(self, payment: FundingPayment) -> None:
        """Tell a funding payment, with the balances after it."""
        self._log.info(f"Funding of {payment.coin}: {payment.usdc} USDC at {payment.fundingRate}")
        told = {
            "coin": payment.coin,
            "usdc": str(payment.usdc),
            "rate": str(payment.fundingRate),
            "size": str(payment.szi),
            "time_ms": payment.time,
        }
        self._spawn(self._tell_funding({"funding": told}))

    async def refresh(self, info: dict[str, Any] | None = None) -> None:
        """Read the balances now and tell them (VenueError)."""
        async with self._lock:
            balances, margins = await self._account.balances()
            self._tell(balances, margins, info)

    async def read_budget(self) -> None:
        """Read how many requests the account has left, and publish it (VenueError)."""
        limit = await self._account.rate_limit()
        self._budget.read(
            volume=limit.cumVlm,
            used=limit.nRequestsUsed,
            cap=limit.nRequestsCap,
            surplus=limit.nRequestsSurplus,
        )
        self._publish_budget(self._budget.remaining)

    async def keep(self, *others: Callable[[], Awaitable[None]]) -> None:
        """Read all of it, and whatever else wants a regular look, until cancelled."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECS)
            for look in (*others, self.read_budget, self.refresh):
                try:
                    await look()
                except VenueError as e:
                    self._log.warning(f"Could not read the account: {e}")

    async def _look(self) -> None:
        # What comes while the venue is asked may not be in its answer: then it is asked again.
        while self._is_stale:
            await asyncio.sleep(DELAY_SECS)
            self._is_stale = False
            if not await self._try_refresh():
                self._is_stale = True
                await asyncio.sleep(RETRY_SECS)

    async def _tell_funding(self, info: dict[str, Any]) -> None:
        await asyncio.sleep(DELAY_SECS)
        if not await self._try_refresh(info):
            self.mark_stale()

    async def _try_refresh(self, info: dict[str, Any] | None = None) -> bool:
        try:
            await self.refresh(info)
        except VenueError as e:
            self._log.warning(f"The balances may be out of date: {e}")
            return False
        return True
