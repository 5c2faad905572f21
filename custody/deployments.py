"""Which chains, tokens and contracts there are, with their sources; constants without behavior."""

import msgspec
from eth_utils.crypto import keccak


class Chain(msgspec.Struct, frozen=True):
    """A chain by the number that every transaction on it is signed with."""

    name: str
    chain_id: int

    def __str__(self) -> str:
        """Return both, as they stand in messages."""
        return f"{self.name} (chain id {self.chain_id})"


class Token(msgspec.Struct, frozen=True):
    """
    An ERC-20 token on one chain.

    Attributes
    ----------
    resets_allowance
        Whether an allowance that is not 0 must become 0 before it may become something else.

    """

    symbol: str
    address: str
    decimals: int
    resets_allowance: bool = False


class Place(msgspec.Struct, frozen=True):
    """
    Where a venue takes money on chain.

    Attributes
    ----------
    contract, address
        What takes deposits, in a word for people, and where it stands.
    pulls
        Whether it takes a deposit by allowance; otherwise it is paid by a transfer.
    minimum_units
        The smallest deposit by the token's symbol, in the token's units; missing means any.
    takes_sub_account
        Whether a deposit can name a sub-account.

    """

    chain: Chain
    tokens: tuple[Token, ...]
    contract: str
    address: str
    pulls: bool
    minimum_units: dict[str, int] = {}
    takes_sub_account: bool = False


ETHEREUM = Chain("Ethereum", 1)
ARBITRUM = Chain("Arbitrum One", 42_161)

# https://etherscan.io/token/0xdac17f958d2ee523a2206206994597c13d831ec7: approve() refuses to change
# an allowance that is not 0 unless to 0, and no function returns a value.
USDT = Token("USDT", "0xdAC17F958D2ee523a2206206994597C13D831ec7", 6, resets_allowance=True)
# https://etherscan.io/token/0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2
WETH = Token("WETH", "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", 18)
# Circle's own USDC, not the bridged USDC.e: https://developers.circle.com/stablecoins/usdc-contract-addresses
USDC = Token("USDC", "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", 6)

TRANSFER_TOPIC = keccak(text="Transfer(address,address,uint256)")
