"""All 85 example scripts of the official SDK, unmodified, take the venue for the real one.

Each has a wallet of its own with a position, a history and a second subaccount, so that none
disturbs another. They want python-dotenv for nothing: a stand-in of one line is put before it.
"""

import asyncio
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from eth_account import Account

from simulator.exchange.events import Filled
from simulator.exchange.model import OrderRequest, Side, Tif
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_accounts import Accounts, trading_opener
from simulator.synthetix_directory import Delegate
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.sdk_sdist import NoExamplesError, fetch_examples

AT_ONCE = 4
END_SECS = 240
"""A script has so long: it has an interpreter to start, on a machine that may be busy."""
COUNT = 85
WATCHERS = {
    "poll-balance": "value=",
    "poll-positions": "ETH-USDT",
    "async-watch-candles": "[candle] {'method'",
    "async-watch-liquidations": "Subscribing",
    "async-watch-orderbook-diff": "[diff]",
    "async-watch-orderbook-managed": "[ok]",
    "async-watch-orderbook-snapshot": "[snapshot]",
    "async-watch-positions": "'status': 'subscribed'",
    "async-watch-ticker": "[ticker] {'method'",
    "async-watch-ticker-on-error": "price update received",
    "async-watch-trades": "[trade] ETH-USDT",
}
"""What watches until it is interrupted, and what it has shown when it may be."""
REFUSED = {"create-limit-ioc-order": "QUANTITY_TOO_SMALL"}
"""What the venue is to refuse: that one asks for a dollar's worth."""
REMOVED = "0x0000000000000000000000000000000000000001"
"""The delegate that remove-delegated-signer removes."""


class Ending(NamedTuple):
    """What became of a script: its exit code, None when it was cut, and what it printed."""

    name: str
    code: int | None
    output: str

    @property
    def failure(self) -> str | None:
        """Say what is wrong with it, or None."""
        expected = None if self.name in WATCHERS else 0
        if self.code != expected:
            return f"{self.name}: expected the exit code {expected}, was {self.code}"
        if "Traceback" in self.output:
            return f"{self.name}: expected no traceback"
        if (wanted := WATCHERS.get(self.name, "")) not in self.output or not self.output.strip():
            return f"{self.name}: expected it to print {wanted or 'something'}"
        code = REFUSED.get(self.name)
        if ("errorCode" in self.output) != (code is not None) or (code or "") not in self.output:
            return f"{self.name}: expected the refusal {code}"
        return None


@pytest.fixture(scope="session")
def examples(request: pytest.FixtureRequest) -> Path:
    """Return the folder of the examples, fetched once into pytest's cache."""
    cache = request.config.cache
    assert cache is not None
    try:
        return fetch_examples(cache.mkdir("synthetix_sdk"))
    except NoExamplesError as e:
        pytest.fail(str(e))


async def test_every_example_runs_against_the_venue(examples: Path, tmp_path: Path) -> None:
    scripts = sorted(examples.glob("rest/*.py")) + sorted(examples.glob("ws/*.py"))
    assert len(scripts) == COUNT
    keys = {script: f"0x{place:064x}" for place, script in enumerate(scripts, 1)}
    wallets = [Account.from_key(key).address for key in keys.values()]
    options = TradingOptions(
        accounts=tuple((wallet, Decimal(100_000)) for wallet in wallets),
        collaterals=tuple((wallet, "WETH", Decimal(1)) for wallet in wallets),
    )
    (tmp_path / "dotenv.py").write_text("load_dotenv = lambda *_, **__: False\n")
    opener = trading_opener(options)
    async with SynthetixVenue(VenueOptions(ip_tokens=0), open_trading=opener).running() as venue:
        assert isinstance(venue.trading, Accounts)
        venue.advance()  # so that the orders below meet the books
        for wallet in wallets:
            settle_in(venue.trading, wallet.lower(), venue.clock.now_ms())
        turns = asyncio.Semaphore(AT_ONCE)

        async def run(script: Path) -> Ending:
            async with turns:
                return await finish(script, environment(venue, keys[script], tmp_path))

        endings = await asyncio.gather(*map(run, scripts))
    failures = [f"{end.failure}\n{end.output[-2000:]}" for end in endings if end.failure]
    assert not failures, "\n\n".join(failures)
    prints = {ending.name: ending.output for ending in endings}
    assert "Order expired as expected." in prints["create-limit-gtd-post-only-order"]


def settle_in(trading: Accounts, wallet: str, now_ms: int) -> None:
    """Give a wallet an open position, a closed one, a second subaccount and a delegate."""
    number = trading.sub_accounts(wallet).owned[0]
    trading.open(wallet, "Second", Decimal(0), now_ms, number)
    trading.directory.add_delegate(number, Delegate(REMOVED, "session", 0, wallet))
    for symbol, side in (("BTC-USDT", Side.BUY), ("BTC-USDT", Side.SELL), ("ETH-USDT", Side.BUY)):
        perp = trading.perp(symbol)
        assert perp is not None
        price = perp.reach(trading.exchange.market(perp.rules.asset).mark, side)
        request = OrderRequest(perp.rules.asset, side, price, Decimal("0.01"), Tif.MARKET)
        reply = trading.exchange.place(number, [request], trading.exchange.now)
        assert isinstance(reply.outcomes[0], Filled), reply.outcomes
        trading.tell(reply.events)


def environment(venue: SynthetixVenue, key: str, stand_ins: Path) -> dict[str, str]:
    return os.environ | {
        "PRIVATE_KEY": key,
        "TEST_PRIVATE_KEY": key,
        "REST_URL_OVERRIDE": venue.http_url,
        "WS_URL_OVERRIDE": venue.ws_url,
        "PYTHONPATH": str(stand_ins),
        "PYTHONUNBUFFERED": "1",
    }


async def finish(script: Path, environ: dict[str, str]) -> Ending:
    """Run a script to its end, or a watcher until it has shown what it watches."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), env=environ, cwd=environ["PYTHONPATH"],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    output, wanted = "", WATCHERS.get(script.stem)
    seen = False
    try:
        async with asyncio.timeout(END_SECS):
            while not seen and (line := await process.stdout.readline()):
                output += line.decode()
                seen = wanted is not None and wanted in output
    except TimeoutError:
        output += f"\n(cut after {END_SECS} s)"
        seen = True
    if seen:
        process.kill()
    code = await process.wait()
    return Ending(script.stem, None if seen else code, output)
