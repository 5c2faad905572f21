"""What the order server says: /info for clients that start, and the life of an order as frames."""

import time
from typing import Any

import msgspec

from tests.bench import frames

_META = {
    "universe": [
        {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 40},
        {"szDecimals": 4, "name": "ETH", "maxLeverage": 25, "marginTableId": 25},
        *(
            {"szDecimals": 2, "name": name, "maxLeverage": 10, "marginTableId": 10}
            for name in frames.MORE_COINS
        ),
    ],
    "marginTables": [],
    "collateralToken": 0,
}
_USDC = {
    "name": "USDC",
    "szDecimals": 8,
    "weiDecimals": 8,
    "index": 0,
    "tokenId": "0x6d1e7cde53ba9467b783cb7c530ce054",
    "isCanonical": True,
    "evmContract": None,
    "fullName": None,
    "deployerTradingFeeShare": "0.0",
}
_PURR = _USDC | {"name": "PURR", "szDecimals": 0, "weiDecimals": 5, "index": 1}
_MARGIN = {
    "accountValue": "1000000.0",
    "totalNtlPos": "0.0",
    "totalRawUsd": "1000000.0",
    "totalMarginUsed": "0.0",
}
_RATES = {
    "userCrossRate": "0.00045",
    "userAddRate": "0.00015",
    "userSpotCrossRate": "0.0007",
    "userSpotAddRate": "0.0004",
    "activeReferralDiscount": "0.0",
}
# The empty account of a venue with perpetuals and a spot pair; no request has a second page.
_ANSWERS: dict[str, Any] = {
    "meta": _META,
    "allPerpMetas": [_META],
    "spotMeta": {
        "universe": [{"tokens": [1, 0], "name": "PURR/USDC", "index": 0, "isCanonical": True}],
        "tokens": [_USDC, _PURR],
    },
    "outcomeMeta": {"outcomes": [], "questions": []},
    "perpDexs": [None],
    "allMids": {"BTC": "109818.5", "ETH": "4000.0"},
    "spotClearinghouseState": {"balances": []},
    "orderStatus": {"status": "unknownOid"},
    "userRole": {"role": "user"},
    "userFees": _RATES,
    "userRateLimit": {"cumVlm": "1000000000.0", "nRequestsUsed": 0, "nRequestsCap": 1_000_010_000},
    "userAbstraction": "default",
    "maxBuilderFee": 0,
    "subAccounts": None,
}


def info(kind: str) -> bytes:
    """Answer one /info request; what is not listed here is an empty list, as of a new account."""
    now = _now_ms()
    if kind == "exchangeStatus":
        return msgspec.json.encode({"time": now, "specialStatuses": None})
    if kind == "clearinghouseState":
        state = {
            "marginSummary": _MARGIN,
            "crossMarginSummary": _MARGIN,
            "crossMaintenanceMarginUsed": "0.0",
            "withdrawable": "1000000.0",
            "assetPositions": [],
            "time": now,
        }
        return msgspec.json.encode(state)
    return msgspec.json.encode(_ANSWERS.get(kind, []))


class Order(msgspec.Struct, frozen=True):
    """What the server reads of an order; the fields are the venue's."""

    a: int
    b: bool
    p: str
    s: str
    t: dict[str, Any]
    c: str | None = None

    @property
    def is_immediate(self) -> bool:
        """Whether it fills at once here; all others rest for ever."""
        return bool(self.t.get("limit", {}).get("tif") == "Ioc")


def status(order: Order, oid: int) -> dict[str, Any]:
    """Return the status that answers the action."""
    if order.is_immediate:
        return {"filled": {"totalSz": order.s, "avgPx": order.p, "oid": oid}}
    cloid = {} if order.c is None else {"cloid": order.c}
    return {"resting": {"oid": oid} | cloid}


def order_update(order: Order, oid: int, *, is_filled: bool = False) -> bytes:
    """Return the frame that tells subscribers of a new order; of a filled one both its states."""
    now = _now_ms()
    record = {
        "coin": _META["universe"][order.a]["name"],
        "side": "B" if order.b else "A",
        "limitPx": order.p,
        "sz": order.s,
        "oid": oid,
        "timestamp": now,
        "origSz": order.s,
        "cloid": order.c,
    }
    states = [{"order": record, "status": "open", "statusTimestamp": now}]
    if is_filled:
        states.append({"order": record | {"sz": "0.0"}, "status": "filled", "statusTimestamp": now})
    return msgspec.json.encode({"channel": "orderUpdates", "data": states})


def cancel_update(order: Order, oid: int) -> bytes:
    """Return the frame that tells subscribers of a canceled order."""
    frame = order_update(order, oid)
    return frame.replace(b'"status":"open"', b'"status":"canceled"')


def fill(order: Order, oid: int) -> dict[str, Any]:
    """Return the fill of an immediate order, as `user` and `userFills` hold it."""
    return {
        "coin": _META["universe"][order.a]["name"],
        "px": order.p,
        "sz": order.s,
        "side": "B" if order.b else "A",
        "time": _now_ms(),
        "startPosition": f"{oid / 1000}",  # differs from fill to fill: Nautilus makes an id of it
        "dir": "Open Long" if order.b else "Open Short",
        "closedPnl": "0.0",
        "hash": f"0x{oid:064x}",
        "oid": oid,
        "crossed": True,
        "fee": "0.01",
        "tid": oid + frames.TRADE_ID,
        "cloid": order.c,
        "feeToken": "USDC",
        "twapId": None,
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
