"""What the generated venue lists: the coins of its market and how they behave."""

from simulator.generator import COINS, Coin
from simulator.universe import Universe, perp_entry, perp_meta, spot_token

HISTORY_MINUTES = 10_200
"""A little more than the 7 days over which prices are told (fact sheet 4, periodStats)."""
LEVELS = 60
"""A book reaches beyond the 50 levels of the usual subscription."""

LISTED = (
    *(coin for coin in COINS if coin.name in {"BTC", "ETH", "SOL", "HYPE"}),
    Coin("WTI", 71.5, 2, 2, 0.2, 700, 12_000, 2, 3e7),
)


def universe() -> Universe:
    """List the perps, WTI among them since it trades in sessions."""
    perps = [
        perp_entry("BTC", 5, 100),
        perp_entry("ETH", 4, 25),
        perp_entry("SOL", 3, 20),
        perp_entry("HYPE", 2, 10),
        perp_entry("WTI", 2, 10),
    ]
    spot = {"universe": [], "tokens": [spot_token(0, "USDC", 8, 8)]}
    return Universe([perp_meta(perps)], [None], spot)
