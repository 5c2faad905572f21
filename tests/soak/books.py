"""Whether a node's books and a venue's are the same, to the last digit that the venue tells."""

from collections.abc import Iterator
from decimal import Decimal

from simulator.exchange.events import Fill
from tests.soak.pictures import FillPicture, NodePicture, OrderPicture
from tests.soak.sides import Side

CASH_STEP = Decimal("1e-6")
"""A venue cuts its answers about cash here, once for each number in the sum."""


def differences(side: Side, picture: NodePicture, since_ms: int) -> list[str]:
    """
    Return in words what the two do not agree on.

    Parameters
    ----------
    side
        The venue, read just before and unchanged just after the picture was taken.
    picture
        The node's books, with all orders that changed at or after `since_ms`.
    since_ms
        Fills from then on are compared; positions, cash and what rests always.

    """
    here = {
        side.names.kind.client_id(order.name): order
        for order in picture.orders
        if order.venue == side.name.upper()
    }
    return [
        *_positions(side, picture),
        *_cash(side, picture),
        *_resting(side, here),
        *_fills(side, here, since_ms),
    ]


def _positions(side: Side, picture: NodePicture) -> Iterator[str]:
    for instrument_id in (side.names.btc, side.names.eth):
        position = side.ledger.positions.get(side.asset(instrument_id))
        there = Decimal(0) if position is None else position.size
        held = picture.positions.get(instrument_id, Decimal(0))
        if held != there:
            yield f"{side.name}: position {instrument_id} {held} here, {there} there"
    venue = f".{side.name.upper()}"
    known = {side.names.btc, side.names.eth}
    for other in picture.positions:
        if other.endswith(venue) and other not in known:
            yield f"{side.name}: position {other} here, nobody trades it"


def _cash(side: Side, picture: NodePicture) -> Iterator[str]:
    held = [each for each in side.ledger.positions.values() if each.size]
    opened = (each.entry_notional.copy_sign(each.size) for each in held)
    there = sum(opened, side.ledger.raw)
    here = picture.cash.get(side.name.upper())
    if here is None or abs(here - there) > CASH_STEP * (1 + len(held)):
        yield f"{side.name}: cash {here} here, {there} there"


def _resting(side: Side, here: dict[str, OrderPicture]) -> Iterator[str]:
    live = {order.request.client_id or "": order for order in side.ledger.live.values()}
    if len(live) != len(side.ledger.live):
        yield f"{side.name}: two orders of one name rest"
    for name, order in live.items():
        known = here.get(name)
        if known is None or not known.is_open or known.is_under_way:
            yield f"{side.name}: {name} rests there, here it is {known and known.status}"
            continue
        trigger = order.request.trigger
        there = (str(order.oid), order.side.name, order.remaining, trigger and trigger.price)
        at = known.trigger and side.names.write_price(known.trigger, known.side == "BUY")
        ours = (known.venue_id, known.side, known.leaves, at)
        if ours != there:
            yield f"{side.name}: {name} is {ours} here, {there} there"
    for name, known in here.items():
        if (known.is_open or known.is_under_way) and name not in live:
            yield f"{side.name}: {known.name} is {known.status} here, and does not rest there"


def _fills(side: Side, here: dict[str, OrderPicture], since_ms: int) -> Iterator[str]:
    theirs = {side.names.kind.trade_id(fill.tid): fill for fill in side.fills}
    ours: dict[str, tuple[str, FillPicture]] = {}
    for name, order in here.items():
        for fill in order.fills:
            if fill.trade in ours:
                yield f"{side.name}: fill {fill.trade} is twice here, of {order.name}"
            ours[fill.trade] = (name, fill)
    for trade, (name, fill) in ours.items():
        other = theirs.get(trade)
        if other is None:
            yield f"{side.name}: fill {trade} of {name} only here: {fill}"
        elif _told(name, fill) != _written(other):
            yield f"{side.name}: fill {trade} {_told(name, fill)} here, {_written(other)} there"
    for trade, other in theirs.items():
        if other.time >= since_ms and trade not in ours:
            yield f"{side.name}: fill {trade} only there: {_written(other)}"


def _told(name: str, fill: FillPicture) -> tuple[str, Decimal, Decimal, Decimal]:
    return name, fill.price, fill.size, fill.fee


def _written(fill: Fill) -> tuple[str, Decimal, Decimal, Decimal]:
    return fill.client_id or "", fill.price, fill.size, fill.fee
