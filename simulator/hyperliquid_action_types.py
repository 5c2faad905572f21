"""Every action of POST /exchange by its type, and how one is read; no rule here."""

from typing import Any

import msgspec

from simulator.hyperliquid_canonical import canonical
from simulator.hyperliquid_l1_actions import L1Action
from simulator.hyperliquid_user_actions import UserAction

OTHERS = frozenset({
    "spotUser", "claimRewards", "userOutcome", "perpDeploy", "spotDeploy", "CValidator", "CSigner",
    "multiSig",
})  # fmt: skip
"""The actions that this venue takes without reading them; signed as L1 actions, keys as sent."""

type Json = dict[str, Any]
type Action = L1Action | UserAction | Json

_STRUCTS = (*L1Action.__subclasses__(), *UserAction.__subclasses__())


class _Tag(msgspec.Struct, frozen=True):
    type: str


_TAG = msgspec.json.Decoder(_Tag)
_DECODERS: dict[str, msgspec.json.Decoder[Action]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind, dec_hook=canonical)
    for kind in _STRUCTS
} | dict.fromkeys(OTHERS, msgspec.json.Decoder(dict[str, Any]))

ACTIONS = frozenset(_DECODERS)
"""Every action the venue knows (fact sheet 3)."""


def read_action(body: bytes | msgspec.Raw) -> Action:
    """Read an action; ValidationError when its type or its shape is unknown."""
    decoder = _DECODERS.get(_TAG.decode(body).type)
    if decoder is None:
        raise msgspec.ValidationError("Expected a known action")
    return decoder.decode(body)
