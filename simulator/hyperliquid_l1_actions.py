"""The actions that are signed as the hash of their msgpack, in the venue's own key order (3.1-3.4).

A field that is not given is not there, never null; one that the venue does not know is dropped.
"""

from typing import Annotated, Literal

import msgspec

from simulator.hyperliquid_canonical import (
    INT_MAX,
    Address,
    Cloid,
    Count,
    Dex,
    Number,
    Oid,
    OrderName,
)


class _Wire(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A record within an action; a field that is not given is not there, never null."""


class LimitWire(_Wire, frozen=True):
    """How long a limit order works."""

    tif: Literal["Alo", "Ioc", "Gtc", "FrontendMarket"]


class TriggerWire(_Wire, frozen=True):
    """At which mark an order wakes."""

    is_market: bool
    trigger_px: Number
    tpsl: Literal["tp", "sl"]


class TypeWire(_Wire, frozen=True):
    """Either of both."""

    limit: LimitWire | None = None
    trigger: TriggerWire | None = None

    def __post_init__(self) -> None:
        """Refuse neither and both."""
        if (self.limit is None) == (self.trigger is None):
            raise ValueError("Expected either limit or trigger")


class OrderWire(_Wire, frozen=True):
    """One order: asset, is it a buy, price, size, reduce-only, type and client id (3.1)."""

    a: Count
    b: bool
    p: Number
    s: Number
    r: bool
    t: TypeWire
    c: Cloid | None = None


class Priority(_Wire, frozen=True):
    """A grouping that pays `p` / 1e8 to come first."""

    p: Count


class Builder(_Wire, frozen=True):
    """Who gets `f` tenths of a basis point of each fill."""

    b: Address
    f: Count


class CancelWire(_Wire, frozen=True):
    """An order to cancel: asset and id (3.2)."""

    a: Count
    o: Oid


class CloidCancelWire(_Wire, frozen=True):
    """An order to cancel by its client id."""

    asset: Count
    cloid: Cloid


class ModifyWire(_Wire, frozen=True):
    """What an order is to become (3.3)."""

    oid: OrderName
    order: OrderWire


class TwapTrigger(msgspec.Struct, frozen=True):
    """Above or below which price a TWAP begins."""

    p: Number
    a: bool


class TwapDetails(msgspec.Struct, frozen=True):
    """When a TWAP begins and ends by price; null is said, not left out."""

    t: TwapTrigger | None
    s: Number | None


class TwapWire(_Wire, frozen=True):
    """A TWAP: asset, is it a buy, size, reduce-only, minutes, at random times (3.4)."""

    a: Count
    b: bool
    s: Number
    r: bool
    m: Count
    t: bool


class L1Action(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", tag_field="type"):
    """An action signed as the hash of its msgpack; an agent may sign it."""


class Order(L1Action, frozen=True, tag="order"):
    """Place a batch."""

    orders: tuple[OrderWire, ...]
    grouping: Literal["na", "normalTpsl", "positionTpsl"] | Priority
    builder: Builder | None = None


class Cancel(L1Action, frozen=True, tag="cancel"):
    """Cancel orders; `f` is the fast lane."""

    cancels: tuple[CancelWire, ...]
    f: bool | None = None


class CancelByCloid(L1Action, frozen=True, tag="cancelByCloid"):
    """Cancel orders by client ids."""

    cancels: tuple[CloidCancelWire, ...]
    f: bool | None = None


class Modify(L1Action, frozen=True, tag="modify"):
    """Replace one order; `a` places the new one even if the old one is gone."""

    oid: OrderName
    order: OrderWire
    a: bool | None = None


class BatchModify(L1Action, frozen=True, tag="batchModify"):
    """Replace orders."""

    modifies: tuple[ModifyWire, ...]
    a: bool | None = None


class ScheduleCancel(L1Action, frozen=True, tag="scheduleCancel"):
    """Cancel everything at a time in ms, or not at all any more."""

    time: Count | None = None


class UpdateLeverage(L1Action, frozen=True, tag="updateLeverage"):
    """Set a market's leverage and margin mode."""

    asset: Count
    is_cross: bool
    leverage: Count


class UpdateIsolatedMargin(L1Action, frozen=True, tag="updateIsolatedMargin"):
    """Add `ntli` millionths of USDC to an isolated position, or take them out."""

    asset: Count
    is_buy: bool
    ntli: Annotated[int, msgspec.Meta(ge=-INT_MAX, le=INT_MAX)]


class TopUpIsolatedOnlyMargin(L1Action, frozen=True, tag="topUpIsolatedOnlyMargin"):
    """Add as much margin as brings an isolated position down to a leverage."""

    asset: Count
    leverage: Number


class TwapOrder(L1Action, frozen=True, tag="twapOrder"):
    """Start a TWAP."""

    twap: TwapWire
    details: TwapDetails | None = None


class TwapCancel(L1Action, frozen=True, tag="twapCancel"):
    """End a TWAP `t` in an asset `a`."""

    a: Count
    t: Count


class VaultTransfer(L1Action, frozen=True, tag="vaultTransfer"):
    """Move `usd` millionths of USDC into or out of a vault."""

    vault_address: Address
    is_deposit: bool
    usd: Count


class CreateVault(L1Action, frozen=True, tag="createVault"):
    """Open a vault with `initialUsd` millionths of USDC."""

    name: str
    description: str
    initial_usd: Count
    nonce: Count


class SubAccountTransfer(L1Action, frozen=True, tag="subAccountTransfer"):
    """Move `usd` millionths of USDC to or from a sub-account."""

    sub_account_user: Address
    is_deposit: bool
    usd: Count


class SubAccountSpotTransfer(L1Action, frozen=True, tag="subAccountSpotTransfer"):
    """Move a token between the spot balances of a master and a sub-account."""

    sub_account_user: Address
    is_deposit: bool
    token: str
    amount: Number


class CreateSubAccount(L1Action, frozen=True, tag="createSubAccount"):
    """Open a sub-account."""

    name: str


class SubAccountModify(L1Action, frozen=True, tag="subAccountModify"):
    """Rename a sub-account."""

    sub_account_user: Address
    name: str


class SetReferrer(L1Action, frozen=True, tag="setReferrer"):
    """Name who referred the account."""

    code: str


class RegisterReferrer(L1Action, frozen=True, tag="registerReferrer"):
    """Make a referral code."""

    code: str


class SetDisplayName(L1Action, frozen=True, tag="setDisplayName"):
    """Name the account on the leader board."""

    display_name: str


class ReserveRequestWeight(L1Action, frozen=True, tag="reserveRequestWeight"):
    """Buy requests of the address limit."""

    weight: Count


class Noop(L1Action, frozen=True, tag="noop"):
    """Use up the nonce."""


class EvmUserModify(L1Action, frozen=True, tag="evmUserModify"):
    """Choose the block size on the other chain."""

    using_big_blocks: bool


class AgentEnableDexAbstraction(L1Action, frozen=True, tag="agentEnableDexAbstraction"):
    """Let collateral move between dexes by itself."""


class AgentSetAbstraction(L1Action, frozen=True, tag="agentSetAbstraction"):
    """Set the account mode: isolated dexes, unified, portfolio margin."""

    abstraction: Literal["i", "u", "p"]


class AgentSendAsset(L1Action, frozen=True, tag="agentSendAsset"):
    """Move a token between the dexes of one owner."""

    destination: Address
    source_dex: Dex
    destination_dex: Dex
    token: str
    amount: str
    from_sub_account: str
    nonce: Count
