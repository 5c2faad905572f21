"""The frames of the bench: real shapes at the sizes that the venue sends."""

import json

BTC = "BTC-USD-PERP.HYPERLIQUID"
TIME = 1_757_015_249_178
TRADE_ID = 418_932_651_112_950
MORE_COINS = tuple(f"C{number:02}" for number in range(48))
COINS = ("BTC", "ETH", *MORE_COINS)


def l2_book() -> bytes:
    """Return a book of 20 levels a side."""
    bids = [
        {"px": f"{109_818 - i}.0", "sz": f"{0.1 + i * 0.317:.5f}", "n": 1 + i} for i in range(20)
    ]
    asks = [
        {"px": f"{109_819 + i}.0", "sz": f"{0.2 + i * 0.291:.5f}", "n": 1 + i} for i in range(20)
    ]
    return _frame("l2Book", {"coin": "BTC", "time": TIME, "levels": [bids, asks]})


def bbo() -> bytes:
    """Return a change of the best bid and offer."""
    sides = [
        {"px": "109818.0", "sz": "7.94223", "n": 12},
        {"px": "109819.0", "sz": "0.80763", "n": 3},
    ]
    return _frame("bbo", {"coin": "BTC", "time": TIME, "bbo": sides})


def trades() -> bytes:
    """Return one trade."""
    trade = {
        "coin": "BTC",
        "side": "B",
        "px": "109815.0",
        "sz": "0.00011",
        "time": TIME,
        "hash": "0x" + "ab" * 32,
        "tid": TRADE_ID,
        "users": ["0x" + "1" * 40, "0x" + "2" * 40],
    }
    return _frame("trades", [trade])


def _frame(channel: str, data: object) -> bytes:
    return json.dumps({"channel": channel, "data": data}, separators=(",", ":")).encode()
