"""What WebSocket clients hear of markets, and when."""

import msgspec

from simulator.market import Change
from simulator.synthetix_feeds import Feed
from simulator.synthetix_floor import Floor
from simulator.synthetix_seam import AccountEvent, Liquidation
from simulator.synthetix_ws import Client


class Streams:
    """The feeds of all clients."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def open(self, client: Client, feed: Feed) -> None:
        """Begin a feed for a client, from its beginning if it has begun before."""

    def close(self, client: Client, feed: Feed) -> None:
        """End a feed for a client."""

    def publish(self, change: Change) -> None:
        """Send a change to whoever subscribed to it."""

    def advance(self, now_ms: int) -> None:
        """Send the books that are due."""

    def publish_liquidation(self, liquidation: Liquidation, now_ms: int) -> None:
        """Send a liquidation to whoever subscribed to those of its market."""

    def account_frame(self, event: AccountEvent, now_ms: int) -> str:
        """Put news of a subaccount into a push."""
        names = self._floor.dialect.named("subAccountEvent", "subAccountUpdate")
        data = {"subAccountId": event.sub_account_id, **event.data}
        return msgspec.json.encode({**names, "timestamp": now_ms, "data": data}).decode()
