"""Keep the count of requests left what the venue's is; it sends no order."""

from collections.abc import Awaitable, Callable

from adapters.common.order_events import Fill
from adapters.hyperliquid.account_schemas import RateLimit
from adapters.hyperliquid.budget import AddressBudget


class BudgetWatch:
    """
    Read the budget of one account now and then, and count what fills add in between.

    Parameters
    ----------
    budget : AddressBudget
        Takes both.
    ask : Callable[[], Awaitable[RateLimit]]
        Asks the venue how many requests the account has left.
    publish : Callable[[int], None]
        Receives how many are left, after each reading.

    """

    def __init__(
        self,
        budget: AddressBudget,
        ask: Callable[[], Awaitable[RateLimit]],
        publish: Callable[[int], None],
    ) -> None:
        self._budget = budget
        self._ask = ask
        self._publish = publish

    def on_fill(self, fill: Fill) -> None:
        """Count what a fill adds."""
        self._budget.traded(fill.price * fill.quantity)

    async def read(self) -> None:
        """Read how many requests the account has left, and publish it (VenueError)."""
        limit = await self._ask()
        self._budget.read(
            volume=limit.cumVlm,
            used=limit.nRequestsUsed,
            cap=limit.nRequestsCap,
            surplus=limit.nRequestsSurplus,
        )
        self._publish(self._budget.remaining)
