"""The venue's token buckets and what each action costs (fact sheet 5.1 and 7); no clock here."""

from collections.abc import Mapping

from simulator.synthetix_answers import Bucket

PERIOD_SECS = 10.0
"""A bucket refills from empty in so long."""
IP_TOKENS = 10_000
SUB_ACCOUNT_TOKENS = 1_000
"""What an address and a subaccount may spend in `PERIOD_SECS`."""

_COSTS: Mapping[str, int] = {
    "placeOrders": 5,
    "modifyOrder": 5,
    "modifyOrderBatch": 5,
    "cancelOrders": 2,
    "cancelAllOrders": 2,
    "scheduleCancel": 5,
    "updateLeverage": 5,
    "getOpenOrders": 10,
    "getOrderHistory": 50,
    "getTrades": 20,
    "getTradesForPosition": 20,
    "getPositions": 10,
    "getSubAccount": 20,
    "getSubAccounts": 20,
    "getFundingPayments": 100,
    "getFeeRate": 10,
    "getFees": 10,
    "getRateLimits": 20,
    "getBalanceUpdates": 100,
    "getTransfers": 10,
    "getPortfolio": 10,
    "getPerformanceHistory": 100,
    "getDelegatedSigners": 20,
    "getDelegationsForDelegate": 20,
    "createSubaccount": 100,
    "updateSubAccountName": 100,
    "addDelegatedSigner": 100,
    "removeDelegatedSigner": 100,
    "removeAllDelegatedSigners": 100,
    "voluntaryCollateralExchange": 100,
    "withdrawCollateral": 5,
    "transferCollateral": 5,
}


def cost(action: str, orders: int = 1) -> int:
    """Return the tokens that an action costs, each of its orders for placeOrders; 1 if unlisted."""
    tokens = _COSTS.get(action, 1)
    return tokens * max(orders, 1) if action == "placeOrders" else tokens


class TokenBucket:
    """A bucket that refills steadily up to its cap; a cap of 0 is no limit."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._level = float(cap)
        self._seen_secs: float | None = None

    def spend(self, tokens: int, now_secs: float) -> bool:
        """Take tokens if there are so many; False takes nothing. Time never runs back."""
        if not self._cap:
            return True
        if self._seen_secs is not None:
            refill = (now_secs - self._seen_secs) * self._cap / PERIOD_SECS
            self._level = min(float(self._cap), self._level + refill)
        self._seen_secs = now_secs
        if tokens > self._level:
            return False
        self._level -= tokens
        return True

    @property
    def snapshot(self) -> Bucket | None:
        """Return what is left, as the envelope shows it; None without a limit."""
        return Bucket(self._cap, int(self._level)) if self._cap else None
