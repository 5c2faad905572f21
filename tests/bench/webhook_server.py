"""A child of `tests.bench.webhook_http`: a web app on a free port, its CPU time when asked."""

import asyncio
import os
import sys
import time

import uvicorn
import uvloop
from nautilus_trader.model.identifiers import InstrumentId
from starlette.types import ASGIApp

from tests.bench.children import questions, say
from tests.bench.webhook_rivals import PATH, SECRET, fastapi_app, serve_flask, starlette_app
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl
from webhook.inbox import Accepted, Answer, InboxStatus, Intake, Limits, Outcome, State
from webhook.posting import RequestLimits
from webhook.server import serving
from webhook.sources import Sources
from webhook.stores import open_inbox

__all__ = ["PATH", "SECRET"]


class NoStore:
    """Take every alert and keep none."""

    async def put(self, *_: object) -> Answer:
        """Say that it is new."""
        return Accepted(Outcome(state=State.RECEIVED))

    async def status(self) -> InboxStatus:
        """Say that there is nothing."""
        return InboxStatus(counts={}, oldest_undecided_ns=None, is_consumed=False)


def ours(store: Intake) -> ASGIApp:
    """Return our app before a store, with every check but the rate limit turned up."""
    return create_app(
        store,
        Credentials(SECRET),
        strategies={"alerts": Ttl()},
        tickers={"BTCUSD": InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")},
        sources=Sources(["127.0.0.1"], ["10.0.0.0/8"]),
        limits=RequestLimits(rate_per_minute=100_000_000),
    )


def main() -> None:
    """Serve what the first argument names; the second is the core, the third a file for alerts."""
    name, core, file = sys.argv[1:4]
    if core:
        os.sched_setaffinity(0, {int(core)})
    if name == "flask":
        serve_flask()
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(name, file))


async def _serve(name: str, file: str) -> None:
    if name == "ours":
        await _serve_ours(file)
        return
    app = starlette_app() if name == "starlette" else fastapi_app()
    config = uvicorn.Config(app, port=0, lifespan="off", access_log=False, log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    await _answer(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task


async def _serve_ours(file: str) -> None:
    # Nobody takes the alerts of a flood: an inbox that is full would end it.
    inbox = open_inbox(file, Limits(undecided_max=10_000_000)) if file else None
    async with serving(ours(inbox or NoStore()), "127.0.0.1", 0) as url:
        await _answer(int(url.rpartition(":")[2]))
    if inbox is not None:
        await inbox.close()


async def _answer(port: int) -> None:
    say(port)
    async for _ in questions():
        say(time.process_time())


if __name__ == "__main__":
    main()
