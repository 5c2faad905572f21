"""The seam of the trading half: what POST /exchange and WebSocket actions say while nobody trades.

It is not a matching engine. Every well-formed action gets the answer of an unknown signer.
"""

import hashlib
from typing import Annotated, Any

import msgspec

ACTIONS = frozenset({
    "order", "cancel", "cancelByCloid", "modify", "batchModify", "scheduleCancel", "updateLeverage",
    "updateIsolatedMargin", "topUpIsolatedOnlyMargin", "twapOrder", "twapCancel", "vaultTransfer",
    "subAccountTransfer", "subAccountSpotTransfer", "createSubAccount", "subAccountModify",
    "setReferrer", "registerReferrer", "setDisplayName", "reserveRequestWeight", "noop",
    "evmUserModify", "agentEnableDexAbstraction", "agentSetAbstraction", "spotUser", "claimRewards",
    "agentSendAsset", "userOutcome", "perpDeploy", "spotDeploy", "CValidator", "CSigner",
    "multiSig", "usdSend", "spotSend", "withdraw3", "usdClassTransfer", "sendAsset", "approveAgent",
    "approveBuilderFee", "userDexAbstraction", "userSetAbstraction", "tokenDelegate",
    "convertToMultiSigUser",
})  # fmt: skip
"""Every action the venue knows (fact sheet 3)."""

type Word = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,64}$")]


class Signature(msgspec.Struct, frozen=True):
    """A signature; `r` and `s` may come without their leading zeros (fact sheet 4.3)."""

    r: Word
    s: Word
    v: int


class SignedAction(msgspec.Struct, frozen=True, rename="camel"):
    """The body of POST /exchange and of an action posted by WebSocket."""

    action: dict[str, Any]
    nonce: int
    signature: Signature
    vault_address: str | None = None
    expires_after: int | None = None


def answer(body: bytes) -> dict[str, object]:
    """Answer an action as the venue answers a signer it has never seen.

    Who signed is the trading half's business. The address is made of the signature: a signature
    that was made for something else recovers to some address that nobody knows, too.

    Raises
    ------
    msgspec.DecodeError
        The body is not JSON; its subclass ValidationError: it is no signed action, or its type is
        unknown.
    """
    signed = msgspec.json.decode(body, type=SignedAction)
    if signed.action.get("type") not in ACTIONS:
        raise msgspec.ValidationError(f"Expected a known action, was {signed.action.get('type')}")
    digest = hashlib.sha256(f"{signed.signature.r}{signed.signature.s}".encode())
    address = digest.hexdigest()[:40]
    text = f"User or API Wallet 0x{address} does not exist."
    return {"status": "err", "response": text}
