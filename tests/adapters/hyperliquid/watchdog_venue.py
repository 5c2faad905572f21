"""The two endpoints that a watchdog uses, with the SDK's own check of each signature."""

import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hyperliquid.utils.signing import recover_agent_or_user_from_l1_action
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from webhook.server import serving

KEY = "0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
PERP_METAS = [
    {"universe": [{"szDecimals": 5, "name": coin} for coin in ("BTC", "ETH")]},
    {"universe": []},
    {"universe": [{"szDecimals": 2, "name": coin} for coin in ("xyz:TSLA", "xyz:GOLD")]},
]
SPOT_META = {"tokens": [], "universe": [{"name": "@107", "tokens": [150, 0], "index": 107}]}
ASSETS = {"BTC": 0, "ETH": 1, "@107": 10_107, "xyz:TSLA": 120_000, "xyz:GOLD": 120_001}


class WatchdogVenue:
    """
    Resting orders of one account, and what was asked of them.

    `failures` are answered first, one a request: (status, body), and `action_failures` to actions
    alone. `signers` are the addresses that the SDK recovers from the actions.
    """

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.failures: deque[tuple[int, str]] = deque()
        self.action_failures: deque[tuple[int, str]] = deque()
        self.requests: list[dict[str, Any]] = []
        self.signers: list[str] = []
        self.twaps: list[dict[str, Any]] = []
        self.stops: list[dict[str, Any]] = []
        self.url = ""

    def rest(
        self, coin: str, *, reduce_only: bool = False, left: str = "2.0", stop: str | None = None
    ) -> int:
        """
        Let one more order of size 2 rest, of which `left` is left, and return its id.

        With a trigger price in `stop` it has a stop and a target that wait for it.
        """
        oid = 1_000 + len(self.requests) * 10_000 + 10 * len(self.orders)
        self.orders.append(
            {
                "coin": coin, "side": "B", "limitPx": "1.5", "sz": left, "oid": oid,
                "timestamp": 1, "triggerCondition": "N/A", "isTrigger": reduce_only,
                "triggerPx": "0.0", "children": _exits_of(coin, oid, stop), "isPositionTpsl": False,
                "reduceOnly": reduce_only, "orderType": "Limit", "origSz": "2.0", "tif": "Gtc",
                "cloid": None,
            }
        )  # fmt: skip
        return oid

    @property
    def oids(self) -> list[int]:
        """The ids of what rests."""
        return [order["oid"] for order in self.orders]

    @property
    def actions(self) -> list[dict[str, Any]]:
        """The bodies of the actions that came, oldest first."""
        return [request for request in self.requests if "action" in request]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["WatchdogVenue"]:
        """Serve on a free port of this machine; `url` is its address."""
        routes = [
            Route("/info", self._info, methods=["POST"]),
            Route("/exchange", self._exchange, methods=["POST"]),
        ]
        async with serving(Starlette(routes=routes), "127.0.0.1", 0) as self.url:
            yield self

    async def _info(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        if self.failures:
            return _failure(self.failures)
        match body["type"]:
            case "allPerpMetas":
                return JSONResponse(PERP_METAS)
            case "spotMeta":
                return JSONResponse(SPOT_META)
            case "twapHistory" if body["user"] == ADDRESS:
                return JSONResponse(self.twaps)
            case "frontendOpenOrders" if body["user"] == ADDRESS and body["dex"] in ("", "xyz"):
                return JSONResponse([o for o in self.orders if _dex_of(o["coin"]) == body["dex"]])
        return Response("Failed to deserialize the JSON body into the target type", 422)

    async def _exchange(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.requests.append(body)
        self.signers.append(
            recover_agent_or_user_from_l1_action(
                body["action"],
                body["signature"],
                body.get("vaultAddress"),
                body["nonce"],
                body.get("expiresAfter"),
                is_mainnet=False,
            ).lower()
        )
        failures = self.failures or self.action_failures
        if failures:
            return _failure(failures)
        action = body["action"]
        match action["type"]:
            case "cancel":
                statuses = [self._cancel(one["a"], one["o"]) for one in action["cancels"]]
                data: object = {"statuses": statuses}
            case "order":
                self.stops += action["orders"]
                data = {"statuses": ["waitingForTrigger"] * len(action["orders"])}
            case "twapCancel":
                data = {"status": self._cancel_twap(action["a"], action["t"])}
        return JSONResponse({"status": "ok", "response": {"type": action["type"], "data": data}})

    def trade_slowly(self, coin: str, twap_id: int | None, *, reduce_only: bool = False) -> None:
        """Let a TWAP run."""
        state = {"coin": coin, "side": "B", "sz": "1.0", "reduceOnly": reduce_only, "minutes": 30}
        self.twaps.append({"time": 1, "state": state, "status": {"status": "activated"}})
        if twap_id is not None:
            self.twaps[-1]["twapId"] = twap_id

    def _cancel_twap(self, asset: int, twap_id: int) -> object:
        for entry in self.twaps:
            if entry.get("twapId") == twap_id and ASSETS[entry["state"]["coin"]] == asset:
                self.twaps.insert(0, {**entry, "status": {"status": "terminated"}})
                return "success"
        return {"error": "TWAP was never placed, already canceled, or filled."}

    def _cancel(self, asset: int, oid: int) -> object:
        for order in self.orders:
            if (ASSETS[order["coin"]], order["oid"]) == (asset, oid):
                self.orders.remove(order)
                return "success"
        return {"error": f"Order was never placed, already canceled, or filled. asset={asset}"}


def _exits_of(coin: str, oid: int, stop: str | None) -> list[dict[str, Any]]:
    if stop is None:
        return []
    exit_order = {
        "coin": coin, "side": "A", "sz": "2.0", "timestamp": 1, "isTrigger": True, "children": [],
        "reduceOnly": True, "origSz": "2.0", "tif": None, "cloid": None,
    }  # fmt: skip
    return [
        {**exit_order, "oid": oid + 1, "orderType": "Take Profit Market", "limitPx": "1.8",
         "triggerPx": "2.0"},
        {**exit_order, "oid": oid + 2, "orderType": "Stop Market", "limitPx": "0.9",
         "triggerPx": stop},
    ]  # fmt: skip


def _failure(failures: deque[tuple[int, str]]) -> Response:
    status, body = failures.popleft()
    return Response(body, status, media_type="text/html")


def _dex_of(coin: str) -> str:
    return coin.partition(":")[0] if ":" in coin else ""
