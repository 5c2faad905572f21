"""The venue's routes: which request goes where; what is answered is decided elsewhere."""

from collections import deque
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from simulator.border import Border, readable
from simulator.received import Received
from simulator.replies import Reply, respond
from simulator.synthetix_answers import refused
from simulator.synthetix_floor import Floor
from simulator.synthetix_front import Front, plain
from simulator.synthetix_requests import Side
from simulator.synthetix_status import exchange_status, status
from simulator.synthetix_wording import STATUS
from simulator.synthetix_ws import Hub

STATUS_BODY = b'{"params":{"action":"status"}}'
"""What a question for the status is to the rules of faults: it has no body."""


class Routes:
    """Every path of the venue.

    Parameters
    ----------
    front : Front
        Answers requests.
    border : Border
        Where everything passes.
    hub : Hub
        The WebSocket side.
    floor : Floor
        What is said of maintenance.
    now_ms : Callable[[], int]
        The venue's time, as it seems to the request that is answered.
    received : deque[Received]
        Takes what clients said.
    needs_user_agent : bool
        Refuse requests that do not say which program sent them.
    """

    def __init__(
        self,
        front: Front,
        border: Border,
        hub: Hub,
        floor: Floor,
        now_ms: Callable[[], int],
        received: deque[Received],
        *,
        needs_user_agent: bool,
    ) -> None:
        self._front = front
        self._border = border
        self._hub = hub
        self._floor = floor
        self._now_ms = now_ms
        self._received = received
        self._needs_user_agent = needs_user_agent

    def app(self, others: Sequence[BaseRoute]) -> Starlette:
        """Put the routes together, with others that are not the venue's own."""
        routes = [
            Route("/v1/info", self._serve_info, methods=["POST"]),
            Route("/v1/trade", self._serve_trade, methods=["POST"]),
            Route("/v1/status", self._serve_status, methods=["GET"]),
            Route("/v1/exchange/status", self._serve_old_status, methods=["GET"]),
            Route("/v1/ws/exchange/status", self._serve_old_status, methods=["GET"]),
            WebSocketRoute("/v1/ws/info", self._hub.serve_info),
            WebSocketRoute("/v1/ws/trade", self._hub.serve_trade),
        ]
        handlers = {404: self._not_found, 405: self._not_allowed}
        return Starlette(routes=[*routes, *others], exception_handlers=handlers)

    async def _serve_info(self, request: Request) -> Response:
        return await self._serve("info", request)

    async def _serve_trade(self, request: Request) -> Response:
        return await self._serve("trade", request)

    async def _serve(self, side: Side, request: Request) -> Response:
        body = await request.body()
        self._received.append(Received(side, readable(body)))
        if self._needs_user_agent and not request.headers.get("user-agent"):
            return respond(self._front.wrap(refused("FORBIDDEN", "User-Agent header is required")))
        return await self._border.answer(
            side,
            body,
            lambda body: self._front.serve(side, body),
            request.client,
            action=side == "trade",
        )

    async def _serve_status(self, request: Request) -> Response:
        return await self._tell(request, lambda: status(self._floor.notice))

    async def _serve_old_status(self, request: Request) -> Response:
        return await self._tell(
            request, lambda: exchange_status(self._floor.notice, self._now_ms())
        )

    async def _tell(self, request: Request, told: Callable[[], dict[str, object]]) -> Response:
        self._received.append(Received(STATUS, request.url.path))

        def execute(_body: bytes) -> Reply:
            return plain(told())

        return await self._border.answer("info", STATUS_BODY, execute, request.client, action=False)

    async def _not_found(self, _request: Request, _error: Exception) -> Response:
        return respond(self._front.wrap(refused("NOT_FOUND", "resource not found")))

    async def _not_allowed(self, _request: Request, _error: Exception) -> Response:
        return respond(self._front.wrap(refused("METHOD_NOT_ALLOWED", "method not allowed")))
