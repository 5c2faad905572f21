"""A small exchange for tests: BTC and ETH as on Hyperliquid, three accounts, a shorthand."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from simulator.exchange import Exchange
from simulator.exchange.events import Event, Fill, OrderChanged
from simulator.exchange.model import OrderRequest, Side, Status, Trigger, TriggerKind
from simulator.exchange.rules import Knobs, MarginTier, MarketRules, VenueRules
from simulator.numbers import price_exponent

D = Decimal
BTC, ETH = 0, 1
BUY, SELL = Side.BUY, Side.SELL
NOW = 1_700_000_000_000


def rules(asset: int, size_decimals: int, *tiers: tuple[int, int], **fields: object) -> MarketRules:
    def is_tick(price: D) -> bool:
        return price % D(1).scaleb(price_exponent(price, 6 - size_decimals)) == 0

    margin = tuple(MarginTier(D(low), leverage) for low, leverage in tiers)
    made = MarketRules(asset, size_decimals, margin, is_tick)
    return msgspec.structs.replace(made, **fields)


def exchange(
    venue: VenueRules | None = None, knobs: Knobs | None = None, **fields: object
) -> Exchange:
    """Open with marks 100,000 and 2,000 and three accounts of 10,000."""
    made = Exchange(venue, knobs, first_oid=100, now=NOW)
    made.list_market(rules(BTC, 5, (0, 40), (150_000_000, 20), **fields), D(100_000))
    made.list_market(rules(ETH, 4, (0, 25), (100_000_000, 15), **fields), D(2_000))
    for name in ("ann", "bob", "cat"):
        made.open_account(name)
        made.deposit(name, D(10_000), NOW)
    return made


def eth_book(made: Exchange, bids: str = "1999*5 1998*5", asks: str = "2001*5 2002*5") -> None:
    """Set the outside book of ETH from "price*size" words."""
    made.set_book(ETH, _levels(bids), _levels(asks), NOW)


def _levels(text: str) -> list[tuple[D, D]]:
    return [(D(price), D(size)) for price, size in (word.split("*") for word in text.split())]


def eth(side: Side, price: str, size: str, **fields: object) -> OrderRequest:
    return msgspec.structs.replace(OrderRequest(ETH, side, D(price), D(size)), **fields)


def stop(side: Side, trigger: str, price: str, size: str, **fields: object) -> OrderRequest:
    return _triggered(TriggerKind.STOP, side, trigger, price, size, **fields)


def profit(side: Side, trigger: str, price: str, size: str, **fields: object) -> OrderRequest:
    return _triggered(TriggerKind.TAKE_PROFIT, side, trigger, price, size, **fields)


def _triggered(
    kind: TriggerKind,
    side: Side,
    trigger: str,
    price: str,
    size: str,
    *,
    is_market: bool = True,
    **fields: object,
) -> OrderRequest:
    request = eth(side, price, size, **fields)
    return msgspec.structs.replace(request, trigger=Trigger(kind, D(trigger), is_market))


def mark_eth(made: Exchange, mark: str) -> list[Event]:
    return made.set_mark(ETH, D(mark), D(mark), NOW)


def statuses(events: Iterable[Event]) -> list[tuple[int, Status]]:
    """Give id and status of each order change, in order."""
    return [(x.order.oid, x.status) for x in events if isinstance(x, OrderChanged)]


def fills(events: Iterable[Event]) -> list[Fill]:
    return [x for x in events if isinstance(x, Fill)]


def position(made: Exchange, account: str, asset: int = ETH) -> D:
    held = made.account(account).positions.get(asset)
    return held.size if held else D(0)
