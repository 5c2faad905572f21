"""What the venue's ledger says of alerts: the accepted ones traded once, others at most once."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from adapters.hyperliquid.orders import cloid_from_client_order_id
from simulator.exchange.model import Side
from simulator.hyperliquid import HyperliquidVenue
from strategies.signals import order_id_of
from tests.acceptance.crash_sender import Sent
from tests.acceptance.trading_run import ADDRESS


class Traded:
    """The orders of an account by their client order ids."""

    def __init__(self, venue: HyperliquidVenue) -> None:
        self._records = venue.trading.records(ADDRESS)
        self.oids: dict[str, set[int]] = defaultdict(set)
        for row in self._records.orders:
            if row.order.cloid is not None:
                self.oids[row.order.cloid].add(row.order.oid)
        self.filled: Counter[int] = Counter()
        for fill in self._records.fills:
            self.filled[fill.oid] += Decimal(fill.sz)  # type: ignore[assignment]

    def size(self, cloid: str) -> Decimal:
        """Return how much was filled under a client order id, in all of its orders."""
        return sum((Decimal(self.filled[oid]) for oid in self.oids[cloid]), Decimal(0))


def verdict(venue: HyperliquidVenue, sent: Iterable[Sent]) -> list[str]:
    """Return what is wrong, in words: an accepted alert lost, any alert doubled."""
    traded = Traded(venue)
    found = []
    for alert in sent:
        key = f"{alert.body['strategy']}:{alert.id}"
        cloid = cloid_from_client_order_id(order_id_of(key).value)
        orders = len(traded.oids.get(cloid, ()))
        size, wanted = traded.size(cloid), Decimal(alert.body["quantity"])
        if orders > 1 or size > wanted:
            found.append(f"{key} doubled: {orders} orders, {size} of {wanted} filled")
        if alert.is_accepted and (orders == 0 or size < wanted):
            answers = list(zip(alert.statuses, alert.codes, strict=False))
            found.append(f"{key} lost: {orders} orders, {size} of {wanted} filled; {answers}")
    return found + _position(venue, sent, traded)


def _position(venue: HyperliquidVenue, sent: Iterable[Sent], traded: Traded) -> list[str]:
    """Compare the positions with the sum of the alerts: nothing else has traded."""
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for alert in sent:
        key = f"{alert.body['strategy']}:{alert.id}"
        size = traded.size(cloid_from_client_order_id(order_id_of(key).value))
        wanted[alert.body["ticker"]] += size if alert.body["action"] == "buy" else -size
    account = venue.trading.exchange.account(ADDRESS)
    found = []
    for coin, size in wanted.items():
        asset = venue.market.universe.listings[coin].asset
        position = account.positions.get(asset)
        there = Decimal(0) if position is None else position.size
        if there != size:
            found.append(f"position of {coin}: {there} at the venue, {size} by its alerts")
        if there:
            found += _unprotected(venue, coin, there)
    return found


def _unprotected(venue: HyperliquidVenue, coin: str, size: Decimal) -> list[str]:
    """Check that the one stop of the whole position rests, and none that a killed run left."""
    asset = venue.market.universe.listings[coin].asset
    side = Side.SELL if size > 0 else Side.BUY
    stops = [
        order.remaining
        for order in venue.trading.exchange.account(ADDRESS).live.values()
        if order.asset == asset and order.request.trigger and order.request.side is side
    ]
    return [] if stops == [abs(size)] else [f"{coin}: {size} held, stops of {stops} rest"]
