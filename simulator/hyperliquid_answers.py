"""What /exchange says: the envelopes, and the words of every refusal (fact sheet 1.4 and 1.5)."""

from collections.abc import Sequence
from decimal import Decimal

from simulator.exchange.events import (
    Denied,
    Done,
    Filled,
    Outcome,
    Refused,
    Resting,
    WaitingForFill,
    WaitingForTrigger,
)
from simulator.exchange.model import Fault, Status
from simulator.exchange.rules import FEE_DECIMALS
from simulator.numbers import MAX_DECIMALS_PERP, to_wire, truncate

type Json = dict[str, object]

MISSING_ORDER = "Order was never placed, already canceled, or filled."
PLACING_FAILED = "Error placing new order during modify: "

_FAULTS = {
    Fault.UNKNOWN_ASSET: "Invalid asset",
    Fault.INVALID_PRICE: "Order has invalid price.",
    Fault.INVALID_SIZE: "Order has invalid size.",
    Fault.ZERO_SIZE: "Order has zero size.",
    Fault.PRICE_BAND: "Order price cannot be more than 95% away from the reference price",
    Fault.UNEXPECTED_TRIGGERS: "Unexpected number of trigger orders",
    Fault.MISSING_ORDER: MISSING_ORDER,
    Fault.MODIFY_GONE: "Cannot modify canceled or filled order",
    Fault.MODIFY_INVALID: "Attempted to modify to invalid new order",
    Fault.INVALID_LEVERAGE: "Invalid leverage value",
    Fault.NOT_ISOLATED: "Position does not use isolated margin.",
    Fault.TWAP_REDUCE_ONLY: "Reduce-only TWAP order would increase position.",
    Fault.TWAP_MISSING: "TWAP was never placed, already canceled, or filled.",
    # The fact sheet has no words for these; clients must not tell by them.
    Fault.EMPTY_BATCH: "Order batch is empty.",
    Fault.NOT_REDUCE_ONLY: "TP/SL orders must be reduce-only.",
    Fault.INSUFFICIENT_MARGIN: "Insufficient margin.",
    Fault.SCHEDULE_TOO_SOON: "Scheduled cancel time must be at least 5 seconds from now.",
    Fault.SCHEDULE_SPENT: "Too many scheduled cancels triggered today.",
}
_STATUSES = {
    Status.TICK_REJECTED: "Price must be divisible by tick size.",
    Status.MIN_NOTIONAL_REJECTED: "Order must have minimum value of $10.",
    Status.MARGIN_REJECTED: "Insufficient margin to place order.",
    Status.MAX_POSITION_REJECTED: (
        "Order would cause position to exceed margin tier limit at current leverage"
    ),
    Status.REDUCE_ONLY_REJECTED: "Reduce only order would increase position.",
    Status.IOC_REJECTED: "Order could not immediately match against any resting orders.",
    Status.NO_LIQUIDITY_REJECTED: "No liquidity available for market order.",
    Status.TRIGGER_REJECTED: "Invalid TP/SL price.",
    Status.COLLAR_REJECTED: "Price too far from oracle",
    Status.TOO_MANY_ORDERS_REJECTED: "Too many open orders.",  # not in the fact sheet
}
_TAGS = {
    WaitingForFill: "waitingForFill",
    WaitingForTrigger: "waitingForTrigger",
    Done: "success",
}


class RefusedError(Exception):
    """The whole action is refused, in the venue's words."""


def refused(words: str) -> Json:
    """Answer that a whole action failed."""
    return {"status": "err", "response": words}


def done(kind: str = "default", **data: object) -> Json:
    """Answer that an action was carried out, with its data where it has any."""
    return {"status": "ok", "response": {"type": kind, **data}}


def listed(kind: str, statuses: Sequence[object]) -> Json:
    """Answer a batch: an entry for each of its items, or one for all of them."""
    return done(kind, data={"statuses": statuses})


def error(words: str) -> Json:
    """Write the entry of an item that was refused."""
    return {"error": words}


def fault_words(fault: Fault) -> str:
    """Return the words for a request that came to nothing; KeyError when they need more."""
    return _FAULTS[fault]


def status_words(refusal: Refused) -> str:
    """Return the words for an order that the engine refused; these name the asset."""
    if refusal.status is Status.POST_ONLY_REJECTED:
        bid, ask = (to_wire(price or Decimal(0)) for price in (refusal.bid, refusal.ask))
        words = f"Post only order would have immediately matched, bbo was {bid}@{ask}."
    else:
        words = _STATUSES[refusal.status]
    return of_asset(words, refusal.asset)


def of_asset(words: str, asset: int) -> str:
    """Add the asset, as the venue does to what its engine says."""
    return f"{words} asset={asset}"


def order_entry(outcome: Outcome, size_decimals: int) -> object:
    """Write what became of an order; `size_decimals` are its market's."""
    match outcome:
        case Resting():
            return {"resting": _named(outcome.oid, outcome.client_id)}
        case Filled():
            price = truncate(outcome.price, MAX_DECIMALS_PERP - size_decimals)
            filled = {"totalSz": to_wire(outcome.size), "avgPx": to_wire(price)}
            return {"filled": filled | _named(outcome.oid, outcome.client_id)}
        case Refused():
            return error(status_words(outcome))
        case Denied():
            return error(fault_words(outcome.fault))
        case _:
            return _TAGS[type(outcome)]


def dollars(amount: Decimal) -> str:
    """Write an amount of money in words: "$12066.75", "$1000000"."""
    return f"${to_wire(truncate(amount, FEE_DECIMALS)).removesuffix('.0')}"


def _named(oid: int, client_id: str | None) -> Json:
    return {"oid": oid} | ({} if client_id is None else {"cloid": client_id})
