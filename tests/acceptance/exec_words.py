"""Words of the execution cases: the stories of orders, and what the tester is told to do."""

from decimal import Decimal

from nautilus_trader.model.enums import OrderSide, OrderType

ACCEPTED = ["Initialized", "Submitted", "Accepted"]
FILLED = [*ACCEPTED, "Filled"]
CANCELED = [*ACCEPTED, "PendingCancel", "Canceled"]
DENIED = ["Initialized", "Denied"]
MODIFIED = [*ACCEPTED, "PendingUpdate", "Updated"]

FAR, NEAR = 500, 50
"""How far from the market the orders are, and a limit from its trigger, in dollars."""
BOTH = {"enable_limit_buys": True, "enable_limit_sells": True, "tob_offset_dollars": FAR}
BRACKET = {"enable_brackets": True, "bracket_offset_dollars": FAR}
STOPS = [
    OrderType.STOP_MARKET,
    OrderType.STOP_LIMIT,
    OrderType.MARKET_IF_TOUCHED,
    OrderType.LIMIT_IF_TOUCHED,
]
STOP_CASES = [
    "e20-e21-stop-market",
    "e22-e23-stop-limit",
    "e24-e25-market-if-touched",
    "e26-e27-limit-if-touched",
]
SIDES = [OrderSide.BUY, OrderSide.SELL]


def has_words(reason: str, words: str) -> bool:
    """Return whether a reason has these words, in whatever way it writes them."""
    return words in reason.lower().replace("_", " ")


def named(value: object) -> str | None:
    return getattr(value, "name", None)


def limits(side: OrderSide) -> dict[str, object]:
    return {
        "enable_limit_buys": side == OrderSide.BUY,
        "enable_limit_sells": side == OrderSide.SELL,
        "tob_offset_dollars": FAR,
    }


def stops(side: OrderSide, kind: OrderType) -> dict[str, object]:
    return {
        "enable_stop_buys": side == OrderSide.BUY,
        "enable_stop_sells": side == OrderSide.SELL,
        "stop_order_type": kind,
        "stop_offset_dollars": FAR,
        "stop_limit_offset_dollars": NEAR,
    }


def whole(price: object) -> int:
    assert Decimal(str(price)) % 1 == 0
    return int(Decimal(str(price)))
