"""Where Hyperliquid takes USDC: its bridge on Arbitrum; no I/O."""

from custody.calls import Call
from custody.deployments import ARBITRUM, USDC, Place, Token
from custody.erc20 import transfer
from custody.venues import Venue

# "The user sends native USDC to the bridge, and it is credited to the account that sent it in less
# than 1 minute. The minimum deposit amount is 5 USDC. If you send an amount less than this, it will
# not be credited and be lost forever."
# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/bridge2
BRIDGE = "0x2Df1c51E09aECF9cacB7bc98cB1742757f163dF7"
DEPOSIT_MINIMUM_UNITS = 5_000_000


def deposit_call(token: Token, units: int, beneficiary: str, sub_account: int) -> Call:  # noqa: ARG001
    """Return the payment to the bridge; it credits whoever pays, so that nobody is named."""
    return transfer(token, BRIDGE, units)


HYPERLIQUID = Venue(
    name="hyperliquid",
    place=Place(
        chain=ARBITRUM,
        tokens=(USDC,),
        contract="Hyperliquid's bridge",
        address=BRIDGE,
        pulls=False,
        minimum_units={USDC.symbol: DEPOSIT_MINIMUM_UNITS},
    ),
    deposit_call=deposit_call,
)
