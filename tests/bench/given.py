"""What all benches of orders are given: a key, a server and an ordinary order."""

import msgspec

from adapters.hyperliquid.actions import Grouping, LimitKind, OrderAction, OrderKind, OrderWire, Tif
from adapters.hyperliquid.orders import Asset

ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
ASSET = Asset(asset_id=0, price_decimals=1, size_decimals=5)
PRICE, SIZE = "60000.0", "0.00100"
GTC = OrderKind(limit=LimitKind(Tif.GTC))
CLOID = "0x0123456789abcdef0123456789abcdef"


class Addresses(msgspec.Struct, frozen=True):
    """Where the order server is; each path of its WebSocket is a venue of its own."""

    ws: str
    http: str


def order() -> OrderAction:
    """Return the order as an action."""
    wire = OrderWire(a=0, b=True, p="60000", s="0.001", r=False, t=GTC, c=CLOID)
    return OrderAction((wire,), Grouping.NONE)
