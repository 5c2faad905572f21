"""The venues of a soak: how each is run, what it calls things, and all that it ever wrote down."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from adapters.hyperliquid.orders import Asset, normalize_price
from simulator.exchange.accounts import Account
from simulator.exchange.events import Fill, OrderChanged
from simulator.exchange.model import Order
from simulator.fault_rules import HalfOpen, Status
from simulator.generator import universe as hyperliquid_universe
from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid import VenueOptions as HyperliquidOptions
from simulator.hyperliquid_trading import TradingOptions as HyperliquidTrading
from simulator.synthetix import SynthetixVenue
from simulator.synthetix import VenueOptions as SynthetixOptions
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_listing import universe as synthetix_universe
from simulator.synthetix_trading import TradingOptions as SynthetixTrading
from tests.acceptance.storm_hyperliquid import Hyperliquid
from tests.acceptance.storm_synthetix import Synthetix
from tests.acceptance.storm_venue import StormVenue
from tests.acceptance.synthetix_run import SUB_ACCOUNT
from tests.acceptance.trading_run import CASH
from tests.acceptance.under_test import ADDRESS
from tests.soak.market import Tides

type Venue = HyperliquidVenue | SynthetixVenue


class Place(msgspec.Struct, frozen=True):
    """Where a venue listens."""

    http: str
    ws: str


class Names(msgspec.Struct, frozen=True):
    """What one venue calls things."""

    kind: StormVenue
    account: str
    btc: str
    eth: str
    ways: tuple[str, ...]
    """How it may go away."""
    products: str
    """What of it is loaded, as the profile says."""
    write_price: Callable[[Decimal, bool], Decimal]
    """What its client makes of the trigger of a stop (of one that buys, or not) on the wire."""


def _in_five_figures(price: Decimal, is_buy: bool) -> Decimal:
    return normalize_price(price, ANY_ASSET, is_buy=is_buy)


ANY_ASSET = Asset(0, 6, 0)
"""With more decimals than any price here: its figures alone are bounded."""


SIDES = {
    "hyperliquid": Names(
        kind=Hyperliquid(),
        account=ADDRESS,
        btc="BTC-USD-PERP.HYPERLIQUID",
        eth="ETH-USD-PERP.HYPERLIQUID",
        ways=("cut", "hang"),
        products='["perp"]',
        write_price=_in_five_figures,
    ),
    "synthetix": Names(
        kind=Synthetix(),
        account=SUB_ACCOUNT,
        btc="BTC-USDT-PERP.SYNTHETIX",
        eth="ETH-USDT-PERP.SYNTHETIX",
        ways=("cut", "hang", "maintain"),
        products="[]",
        write_price=lambda price, _: price,
    ),
}


def venues_of(start_ms: int, seed: int) -> dict[str, Venue]:
    """Return both venues, with one funded account each and the limits that they have."""
    accounts = ((ADDRESS, CASH),)
    return {
        "hyperliquid": HyperliquidVenue(
            HyperliquidOptions(trading=HyperliquidTrading(accounts=accounts), fault_seed=seed),
            Tides(hyperliquid_universe(), start_ms, seed),
        ),
        "synthetix": SynthetixVenue(
            SynthetixOptions(fault_seed=seed),
            Tides(synthetix_universe(), start_ms, seed),
            open_trading=trading_opener(SynthetixTrading(accounts=accounts)),
        ),
    }


class Side:
    """
    One venue with the records of its one account, kept here since a venue forgets the oldest.

    Attributes
    ----------
    rows, fills
        Every change of an order and every fill, oldest first, as of the last `read`.
    orders
        The ids that the venue gave to the orders of each name.

    """

    def __init__(self, name: str, venue: Venue) -> None:
        self.name = name
        self.names = SIDES[name]
        self.venue = venue
        self.rows: list[OrderChanged] = []
        self.fills: list[Fill] = []
        self.orders: dict[str, dict[int, OrderChanged]] = defaultdict(dict)
        self.filled: dict[int, Decimal] = defaultdict(Decimal)

    @property
    def ledger(self) -> Account:
        """Return the venue's account."""
        return self.venue.trading.exchange.account(self.names.account)

    @property
    def place(self) -> Place:
        """Return where it listens."""
        return Place(self.venue.http_url, self.venue.ws_url)

    @property
    def now_ms(self) -> int:
        """Return the venue's time."""
        return self.venue.clock.now_ms()

    @property
    def stops(self) -> list[Order]:
        """Return the reduce-only triggers that rest now."""
        return [one for one in self.ledger.live.values() if one.request.trigger is not None]

    def read(self) -> int:
        """Take over what is new; return how much there has ever been."""
        rows = _newer(self.ledger.history, self.rows)
        fills = _newer(self.ledger.fills, self.fills)
        self.rows += rows
        self.fills += fills
        for row in rows:
            self.orders[row.order.request.client_id or ""][row.order.oid] = row
        for fill in fills:
            self.filled[fill.oid] += fill.size
        return len(self.rows) + len(self.fills)

    def recent(self, count: int = 60) -> list[str]:
        """Return the last of what it wrote down, as evidence."""
        rows = [f"{self.name} row {row}" for row in self.rows[-count:]]
        return rows + [f"{self.name} fill {fill}" for fill in self.fills[-count:]]

    def asset(self, instrument_id: str) -> int:
        """Return the venue's number of an instrument."""
        return self.venue.market.universe.listings[instrument_id.partition("-")[0]].asset

    def leave(self, how: str) -> None:
        """
        Go away.

        "cut": requests fail with 502, connections are refused; those that there are stay until
        `drop`. "maintain": as the venue that knows such a thing announces it. "hang": nothing is
        answered any more, on sockets that stay open.
        """
        if how == "maintain":
            assert isinstance(self.venue, SynthetixVenue)
            self.venue.set_maintenance("scheduled maintenance")
        elif how == "hang":
            for on in ("request", "ws", "connect"):
                self.venue.faults.add(HalfOpen(on=on))
        else:
            self.venue.faults.add(Status(on="request", status=502))
            self.venue.refuse_connections()

    def come_back(self) -> None:
        """End every fault and what `leave` began; lines that are half open stay so."""
        self.venue.faults.clear()
        self.venue.refuse_connections(refused=False)
        if isinstance(self.venue, SynthetixVenue):
            self.venue.set_maintenance(None)


def _newer[T](kept: Sequence[T], known: list[T]) -> list[T]:
    """Return what a venue keeps and is not known yet, oldest first."""
    last = known[-1] if known else None
    found: list[T] = []
    for each in reversed(kept):
        if each is last:
            break
        found.append(each)
    return found[::-1]
