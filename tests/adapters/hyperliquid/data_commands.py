"""What the data engine asks of the client in these tests, and of which instruments."""

from typing import Any

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import SubscribeOrderBook
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import BookType
from nautilus_trader.model.identifiers import ClientId, InstrumentId

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
PURR = InstrumentId.from_str("PURR-USDC-SPOT.HYPERLIQUID")
NONE = InstrumentId.from_str("NONE-USD-PERP.HYPERLIQUID")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
MINUTE_NS = 60_000_000_000


def routed(params: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "client_id": ClientId("HYPERLIQUID"),
        "venue": None,
        "command_id": UUID4(),
        "ts_init": 0,
        "params": params,
    }


def book_command(data_type: type, params: dict[str, Any] | None = None) -> SubscribeOrderBook:
    return SubscribeOrderBook(BTC, data_type, BookType.L2_MBP, **routed(params))


def asking(limit: int | None = 0, params: dict | None = None, **fields: object) -> dict[str, Any]:
    request = {
        "start": None,
        "end": None,
        "limit": limit,
        "client_id": ClientId("HYPERLIQUID"),
        "venue": None,
        "callback": None,
        "request_id": UUID4(),
        "ts_init": 0,
        "params": params or {},
    }
    if limit is None:
        del request["limit"]
    return {**request, **fields}
