"""A strategy that trades alerts on a loopback venue, and the webhook to post them to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp

from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.protection import PercentDistance
from strategies.signals import Signal
from strategies.sizing import FixedSize
from tests.acceptance.trading_run import BTC, Run
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl
from webhook.inbox import Intake
from webhook.posting import PATH
from webhook.server import serving

SECRET = "canary-8f3a51-0123456789"
SIZE = Decimal("0.01")

type Post = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


class Heard(AlertStrategy):
    """An AlertStrategy that keeps the signals that it was given."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  those of its config
        config = AlertStrategyConfig(
            strategy_id="alerts",
            order_id_tag="001",
            instrument_id=BTC,
            name="alerts",
            sizing=FixedSize(SIZE),
            stop=PercentDistance(Decimal(5)),
            external_order_claims=[BTC],
            **settings,
        )
        super().__init__(config)
        self.signals: list[Signal] = []

    def on_data(self, data: Signal) -> None:
        """Keep it, and trade it."""
        self.signals.append(data)
        super().on_data(data)


@asynccontextmanager
async def posting(inbox: Intake) -> AsyncIterator[Post]:
    """Serve the webhook and post to it; `post(path="/health")` asks for that instead."""
    tickers = {"BTC": BTC}
    app = create_app(inbox, Credentials(SECRET), strategies={"alerts": Ttl()}, tickers=tickers)
    async with serving(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as session:

        async def post(path: str = PATH, **fields: object) -> tuple[int, dict[str, Any]]:
            body = {"strategy": "alerts", "ticker": "BTC", "secret": SECRET} | fields
            asked = {"method": "POST", "json": body} if path == PATH else {"method": "GET"}
            async with session.request(url=f"{url}{path}", **asked) as response:
                return response.status, await response.json()

        yield post


def heard(run: Run) -> list[Signal]:
    """Return the signals that a run's strategy was given."""
    strategy = run.hand
    assert isinstance(strategy, Heard)
    return strategy.signals
