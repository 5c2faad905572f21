"""What a signature of Synthetix covers: EIP-712 with everything fixed hashed once; pure."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from adapters.common.wallet import keccak
from adapters.synthetix import actions
from adapters.synthetix.actions import Action, Grouping, OrderKind, OrderWire, Question, Side

WEBSOCKET_AUTH = "websocket_auth"
# The domain never changes, so it is hashed once, and so are all types.
DOMAIN_SEPARATOR = keccak(
    keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    + keccak(b"Synthetix")
    + keccak(b"1")
    + (1).to_bytes(32, "big")
    + bytes(32)
)
_DIGEST_PREFIX = b"\x19\x01" + DOMAIN_SEPARATOR
_ORDER = (
    "Order(string symbol,string side,string orderType,string price,string triggerPrice,"
    "string quantity,bool reduceOnly,bool isTriggerMarket,string clientOrderId,bool closePosition)"
)
_ORDER_TYPE_HASH = keccak(_ORDER.encode())
_AUTH_TYPE_HASH = keccak(b"AuthMessage(uint256 subAccountId,uint256 timestamp,string action)")
_NONCELESS_TYPE_HASH = keccak(
    b"SubAccountAction(uint256 subAccountId,string action,uint256 expiresAfter)"
)

# Most of an order's texts are of closed sets: those are not hashed again and again.
_WORDS = {word: keccak(word.encode()) for word in ("", *Side, *OrderKind, *Grouping)}
_FALSE, _TRUE = bytes(32), (1).to_bytes(32, "big")


def _text(text: str) -> bytes:
    return _WORDS.get(text) or keccak(text.encode())


# Orders have few symbols and one sub-account, so these are not made again and again either.
_symbol = lru_cache(maxsize=1_000)(_text)


def _number(number: int) -> bytes:
    return number.to_bytes(32, "big")


@lru_cache(maxsize=100)
def _subaccount(subaccount_id: str) -> bytes:
    return _number(int(subaccount_id))


def _address(address: str) -> bytes:
    return bytes(12) + bytes.fromhex(address[2:])


def _texts(texts: Iterable[str]) -> bytes:
    return keccak(b"".join(map(_text, texts)))


def _order(order: OrderWire) -> bytes:
    members = (
        _ORDER_TYPE_HASH,
        _symbol(order.symbol),
        _WORDS[order.side],
        _WORDS[order.order_type],
        _text(order.price),
        _text(order.trigger_price),
        _text(order.quantity),
        _TRUE if order.reduce_only else _FALSE,
        _TRUE if order.is_trigger_market else _FALSE,
        _text(order.client_order_id),
        _TRUE if order.close_position else _FALSE,
    )
    return keccak(b"".join(members))


def _change(action: actions.ModifyOrderAction | actions.ModifyByCloidAction) -> bytes:
    return _text(action.price) + _text(action.quantity) + _text(action.trigger_price)


# The members of each type in its order, from an action, the sub-account, and the nonce and expiry
# that most types end with.
type _Members = Callable[[Any, bytes, bytes, bytes], bytes]
_TYPES: dict[type, tuple[str, _Members]] = {
    actions.PlaceOrdersAction: (
        (
            "PlaceOrders(uint256 subAccountId,Order[] orders,string grouping,"
            f"uint256 nonce,uint256 expiresAfter){_ORDER}"
        ),
        lambda a, sub, nonce, expiry: (
            sub + keccak(b"".join(map(_order, a.orders))) + _text(a.grouping) + nonce + expiry
        ),
    ),
    actions.CancelOrdersAction: (
        "CancelOrders(uint256 subAccountId,uint256[] orderIds,uint256 nonce,uint256 expiresAfter)",
        lambda a, sub, nonce, expiry: (
            sub + keccak(b"".join(_number(int(one)) for one in a.order_ids)) + nonce + expiry
        ),
    ),
    actions.CancelByCloidAction: (
        (
            "CancelOrdersByCloid(uint256 subAccountId,string[] clientOrderIds,"
            "uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: sub + _texts(a.client_order_ids) + nonce + expiry,
    ),
    actions.CancelAllAction: (
        "CancelAllOrders(uint256 subAccountId,string[] symbols,uint256 nonce,uint256 expiresAfter)",
        lambda a, sub, nonce, expiry: sub + _texts(a.symbols) + nonce + expiry,
    ),
    actions.ModifyOrderAction: (
        (
            "ModifyOrder(uint256 subAccountId,uint256 orderId,string price,string quantity,"
            "string triggerPrice,uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: sub + _number(int(a.order_id)) + _change(a) + nonce + expiry,
    ),
    actions.ModifyByCloidAction: (
        (
            "ModifyOrderByCloid(uint256 subAccountId,string clientOrderId,string price,"
            "string quantity,string triggerPrice,uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: sub + _text(a.client_order_id) + _change(a) + nonce + expiry,
    ),
    actions.UpdateLeverageAction: (
        (
            "UpdateLeverage(uint256 subAccountId,string symbol,string leverage,"
            "uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: sub + _text(a.symbol) + _text(a.leverage) + nonce + expiry,
    ),
    actions.ScheduleCancelAction: (
        (
            "ScheduleCancel(uint256 subAccountId,uint256 timeoutSeconds,"
            "uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: sub + _number(a.timeout_seconds) + nonce + expiry,
    ),
    actions.WithdrawCollateralAction: (
        (
            "WithdrawCollateral(uint256 subAccountId,string symbol,string amount,"
            "address destination,uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: (
            sub + _text(a.symbol) + _text(a.amount) + _address(a.destination) + nonce + expiry
        ),
    ),
    # Its members stand in the order of the alphabet.
    actions.TransferCollateralAction: (
        (
            "TransferCollateral(string amount,uint256 expiresAfter,uint256 nonce,"
            "uint256 subAccountId,string symbol,uint256 to)"
        ),
        lambda a, sub, nonce, expiry: (
            _text(a.amount) + expiry + nonce + sub + _text(a.symbol) + _number(int(a.to))
        ),
    ),
    actions.CreateSubaccountAction: (
        (
            "CreateSubaccount(uint256 masterSubAccountId,string name,"
            "uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: sub + _text(a.name) + nonce + expiry,
    ),
    actions.UpdateSubAccountNameAction: (
        "UpdateSubAccountName(uint256 subAccountId,string name,uint256 nonce,uint256 expiresAfter)",
        lambda a, sub, nonce, expiry: sub + _text(a.name) + nonce + expiry,
    ),
    actions.AddDelegatedSignerAction: (
        (
            "AddDelegatedSigner(address delegateAddress,uint256 subAccountId,uint256 nonce,"
            "uint256 expiresAfter,uint256 expiresAt,string[] permissions)"
        ),
        lambda a, sub, nonce, expiry: (
            _address(a.wallet_address)
            + sub
            + nonce
            + expiry
            + _number(a.expires_at)
            + _texts(a.permissions)
        ),
    ),
    actions.RemoveDelegatedSignerAction: (
        (
            "RemoveDelegatedSigner(address delegateAddress,uint256 subAccountId,"
            "uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: _address(a.wallet_address) + sub + nonce + expiry,
    ),
    actions.RemoveAllDelegatedSignersAction: (
        "RemoveAllDelegatedSigners(uint256 subAccountId,uint256 nonce,uint256 expiresAfter)",
        lambda _, sub, nonce, expiry: sub + nonce + expiry,
    ),
    actions.VoluntaryCollateralExchangeAction: (
        (
            "VoluntaryCollateralExchange(uint256 subAccountId,string sourceAsset,"
            "string targetUSDTAmount,uint256 nonce,uint256 expiresAfter)"
        ),
        lambda a, sub, nonce, expiry: (
            sub + _text(a.source_asset) + _text(a.target_usdt_amount) + nonce + expiry
        ),
    ),
    Question: (
        "SubAccountAction(uint256 subAccountId,string action,uint256 nonce,uint256 expiresAfter)",
        lambda a, sub, nonce, expiry: sub + _text(a.action) + nonce + expiry,
    ),
}
_HASHED_TYPES = {kind: (keccak(text.encode()), form) for kind, (text, form) in _TYPES.items()}


def action_digest(
    action: Action, subaccount_id: str, nonce: int | None, expires_after: int
) -> bytes:
    """
    Return the 32 bytes that a signature of the action covers.

    Parameters
    ----------
    action : Action
        What is signed of it is signed as it is sent.
    subaccount_id : str
        The sub-account that it is for; the master of a new one.
    nonce : int, optional
        Milliseconds; only a Question may have none, and is then of another type.
    expires_after : int
        Unix milliseconds after which the venue refuses the action.

    """
    subaccount, expiry = _subaccount(subaccount_id), _number(expires_after)
    if nonce is None:
        if not isinstance(action, Question):
            raise ValueError(f"Expected a nonce with {actions.action_name(action)}, was none")
        return _digest(_NONCELESS_TYPE_HASH + subaccount + _text(action.action) + expiry)
    type_hash, members = _HASHED_TYPES[type(action)]
    return _digest(type_hash + members(action, subaccount, _number(nonce), expiry))


def _digest(struct: bytes) -> bytes:
    return keccak(_DIGEST_PREFIX + keccak(struct))


def auth_digest(subaccount_id: str, timestamp_ms: int) -> bytes:
    """Return the 32 bytes that the signature of a WebSocket's `auth` covers."""
    return _digest(
        _AUTH_TYPE_HASH
        + _number(int(subaccount_id))
        + _number(timestamp_ms)
        + _text(WEBSOCKET_AUTH)
    )
