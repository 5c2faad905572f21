"""One of two venues that a process trades: its books, and how it goes away and comes back."""

from decimal import Decimal

from nautilus_trader.model.identifiers import Venue

from simulator.exchange.accounts import Account
from simulator.exchange.model import Order
from simulator.fault_rules import HalfOpen, Status
from simulator.hyperliquid import HyperliquidVenue
from simulator.synthetix import SynthetixVenue


class Side:
    """A loopback venue, and what it wrote down of the one account."""

    def __init__(self, name: str, venue: HyperliquidVenue | SynthetixVenue, account: str) -> None:
        self.name = name
        self.venue = venue
        self.here = Venue(name.upper())
        self._account = account

    @property
    def ledger(self) -> Account:
        """Return the venue's account."""
        return self.venue.trading.exchange.account(self._account)

    @property
    def sizes(self) -> list[Decimal]:
        """Return the signed sizes of the venue's positions."""
        return sorted(one.size for one in self.ledger.positions.values() if one.size)

    @property
    def stops(self) -> list[Order]:
        """Return the reduce-only triggers that rest at the venue."""
        return [one for one in self.ledger.live.values() if one.request.trigger is not None]

    @property
    def has_stops(self) -> bool:
        """Tell whether each position at the venue has a stop of its size, and there are no more."""
        wanted = sorted(abs(size) for size in self.sizes)
        return wanted == sorted(stop.size for stop in self.stops)

    def largest_position(self, asset: int) -> Decimal:
        """Return the largest position, long or short, that was ever traded away again."""
        fills = [fill for fill in self.ledger.fills if fill.asset == asset]
        return max(abs(fill.start_position) for fill in fills)

    def leave(self, how: str) -> None:
        """
        Go away, all in one step.

        Parameters
        ----------
        how : str
            "cut": every request fails with 502, connections are lost and refused. "maintain": as
            the venue that knows such a thing announces it. "hang": nothing is answered any more,
            on sockets that stay open.

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

    async def drop(self) -> None:
        """Cut the connections that there are."""
        await self.venue.drop_connections()

    def come_back(self) -> None:
        """End what `leave` began."""
        self.venue.faults.clear()
        self.venue.refuse_connections(refused=False)
        if isinstance(self.venue, SynthetixVenue):
            self.venue.set_maintenance(None)
