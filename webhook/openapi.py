"""The OpenAPI document: every route, every answer and its schema; written by hand, served as JSON.

It is the same for everybody who asks, so it names no strategy, no ticker and no secret.
"""

from typing import Any

import msgspec

from webhook.auth import SECRET_FIELD
from webhook.posting import PATH, RequestLimits
from webhook.replies import STATUSES, Health, Reply

_EXAMPLES: dict[str, dict[str, object]] = {
    "own": {
        "summary": "Our own message",
        "value": {
            "strategy": "alert_eth",
            "action": "buy",
            "ticker": "ETH",
            "quantity": 0.1,
            "id": "morning-7",
            "time": "2026-11-23T10:00:00Z",
            SECRET_FIELD: "the-secret-of-your-desk",
        },
    },
    "tradingview": {
        "summary": "What TradingView makes of its strategy placeholders",
        "value": {
            "strategy": "alert_eth",
            "ticker": "ETH",
            "action": "sell",
            "contracts": "0.25",
            "market_position": "short",
            "market_position_size": "0.15",
            "order_id": "Exit long",
            "time": "2026-11-23T10:00:00Z",
            SECRET_FIELD: "the-secret-of-your-desk",
        },
    },
}
_ALERT = {
    "type": "object",
    "description": (
        "One of the dialects. The names below mean the same in all of them; what else a message"
        " needs depends on its dialect, and the answer to a wrong one names the field."
    ),
    "properties": {
        SECRET_FIELD: {
            "type": "string",
            "minLength": 1,
            "description": "The secret; not needed where the path is enough.",
        },
    },
}
_ANSWERS = {
    "accepted": ("accepted", "Stored for alert_eth", "received"),
    "duplicate": ("duplicate", "Taken before, not traded again", "decided"),
    "expired": ("expired", "Too old to be traded, and kept", "expired"),
}


def document(limits: RequestLimits) -> dict[str, Any]:
    """Return the document for an app with these limits."""
    _, schemas = msgspec.json.schema_components(
        (Reply, Health), ref_template="#/components/schemas/{name}"
    )
    post = _post(limits)
    token = {
        "name": "token",
        "in": "path",
        "required": True,
        "description": "The token; where none is set, the secret may stand here.",
        "schema": {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "perpdesk webhook",
            "version": "1",
            "description": "Takes the alerts of TradingView and others, and stores each once.",
        },
        "paths": {
            PATH: {"post": post | {"operationId": "postAlert"}},
            f"{PATH}/{{token}}": {
                "parameters": [token],
                "post": post | {"operationId": "postAlertWithToken"},
            },
            "/health": {"get": _health()},
            "/openapi.json": {"get": _openapi()},
        },
        "components": {"schemas": schemas | {"Alert": _ALERT}},
    }


def _post(limits: RequestLimits) -> dict[str, Any]:
    return {
        "summary": "Hand over an alert",
        "description": (
            f"At most {limits.body_bytes} bytes in UTF-8. Send again after 503, and after no"
            " answer: the same alert is never traded twice. Do not send again after 4xx."
        ),
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Alert"},
                    "examples": _EXAMPLES,
                },
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": (
                        "strategy=alert_eth action=buy ticker=ETH id=morning-7"
                        " secret=the-secret-of-your-desk"
                    ),
                },
            },
        },
        "responses": {str(status): _answer(status) for status in STATUSES},
    }


def _answer(status: int) -> dict[str, Any]:
    answer = _response(STATUSES[status], "Reply")
    if status == 200:  # noqa: PLR2004  as HTTP numbers it
        answer["content"]["application/json"]["examples"] = {
            name: {
                "value": {
                    "code": code,
                    "message": message,
                    "key": "alert_eth:morning-7",
                    "outcome": {"state": state, "orders": [], "reason": None, "message": ""},
                }
            }
            for name, (code, message, state) in _ANSWERS.items()
        }
    if status == 429:  # noqa: PLR2004
        answer["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait.",
                "required": True,
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    if status == 405:  # noqa: PLR2004
        answer["headers"] = {"Allow": {"required": True, "schema": {"const": "POST"}}}
    return answer


def _health() -> dict[str, Any]:
    return {
        "operationId": "getHealth",
        "summary": "Whether alerts can be stored",
        "responses": {
            "200": _response("They can.", "Health"),
            "503": _response("They cannot; the message says why.", "Health"),
        },
    }


def _openapi() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object", "required": ["openapi"]}}}
    return {
        "operationId": "getOpenApi",
        "summary": "This document",
        "responses": {"200": {"description": "It.", "content": content}},
    }


def _response(description: str, schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {
        "description": description,
        "content": {"application/json": {"schema": reference}},
    }
