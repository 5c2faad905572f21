"""The actions that the account itself signs as EIP-712 typed data, and their types (3.5)."""

from typing import Annotated, Literal

import msgspec

from simulator.hyperliquid_canonical import Address, Count, Dex


class UserAction(msgspec.Struct, frozen=True, rename="camel", tag_field="type"):
    """An action signed as typed data by the account itself; no agent may sign it (3.5).

    Its nonce, which some call `time`, must equal the body's.
    """

    signature_chain_id: Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,16}$")]
    hyperliquid_chain: Literal["Mainnet", "Testnet"]
    nonce: Count


class UsdSend(UserAction, frozen=True, tag="usdSend"):
    """Send USDC from the perps account to another's."""

    destination: Address
    amount: str
    nonce: Count = msgspec.field(name="time")


class SpotSend(UserAction, frozen=True, tag="spotSend"):
    """Send a token from the spot balance to another's."""

    destination: Address
    token: str
    amount: str
    nonce: Count = msgspec.field(name="time")


class Withdraw(UserAction, frozen=True, tag="withdraw3"):
    """Take USDC out of the venue."""

    destination: Address
    amount: str
    nonce: Count = msgspec.field(name="time")


class UsdClassTransfer(UserAction, frozen=True, tag="usdClassTransfer"):
    """Move USDC between spot and perps; `amount` may name a sub-account after it."""

    amount: str
    to_perp: bool


class SendAsset(UserAction, frozen=True, tag="sendAsset"):
    """Send a token from a dex of the account to a dex of any."""

    destination: Address
    source_dex: Dex
    destination_dex: Dex
    token: str
    amount: str
    from_sub_account: str


class ApproveAgent(UserAction, frozen=True, tag="approveAgent"):
    """Let a key sign for the account; a name that is left out is signed as ""."""

    agent_address: Address
    agent_name: str = ""


class ApproveBuilderFee(UserAction, frozen=True, tag="approveBuilderFee"):
    """Let a builder take a fee of at most `maxFeeRate`."""

    max_fee_rate: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,8})?%$")]
    builder: Address


class UserDexAbstraction(UserAction, frozen=True, tag="userDexAbstraction"):
    """Let collateral of a user move between dexes by itself."""

    user: Address
    enabled: bool


class UserSetAbstraction(UserAction, frozen=True, tag="userSetAbstraction"):
    """Set the account mode of a user."""

    user: Address
    abstraction: Literal["disabled", "unifiedAccount", "portfolioMargin"]


class TokenDelegate(UserAction, frozen=True, tag="tokenDelegate"):
    """Stake with a validator."""

    validator: Address
    wei: Count
    is_undelegate: bool


class ConvertToMultiSigUser(UserAction, frozen=True, tag="convertToMultiSigUser"):
    """Make the account one of several signers."""

    signers: str


TYPED: dict[type[UserAction], tuple[str, str]] = {
    UsdSend: ("UsdSend", "string destination,string amount,uint64 time"),
    SpotSend: ("SpotSend", "string destination,string token,string amount,uint64 time"),
    Withdraw: ("Withdraw", "string destination,string amount,uint64 time"),
    UsdClassTransfer: ("UsdClassTransfer", "string amount,bool toPerp,uint64 nonce"),
    SendAsset: (
        "SendAsset",
        (
            "string destination,string sourceDex,string destinationDex,string token,"
            "string amount,string fromSubAccount,uint64 nonce"
        ),
    ),
    ApproveAgent: ("ApproveAgent", "address agentAddress,string agentName,uint64 nonce"),
    ApproveBuilderFee: (
        "ApproveBuilderFee",
        "string maxFeeRate,address builder,uint64 nonce",
    ),
    UserDexAbstraction: ("UserDexAbstraction", "address user,bool enabled,uint64 nonce"),
    UserSetAbstraction: ("UserSetAbstraction", "address user,string abstraction,uint64 nonce"),
    TokenDelegate: (
        "TokenDelegate",
        "address validator,uint64 wei,bool isUndelegate,uint64 nonce",
    ),
    ConvertToMultiSigUser: ("ConvertToMultiSigUser", "string signers,uint64 nonce"),
}
"""Name and fields of each action's EIP-712 type; before them stands `string hyperliquidChain`."""
