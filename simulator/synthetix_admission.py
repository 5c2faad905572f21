"""POST /v1/trade and its WebSocket twin: who may act, and which handler does it (12.3).

What an action does stands in its handler; this is the gate before all of them: parameters,
signature, nonce, expiry, permission, tokens.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from simulator import synthetix_account_actions as accounts
from simulator import synthetix_account_reads as reads
from simulator import synthetix_changing as changing
from simulator import synthetix_collateral as collateral
from simulator import synthetix_order_reads as orders
from simulator.moments import Moment
from simulator.synthetix_answers import Answer
from simulator.synthetix_calls import Call
from simulator.synthetix_limits import cost
from simulator.synthetix_order_shapes import PlaceOrders, read_place_orders
from simulator.synthetix_placing import place_orders
from simulator.synthetix_signatures import read_signature, signer
from simulator.synthetix_signed_requests import Params, RefusedError, Request, read_request
from simulator.synthetix_trading import Trading
from simulator.synthetix_typed_data import kind_of

SECONDS_MAX = 100_000_000_000
"""A time below is in seconds, any other in ms (3.3)."""


class Action(NamedTuple):
    """How an action's parameters are read, and what it does with them."""

    read: Callable[[Params, Moment], Any]
    do: Callable[[Call, Any], object]
    is_owners: bool = False


_ALL = orders.page_reader(50, 1_000)

ACTIONS: dict[str, Action] = {
    "placeOrders": Action(read_place_orders, place_orders),
    "modifyOrder": Action(changing.read_modify, changing.modify_order),
    "modifyOrderBatch": Action(changing.read_modify_batch, changing.modify_orders),
    "cancelOrders": Action(changing.read_cancel, changing.cancel_orders),
    "cancelAllOrders": Action(changing.read_cancel_all, changing.cancel_all),
    "scheduleCancel": Action(changing.read_schedule, changing.schedule_cancel),
    "updateLeverage": Action(accounts.read_leverage, accounts.update_leverage),
    "createSubaccount": Action(accounts.read_name, accounts.create_sub_account, is_owners=True),
    "updateSubAccountName": Action(accounts.read_name, accounts.rename_sub_account, is_owners=True),
    "addDelegatedSigner": Action(accounts.read_add_delegate, accounts.add_delegate),
    "removeDelegatedSigner": Action(accounts.read_delegate, accounts.remove_delegate),
    "removeAllDelegatedSigners": Action(_ALL, accounts.remove_delegates, is_owners=True),
    "withdrawCollateral": Action(collateral.read_withdraw, collateral.withdraw),
    "transferCollateral": Action(collateral.read_transfer, collateral.transfer, is_owners=True),
    "voluntaryCollateralExchange": Action(collateral.read_exchange, collateral.exchange_collateral),
    "getOpenOrders": Action(_ALL, orders.open_orders),
    "getOrderHistory": Action(
        orders.page_reader(50, 1_000, orders.HISTORY_DAYS_MAX), orders.order_history
    ),
    "getTrades": Action(orders.page_reader(100, 1_000, orders.TRADES_DAYS_MAX), orders.trades),
    "getTradesForPosition": Action(orders.page_reader(100, 1_000), orders.trades_for_position),
    "getPositions": Action(orders.page_reader(1_000, 1_000), reads.positions),
    "getPositionHistory": Action(_ALL, reads.position_history),
    "getSubAccount": Action(_ALL, reads.sub_account),
    "getSubAccounts": Action(_ALL, reads.sub_accounts),
    "getFundingPayments": Action(orders.page_reader(1_000, 1_000), reads.funding_payments),
    "getFeeRate": Action(_ALL, reads.fee_rate),
    "getFees": Action(_ALL, reads.fee_rate),
    "getRateLimits": Action(_ALL, reads.rate_limits),
    "getBalanceUpdates": Action(collateral.read_balances, collateral.balance_updates),
    "getTransfers": Action(collateral.read_balances, collateral.transfers),
    "getWithdrawableAmounts": Action(collateral.read_symbols, collateral.withdrawable_amounts),
    "getPortfolio": Action(_ALL, reads.portfolio),
    "getPerformanceHistory": Action(reads.read_period, reads.performance),
    "getDelegatedSigners": Action(_ALL, accounts.delegated_signers),
    "getDelegationsForDelegate": Action(_ALL, accounts.delegations),
}
"""Every action of the fact sheet 5.1; isolated margin is none (its two are stubs there)."""


