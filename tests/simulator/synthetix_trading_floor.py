"""A Synthetix venue with accounts behind real sockets, whose market is fed by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from synthetix import Synthetix
from synthetix.signing import Signer

from simulator.events import Book
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_accounts import Accounts, trading_opener
from simulator.synthetix_trading import TradingOptions
from simulator.wire import Level
from tests.simulator.synthetix_bench import ANN, COINS, MARKS, D, funded
from tests.simulator.synthetix_venues import Client, Floor
from tests.simulator.venues import START_MS


class TradingFloor(Floor):
    """A venue at a time that a test moves; two wallets have accounts."""

    def __init__(self, options: TradingOptions) -> None:
        super().__init__()
        self.venue = SynthetixVenue(
            VenueOptions(), self.market, self.clock, trading_opener(options)
        )
        assert isinstance(self.venue.trading, Accounts)
        self.trading = self.venue.trading
        self.ann = self.trading.sub_accounts(ANN.address).owned[0]
        for symbol, mark in MARKS.items():
            price = D(mark)
            bids, asks = (
                tuple(Level(str(price + sign * step), "5", 1) for step in (1, 2))
                for sign in (-1, 1)
            )
            self.market.push(Book(COINS[symbol], START_MS, bids, asks))
        self.venue.advance()
        for perp in self.trading.perps.values():
            price = D(MARKS[perp.symbol])
            asset = perp.rules.asset
            self.trading.tell(self.trading.exchange.set_mark(asset, price, price, START_MS))

    def sdk(self, key: str = "1") -> Synthetix:
        """Return the official client of a wallet."""
        return Synthetix(
            private_key="0x" + key * 64, rest_url=self.venue.http_url, ws_url=f"{self.venue.ws_url}"
        )

    async def post_trade(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Post a signed body by HTTP; return status and envelope."""
        response = await self.request("/trade", body)
        return response.status_code, response.json()

    @asynccontextmanager
    async def watching(self, signer: Signer = ANN) -> AsyncIterator[Client]:
        """Connect, log in and subscribe to the subaccount's updates."""
        async with self.client("trade") as client:
            payload, signature = signer.sign_auth(int(self.ann))
            reply = await client.call("auth", message=json.dumps(payload), signature=signature)
            assert reply["status"] == 200, reply
            reply = await client.subscribe("subAccountUpdates", subAccountId=self.ann)
            assert reply["status"] == 200, reply
            yield client


@asynccontextmanager
async def open_trading_floor(**options: Any) -> AsyncIterator[TradingFloor]:  # noqa: ANN401
    """Run a venue whose market stands still."""
    floor = TradingFloor(funded(**options))
    async with floor.venue.running():
        yield floor


async def in_thread[T](work: Callable[[], T]) -> T:
    """Run what blocks, as the SDK's REST client does."""
    return await asyncio.to_thread(work)
