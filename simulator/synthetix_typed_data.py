"""What is signed for each action: EIP-712 typed data rebuilt from the wire's own values (3.1, 3.2).

It is written from the fact sheet and hands its data to eth-account; it recovers nobody.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from simulator.universe import Json

DOMAIN: Json = {
    "name": "Synthetix",
    "version": "1",
    "chainId": 1,
    "verifyingContract": "0x" + "0" * 40,
}
ORDER = (
    "Order(string symbol,string side,string orderType,string price,string triggerPrice,"
    "string quantity,bool reduceOnly,bool isTriggerMarket,string clientOrderId,bool closePosition)"
)
MODIFICATION = "Modification(uint256 orderId,string price,string quantity,string triggerPrice)"
_TAIL = "uint256 nonce,uint256 expiresAfter)"
ENCODED_TYPES = {
    "auth": "AuthMessage(uint256 subAccountId,uint256 timestamp,string action)",
    "placeOrders": (
        f"PlaceOrders(uint256 subAccountId,Order[] orders,string grouping,{_TAIL}{ORDER}"
    ),
    "cancelOrders": f"CancelOrders(uint256 subAccountId,uint256[] orderIds,{_TAIL}",
    "cancelOrdersByCloid": (
        f"CancelOrdersByCloid(uint256 subAccountId,string[] clientOrderIds,{_TAIL}"
    ),
    "cancelAllOrders": f"CancelAllOrders(uint256 subAccountId,string[] symbols,{_TAIL}",
    "modifyOrder": (
        "ModifyOrder(uint256 subAccountId,uint256 orderId,string price,string quantity,"
        f"string triggerPrice,{_TAIL}"
    ),
    "modifyOrderByCloid": (
        "ModifyOrderByCloid(uint256 subAccountId,string clientOrderId,string price,string quantity,"
        f"string triggerPrice,{_TAIL}"
    ),
    # Nobody has seen what is signed of this one: it is made up, alike to PlaceOrders.
    "modifyOrderBatch": (
        f"ModifyOrderBatch(uint256 subAccountId,Modification[] orders,{_TAIL}{MODIFICATION}"
    ),
    "updateLeverage": (
        f"UpdateLeverage(uint256 subAccountId,string symbol,string leverage,{_TAIL}"
    ),
    "scheduleCancel": f"ScheduleCancel(uint256 subAccountId,uint256 timeoutSeconds,{_TAIL}",
    "withdrawCollateral": (
        "WithdrawCollateral(uint256 subAccountId,string symbol,string amount,address destination,"
        f"{_TAIL}"
    ),
    "transferCollateral": (
        "TransferCollateral(string amount,uint256 expiresAfter,uint256 nonce,"
        "uint256 subAccountId,string symbol,uint256 to)"
    ),
    "createSubaccount": f"CreateSubaccount(uint256 masterSubAccountId,string name,{_TAIL}",
    "updateSubAccountName": f"UpdateSubAccountName(uint256 subAccountId,string name,{_TAIL}",
    "addDelegatedSigner": (
        "AddDelegatedSigner(address delegateAddress,uint256 subAccountId,uint256 nonce,"
        "uint256 expiresAfter,uint256 expiresAt,string[] permissions)"
    ),
    "removeDelegatedSigner": (
        f"RemoveDelegatedSigner(address delegateAddress,uint256 subAccountId,{_TAIL}"
    ),
    "removeAllDelegatedSigners": f"RemoveAllDelegatedSigners(uint256 subAccountId,{_TAIL}",
    "voluntaryCollateralExchange": (
        "VoluntaryCollateralExchange(uint256 subAccountId,string sourceAsset,"
        f"string targetUSDTAmount,{_TAIL}"
    ),
    "get": f"SubAccountAction(uint256 subAccountId,string action,{_TAIL}",
    "getWithoutNonce": (
        "SubAccountAction(uint256 subAccountId,string action,uint256 expiresAfter)"
    ),
}
"""The encodeType string of every signed message, by the action on the wire."""

_WIRE_NAMES = {"delegateaddress": "walletaddress", "mastersubaccountid": "subaccountid"}
"""Signed fields that another parameter of the request fills (3.2 and 2.1)."""
_STRUCT = re.compile(r"(\w+)\(([^)]*)\)")

type Folded = Mapping[str, object]
"""Parameters whose names are in lower case: the venue reads them in any (2.1)."""


def fold(value: object) -> object:
    """Return JSON with every name in lower case, in lists and nested objects too."""
    if isinstance(value, Mapping):
        return {str(key).lower(): fold(item) for key, item in value.items()}
    if isinstance(value, list):
        return [fold(item) for item in value]
    return value


def kind_of(action: str, params: Folded, nonce: int) -> str | None:
    """Return which of `ENCODED_TYPES` an action is signed as; None when it is unknown."""
    if action.startswith("get"):
        return "get" if nonce else "getWithoutNonce"
    if action == "cancelOrders" and "clientorderids" in params:
        return "cancelOrdersByCloid"
    if action == "modifyOrder" and params.get("clientorderid"):
        return "modifyOrderByCloid"
    return action if action in ENCODED_TYPES and action != "auth" else None


def typed_data(kind: str, values: Folded) -> Json:
    """Return the whole typed data of a message; ValueError when a value is not of its type.

    What is missing is signed as "", 0, false or an empty list (3.2).
    """
    structs = {name: _fields(body) for name, body in _STRUCT.findall(ENCODED_TYPES[kind])}
    primary = next(iter(structs))
    message = _message(primary, structs, values)
    if kind == "transferCollateral":
        message["amount"] = plain_amount(str(message["amount"]))
    return {
        "types": {
            name: [{"name": field, "type": kind} for kind, field in fields]
            for name, fields in structs.items()
        },
        "primaryType": primary,
        "domain": DOMAIN,
        "message": message,
    }


def plain_amount(amount: str) -> str:
    """Return an amount as the venue writes it before it hashes a transfer: "10.50" is "10.5"."""
    try:
        text = f"{Decimal(amount):f}"
    except InvalidOperation:
        return amount
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fields(body: str) -> list[tuple[str, str]]:
    pairs = (field.split(" ") for field in body.split(","))
    return [(kind, name) for kind, name in pairs]


def _message(
    name: str, structs: Mapping[str, Sequence[tuple[str, str]]], values: Folded
) -> dict[str, object]:
    made: dict[str, object] = {}
    for kind, field in structs[name]:
        key = field.lower()
        value = values.get(key, values.get(_WIRE_NAMES.get(key, "")))
        if kind.removesuffix("[]") in structs:
            inner = kind.removesuffix("[]")
            made[field] = [_message(inner, structs, each) for each in _objects(value)]
        elif kind.endswith("[]"):
            made[field] = [_value(kind[:-2], each) for each in _list(value)]
        else:
            made[field] = _value(kind, value)
    return made


def _value(kind: str, value: object) -> object:
    match kind, value:
        case "uint256", None | "":
            return 0
        case "uint256", int() | str() if not isinstance(value, bool):
            number = int(value, 0) if isinstance(value, str) else value
            if number < 0:
                raise ValueError(f"Expected a whole number, was {value!r}")
            return number
        case "string", None:
            return ""
        case "bool", None:
            return False
        case ("string" | "address", str()) | ("bool", bool()):
            return value
        case _:
            raise ValueError(f"Expected a value of type {kind}, was {value!r}")


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"Expected a list, was {value!r}")  # noqa: TRY004  (one error for all)
    return value


def _objects(value: object) -> list[Folded]:
    found = _list(value)
    if not all(isinstance(each, Mapping) for each in found):
        raise ValueError(f"Expected a list of objects, was {value!r}")
    return [each for each in found if isinstance(each, Mapping)]
