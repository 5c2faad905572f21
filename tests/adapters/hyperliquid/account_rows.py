"""Short ways to write what the venue tells of one account."""

from decimal import Decimal
from typing import Any

import msgspec

from adapters.hyperliquid.user_schemas import FrontendOrder, OrderUpdate, UserFill


def order_row(oid: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  (any JSON)
    """Return an order as frontendOpenOrders tells it; by default one that rests untouched."""
    return {
        "coin": "BTC",
        "side": "B",
        "limitPx": "60000.0",
        "sz": "1.0",
        "oid": oid,
        "timestamp": 1_000 + oid,
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": False,
        "orderType": "Limit",
        "origSz": "1.0",
        "tif": "Gtc",
        "cloid": None,
    } | changes


def stop_row(oid: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a stop-market order; its limit price is but the bound of its slippage."""
    stop = {
        "side": "A",
        "limitPx": "59694.0",
        "triggerCondition": "Price below 59994",
        "isTrigger": True,
        "triggerPx": "59994.0",
        "reduceOnly": True,
        "orderType": "Stop Market",
        "tif": None,
    }
    return order_row(oid, **(stop | changes))


def update_row(
    status: str,
    oid: int = 1,
    at_ms: int = 5_000,
    **changes: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return an order with its status, as historicalOrders tells it."""
    return {"order": order_row(oid, **changes), "status": status, "statusTimestamp": at_ms}


def fill_row(oid: int = 1, tid: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a fill as userFills tells it."""
    return {
        "coin": "BTC",
        "px": "60000.0",
        "sz": "0.5",
        "side": "B",
        "time": 4_000 + tid,
        "startPosition": "0.0",
        "dir": "Open Long",
        "closedPnl": "0.0",
        "hash": "0x5b19",
        "oid": oid,
        "crossed": True,
        "fee": "13.5",
        "tid": tid,
        "feeToken": "USDC",
        "twapId": None,
    } | changes


def perps_of(*positions: tuple[str, str], value: str = "100.0") -> dict[str, Any]:
    """Return a clearinghouseState with these coins and signed sizes."""
    summary = {
        "accountValue": value,
        "totalNtlPos": "0.0",
        "totalRawUsd": value,
        "totalMarginUsed": "0.0",
    }
    return {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "withdrawable": value,
        "time": 1,
        "assetPositions": [
            {
                "type": "oneWay",
                "position": {
                    "coin": coin,
                    "szi": size,
                    "leverage": {"type": "cross", "value": 20},
                    "entryPx": "60000.0",
                    "positionValue": str(abs(Decimal(size)) * 60_000),
                    "unrealizedPnl": "0.0",
                    "marginUsed": "3000.0",
                },
            }
            for coin, size in positions
        ],
    }


def order_of(row: dict[str, Any]) -> FrontendOrder:
    return msgspec.convert(row, FrontendOrder, strict=False)


def update_of(row: dict[str, Any]) -> OrderUpdate:
    return msgspec.convert(row, OrderUpdate, strict=False)


def fill_of(row: dict[str, Any]) -> UserFill:
    return msgspec.convert(row, UserFill, strict=False)


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]
