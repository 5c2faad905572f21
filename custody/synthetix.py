"""Where Synthetix takes USDT and WETH: its deposit contract on Ethereum; no I/O."""

from eth_utils.crypto import keccak

from custody.calls import Call, make_call
from custody.deployments import ETHEREUM, USDT, WETH, Place, Token
from custody.venues import Venue

# The proxy named in the venue's bug bounty: https://immunefi.com/bug-bounty/synthetix/
DEPOSIT_CONTRACT = "0xD62595c3c23B690BAEE0935e107A209Cb1Dbd37B"
# deposit((address token, uint256 amount, address beneficiary, uint256 subAccountId,
#   (((address token, uint256 amount) permitted, uint256 nonce, uint256 deadline) permit,
#    bytes signature) permitDetails)[] deposits); its selector is 0xb5e45738.
DEPOSIT = "deposit((address,uint256,address,uint256,(((address,uint256),uint256,uint256),bytes))[])"
# The names of its arguments, and which of them are indexed, are not known: only the topic is used.
DEPOSITED_TOPIC = keccak(text="AssetDeposited(address,address,address,uint256,uint256)")
# Held ready while the deposit cannot be estimated, since the allowance that it needs is not mined:
# several times what our stand-in takes, as the real one's path is not known.
DEPOSIT_GAS_RESERVE = 400_000

_NOBODY = "0x" + "0" * 40
# A permit would replace the allowance. We never give one: all zeros, and no signature.
_NO_PERMIT = (((_NOBODY, 0), 0, 0), b"")


def deposit_call(token: Token, units: int, beneficiary: str, sub_account: int) -> Call:
    """Return the deposit of one token; sub-account 0 is the beneficiary's first, or a new one."""
    return make_call(
        DEPOSIT_CONTRACT,
        "SynthetixDepositContract",
        DEPOSIT,
        {"deposits": [(token.address, units, beneficiary, sub_account, _NO_PERMIT)]},
        DEPOSIT_GAS_RESERVE,
        event=(DEPOSIT_CONTRACT, DEPOSITED_TOPIC),
    )


SYNTHETIX = Venue(
    name="synthetix",
    place=Place(
        chain=ETHEREUM,
        tokens=(USDT, WETH),
        contract="SynthetixDepositContract",
        address=DEPOSIT_CONTRACT,
        pulls=True,
        takes_sub_account=True,
    ),
    deposit_call=deposit_call,
)
