"""The rate limit of one sub-account in this venue's figures; how it is kept is common."""

from adapters.common.governor import Rank, WeightGovernor
from adapters.synthetix.constants import TOKENS_PER_SUBACCOUNT, WINDOW_SECS

# A cancel of a whole book and the exit must not wait for ten seconds of orders, nor an order for
# balances and look-ups: with its stop, and the cancel of the stop before, it takes 12.
RESERVES = {Rank.URGENT: 100, Rank.ORDER: 300}


def subaccount_governor() -> WeightGovernor:
    """Return a governor of what one sub-account may sign in any ten seconds."""
    return WeightGovernor(TOKENS_PER_SUBACCOUNT, WINDOW_SECS, RESERVES)
