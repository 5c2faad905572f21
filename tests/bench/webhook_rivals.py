"""The webhook as others would write it: bare Starlette, FastAPI, Flask; no store, few checks."""

import os
import signal
import socket
import sys
import threading
import time

from fastapi import FastAPI, HTTPException
from flask import Flask, Response, jsonify, request
from gunicorn.app.base import BaseApplication
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.bench.children import say

SECRET = "a-secret-for-the-bench"
PATH = "/webhook/tradingview"


def starlette_app() -> Starlette:
    """Return bare Starlette: JSON in, JSON out, one comparison of the secret."""

    async def post(request: Request) -> JSONResponse:
        alert = await request.json()
        if alert.get("secret") != SECRET:
            return JSONResponse({"code": "wrong_secret", "message": ""}, 403)
        return JSONResponse({"code": "accepted", "message": "", "key": alert["strategy"]})

    return Starlette(routes=[Route(PATH, post, methods=["POST"])])


class AlertModel(BaseModel):
    """What TradingView's placeholders fill in."""

    secret: str
    strategy: str
    ticker: str
    action: str
    id: str
    contracts: str
    market_position: str
    market_position_size: str
    order_id: str
    price: str
    time: str
    comment: str = ""


class ReplyModel(BaseModel):
    """What is answered."""

    code: str
    message: str
    key: str


def fastapi_app() -> FastAPI:
    """Return the same in FastAPI, with models."""
    app = FastAPI()

    @app.post(PATH)
    async def post(alert: AlertModel) -> ReplyModel:
        if alert.secret != SECRET:
            raise HTTPException(403)
        return ReplyModel(code="accepted", message="", key=alert.strategy)

    return app


def flask_app() -> Flask:
    """Return the same in Flask."""
    app = Flask(__name__)

    @app.post(PATH)
    def post() -> tuple[Response, int]:
        alert = request.get_json()
        if alert.get("secret") != SECRET:
            return jsonify(code="wrong_secret", message=""), 403
        return jsonify(code="accepted", message="", key=alert["strategy"]), 200

    return app


class _Gunicorn(BaseApplication):
    """One worker of the kind that keeps connections; it answers the bench itself."""

    def __init__(self, port: int) -> None:
        self._port = port
        super().__init__()

    def load_config(self) -> None:
        """Set what `gunicorn` would read from its command line."""
        settings = {
            "bind": f"127.0.0.1:{self._port}",
            "worker_class": "gthread",
            "threads": 2,
            "loglevel": "error",
            "post_worker_init": lambda _: threading.Thread(target=self._answer).start(),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the app."""
        return flask_app()

    def _answer(self) -> None:
        say(self._port)
        for _ in sys.stdin:
            say(time.process_time())
        os.kill(os.getppid(), signal.SIGTERM)


def serve_flask() -> None:
    """Serve Flask under gunicorn until standard input ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sys.argv = sys.argv[:1]
    _Gunicorn(port).run()