def act(trading: Trading, body: bytes, moment: Moment) -> Answer:
    """Carry out a signed request; `trading.tell` hears of its events before this returns."""
    try:
        request = read_request(body)
        action = _action(request)
        command = action.read(request.params, moment)
        call = _admit(trading, request, action, moment)
    except RefusedError as e:
        return Answer(refusal=e.refusal)
    bucket = trading.bucket(call.id)
    if not bucket.spend(_tokens(request, command), moment.now_ms / 1000):
        refusal = RefusedError("RATE_LIMIT_EXCEEDED", "rate limit exceeded").refusal
        return Answer(refusal=refusal, rate_limit=bucket.snapshot)
    try:
        return Answer(response=action.do(call, command), rate_limit=bucket.snapshot)
    except RefusedError as e:
        return Answer(refusal=e.refusal, rate_limit=bucket.snapshot)


def _action(request: Request) -> Action:
    action = ACTIONS.get(request.action)
    if action is None:
        raise RefusedError("VALIDATION_ERROR", f"unknown action '{request.action}'")
    return action


def _admit(trading: Trading, request: Request, action: Action, moment: Moment) -> Call:
    """Return who acts for whom; a refusal when nobody may, or not now."""
    address = _signer(request)
    is_read = request.action.startswith("get")
    if not is_read:
        if not request.nonce:
            raise RefusedError("UNAUTHORIZED", "nonce is required for this operation")
        if not trading.directory.use_nonce(address, request.nonce):
            raise RefusedError("UNAUTHORIZED", "nonce already used")
    if is_expired(request.expires_after, moment, trading.options.expires_in):
        raise RefusedError("UNAUTHORIZED", "request expired")
    call = ask_role(trading, address, str(request.sub_account_id), moment.now_ms)
    if not call.is_owner and action.is_owners:
        raise RefusedError(
            "FORBIDDEN", f"wallet {address} is a delegate but not the owner of this subaccount"
        )
    if request.action == "placeOrders" and not trading.is_whitelisted(call.account.owner):
        raise RefusedError("FORBIDDEN", "failed whitelist arbitration")
    return call


def ask_role(trading: Trading, address: str, number: str, now_ms: int) -> Call:
    """Return the call of a signer for a subaccount, or refuse it.

    A signer that nobody knows is one whose request was changed on its way (401); one that is known
    acts for another's subaccount (403).
    """
    role = trading.directory.role(number, address, now_ms)
    if role is None and not trading.directory.knows(address):
        raise RefusedError("UNAUTHORIZED", "signature verification failed")
    if role is None:
        raise RefusedError(
            "FORBIDDEN", f"wallet {address} is not authorized to act on this subaccount"
        )
    account = trading.directory.sub_accounts[number]
    return Call(trading, account, address, trading.engine_ms(now_ms))


def _signer(request: Request) -> str:
    if request.signature is None:
        raise RefusedError("UNAUTHORIZED", "signature is required")
    signature = read_signature(request.signature)
    kind = kind_of(request.action, request.signed, request.nonce)
    address = None
    if signature is not None and kind is not None:
        address = signer(kind, request.signed, signature)
    if address is None:
        raise RefusedError("UNAUTHORIZED", "invalid signature")
    return address


def is_expired(expires_after: int, moment: Moment, unit: str) -> bool:
    """Say whether a request is too old; 0 never is. `unit` is s, ms, or both by the size (3.3)."""
    if not expires_after:
        return False
    in_seconds = unit == "s" or (unit == "both" and expires_after < SECONDS_MAX)
    return moment.ahead_ms(expires_after * 1000 if in_seconds else expires_after) <= 0


def _tokens(request: Request, command: object) -> int:
    count = len(command.orders) if isinstance(command, PlaceOrders) else 1
    return cost(request.action, count)
