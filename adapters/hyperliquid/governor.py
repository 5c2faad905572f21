"""The rate limit of one IP address in this venue's figures; how it is kept is common."""

from adapters.common.governor import Rank, WeightGovernor
from adapters.hyperliquid.constants import WEIGHT_PER_MINUTE

WINDOW_SECS = 60.0
# A cancel of sixty batches must not wait for a minute's orders, nor an order for balances and
# downloads: with its stop, and the cancel of the stop before, it takes 3.
RESERVES = {Rank.URGENT: 60, Rank.ORDER: 340}


def address_governor(per_minute: int = WEIGHT_PER_MINUTE) -> WeightGovernor:
    """Return a governor that grants an address so much weight in any minute."""
    return WeightGovernor(per_minute, WINDOW_SECS, RESERVES)
