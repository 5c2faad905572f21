"""POST /exchange and WebSocket actions: who may act, which handler does it, and what is answered.

What an action does stands in its handler; this is the gate before all of them (fact sheet 4 and 7).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from simulator import hyperliquid_agents as agents
from simulator import hyperliquid_margin_actions as margin
from simulator import hyperliquid_orders as orders
from simulator import hyperliquid_owned_accounts as owned
from simulator import hyperliquid_timed_orders as timed
from simulator import hyperliquid_transfers as transfers
from simulator.hyperliquid_action_types import Action, read_action
from simulator.hyperliquid_answers import Json, RefusedError, done, refused
from simulator.hyperliquid_calls import Call
from simulator.hyperliquid_canonical import canonical
from simulator.hyperliquid_l1_actions import (
    AgentEnableDexAbstraction,
    AgentSendAsset,
    AgentSetAbstraction,
    BatchModify,
    Cancel,
    CancelByCloid,
    CreateSubAccount,
    CreateVault,
    Modify,
    Order,
    ReserveRequestWeight,
    ScheduleCancel,
    SubAccountModify,
    SubAccountSpotTransfer,
    SubAccountTransfer,
    TopUpIsolatedOnlyMargin,
    TwapCancel,
    TwapOrder,
    UpdateIsolatedMargin,
    UpdateLeverage,
    VaultTransfer,
)
from simulator.hyperliquid_limits import spend_requests
from simulator.hyperliquid_nonces import Nonces
from simulator.hyperliquid_signatures import SignedAction, signers
from simulator.hyperliquid_trading import Trading
from simulator.hyperliquid_user_actions import (
    ApproveAgent,
    ApproveBuilderFee,
    SendAsset,
    SpotSend,
    UsdClassTransfer,
    UsdSend,
    UserAction,
    UserDexAbstraction,
    UserSetAbstraction,
    Withdraw,
)
from simulator.moments import Moment

ITEMS_PER_WEIGHT = 40
"""An action weighs 1, and 1 more for so many items of a batch (fact sheet 7)."""
STALE_FACTOR = 5
"""What an expired action counts of the address limit (4.4)."""

_HANDLERS: dict[type, Callable[[Call, Any], Json]] = {
    Order: orders.place,
    Cancel: orders.cancel,
    CancelByCloid: orders.cancel_by_cloid,
    Modify: orders.modify,
    BatchModify: orders.batch_modify,
    ScheduleCancel: timed.schedule_cancel,
    TwapOrder: timed.start_twap,
    TwapCancel: timed.cancel_twap,
    UpdateLeverage: margin.update_leverage,
    UpdateIsolatedMargin: margin.update_isolated_margin,
    TopUpIsolatedOnlyMargin: margin.top_up,
    ApproveAgent: agents.approve_agent,
    ApproveBuilderFee: agents.approve_builder_fee,
    UserSetAbstraction: agents.set_abstraction,
    AgentSetAbstraction: agents.set_abstraction_by_agent,
    UserDexAbstraction: agents.set_dex_abstraction,
    AgentEnableDexAbstraction: agents.set_dex_abstraction_by_agent,
    UsdSend: transfers.send_usd,
    SpotSend: transfers.send_spot,
    Withdraw: transfers.withdraw,
    UsdClassTransfer: transfers.transfer_class,
    SendAsset: transfers.send_asset,
    AgentSendAsset: transfers.send_asset,
    SubAccountTransfer: owned.transfer_sub_account,
    SubAccountSpotTransfer: owned.transfer_sub_account_spot,
    CreateSubAccount: owned.create_sub_account,
    SubAccountModify: owned.rename_sub_account,
    CreateVault: owned.create_vault,
    VaultTransfer: owned.transfer_vault,
    ReserveRequestWeight: transfers.reserve_requests,
}
"""What is done for each action; any other is taken and does nothing."""

_NOT_FOR_VAULTS = (
    CreateSubAccount, SubAccountModify, SubAccountTransfer, SubAccountSpotTransfer, CreateVault,
    VaultTransfer, AgentSendAsset,
)  # fmt: skip
"""What a master does for itself only, never in the name of a vault or sub-account."""

_BODY = msgspec.json.Decoder(SignedAction, dec_hook=canonical)


class ActionAnswer(NamedTuple):
    """What is answered (HTTP 200, refusals too), and what the action weighs for its IP address."""

    answer: Json
    weight: int


def act(
    trading: Trading, body: bytes, now_ms: int, *, wall_ms: int | None = None, speed: float = 1.0
) -> ActionAnswer:
    """Carry out a signed action; `trading.tell` hears of its events before this returns.

    Parameters
    ----------
    now_ms : int
        The venue's time.
    wall_ms : int, optional
        The wall's, which clients sign with where the venue's time is another.
    speed : float
        How many venue seconds pass in a second of the wall.

    Raises
    ------
    msgspec.DecodeError
        The body is not JSON; its subclass ValidationError: it is no signed action, or its type or
        shape is unknown.
    """
    signed = _BODY.decode(body)
    action = read_action(signed.action)
    moment = Moment(now_ms, wall_ms, speed)
    try:
        call = _admit(trading, signed, action, moment)
        handler = _HANDLERS.get(type(action))
        answer = done() if handler is None else handler(call, action)
    except RefusedError as e:
        answer = refused(str(e))
    return ActionAnswer(answer, 1 + _items(action) // ITEMS_PER_WEIGHT)


def _admit(trading: Trading, signed: SignedAction, action: Action, moment: Moment) -> Call:
    """Return who acts for whom; RefusedError when nobody may, or not now."""
    signer, user = _signer(trading, signed, action, moment)
    nonces = trading.directory.nonces.setdefault(signer, Nonces())
    if (words := nonces.use(signed.nonce, moment)) is not None:
        raise RefusedError(words)
    account = user
    if isinstance(action, UserAction):
        if action.nonce != signed.nonce:
            raise RefusedError(f"Invalid nonce: {signed.nonce} is not {action.nonce}")
    elif signed.vault_address is not None:
        account = _account(trading, user, signed.vault_address, action)
    call = Call(trading, user, account, moment, signed.nonce)
    _spend(call, signed, action)
    return call


def _signer(
    trading: Trading, signed: SignedAction, action: Action, moment: Moment
) -> tuple[str, str]:
    """Return the address that signed and the user it acts for."""
    stranger = None
    for address in signers(signed, action, trading.options.is_mainnet):
        user = trading.directory.principal(address, moment)
        if user == address or (user is not None and not isinstance(action, UserAction)):
            return address, user
        stranger = stranger or address
    if stranger is None:
        raise RefusedError("Unable to recover signer.")
    if isinstance(action, UserAction):  # an agent may not, and is told what a stranger is told
        raise RefusedError(f"Must deposit before performing actions. User: {stranger}")
    raise RefusedError(f"User or API Wallet {stranger} does not exist.")


def _account(trading: Trading, user: str, vault_address: str, action: Action) -> str:
    """Return the vault or sub-account that the user acts for."""
    leads = trading.directory.vaults.get(vault_address) == user
    if not leads and vault_address not in _sub_accounts(trading, user):
        raise RefusedError(f"Vault not registered: {vault_address}")
    if isinstance(action, _NOT_FOR_VAULTS):
        raise RefusedError("Vault may not perform this action")
    return str(vault_address)


def _sub_accounts(trading: Trading, user: str) -> set[str]:
    return {x.address for x in trading.directory.sub_accounts_of(user)}


def _spend(call: Call, signed: SignedAction, action: Action) -> None:
    """Count the action against the account's requests; an expired one is dear, and in vain."""
    count = max(_items(action), 1)
    is_stale = signed.expires_after is not None and call.moment.is_past(signed.expires_after)
    words = spend_requests(
        call.trading.directory,
        call.account,
        count * (STALE_FACTOR if is_stale else 1),
        free=call.trading.options.free_requests,
        volume=lambda: call.trading.volume(call.account),
        is_cancel=isinstance(action, Cancel | CancelByCloid),
        now_ms=call.now_ms,
    )
    if is_stale:
        raise RefusedError("Action already expired")
    if words is not None:
        raise RefusedError(words)


def _items(action: Action) -> int:
    """Return how many orders, cancels or modifies an action has; 0 for what is no batch."""
    match action:
        case Order():
            return len(action.orders)
        case Cancel() | CancelByCloid():
            return len(action.cancels)
        case BatchModify():
            return len(action.modifies)
        case _:
            return 0
