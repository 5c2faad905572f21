"""Orders against the book: a taker's walk through it, and what the outside does to resting orders.

Price-time priority, margin of the resting side asked again at the match, an own resting order met
is canceled without a print (Hyperliquid 5.4). Consequences are left to settling.py.
"""

from decimal import Decimal

from simulator.exchange.events import LiquidationMark
from simulator.exchange.margin import affords
from simulator.exchange.model import ZERO, Order, Side, Status, Tif
from simulator.exchange.state import State, Trade

_ONCE_OPEN = {
    Status.MARGIN_REJECTED: Status.MARGIN_CANCELED,
    Status.REDUCE_ONLY_REJECTED: Status.REDUCE_ONLY_CANCELED,
    Status.SELF_TRADE_REJECTED: Status.SELF_TRADE_CANCELED,
}
"""What ends an order that was open already, in place of the reject class."""
_UNMATCHED = {
    Tif.IOC: Status.IOC_REJECTED,
    Tif.FOK: Status.FOK_REJECTED,
    Tif.MARKET: Status.NO_LIQUIDITY_REJECTED,
    Tif.LIQUIDATION: Status.NO_LIQUIDITY_REJECTED,
}


def execute(state: State, order: Order, liquidation: LiquidationMark | None = None) -> None:
    """Match an order as far as the book goes; then it rests or ends."""
    stopped = book_refusal(state, order) or _match(state, order, liquidation)
    if not order.remaining:
        state.finish(order, Status.FILLED)
    elif stopped:
        end(state, order, stopped)
    elif order.tif.rests:
        _rest(state, order)
    elif order.filled:
        state.finish(order, state.knobs.partial_ioc_status)
    else:
        end(state, order, _UNMATCHED[order.tif])


def end(state: State, order: Order, refused: Status) -> None:
    """End an order for a reason that rejects a new one and cancels an open one."""
    was_open = order.status is not Status.NEW
    state.finish(order, _ONCE_OPEN.get(refused, refused) if was_open else refused)


def fillable(state: State, order: Order) -> Decimal:
    """Return how much of an order may fill now: a reduce-only one only to a flat position."""
    if not state.only_reduces(order):
        return order.remaining
    size = state.position_of(order).size
    return min(order.remaining, abs(size)) if size * order.side.value < 0 else ZERO


def cross_book(state: State, asset: int) -> None:
    """Fill the resting orders that a new outside book crosses, at their own prices."""
    book = state.markets[asset].book
    for side in Side:
        for entry in book.entries(side):
            while entry.order.remaining and (size := book.crossed_outside(entry)):
                traded = _fill_resting(state, entry.order, size)
                if not traded:
                    break
                book.take_outside(side.opposite, traded)


def print_trade(state: State, asset: int, price: Decimal, size: Decimal, aggressor: Side) -> None:
    """Let an outside trade fill the resting orders it reached, at most its own size in all.

    Orders at a better price than the print come first; at the print's price the outside size
    before them does.
    """
    book, side = state.markets[asset].book, aggressor.opposite
    for entry in book.entries(side):
        if not aggressor.passes(entry.price, price):
            break
        if entry.price == price:
            queue = min(entry.ahead, size)
            book.pass_queue(side, price, queue)
            size -= queue
        if not size:
            break
        size -= _fill_resting(state, entry.order, size)


def book_refusal(state: State, order: Order) -> Status | None:
    """Return why the book as it stands refuses an order whole, or None."""
    book, price = state.markets[order.asset].book, order.request.price
    if order.tif is Tif.ALO and book.next_offer(order.side, price):
        return Status.POST_ONLY_REJECTED
    if order.tif is Tif.FOK and book.depth(order.side, price, order.account) < order.remaining:
        return Status.FOK_REJECTED
    return None


def _match(state: State, taker: Order, liquidation: LiquidationMark | None) -> Status | None:
    """Fill from the book; return what stopped it while there was still something in reach."""
    book = state.markets[taker.asset].book
    limit = None if taker.tif is Tif.LIQUIDATION else taker.request.price
    while taker.remaining and (offer := book.next_offer(taker.side, limit)):
        maker = offer.order
        if maker and maker.account == taker.account:
            if state.venue.self_trade_rejects_taker:
                return Status.SELF_TRADE_REJECTED
            state.finish(maker, Status.SELF_TRADE_CANCELED)
            continue
        size = min(offer.size, fillable(state, taker))
        if not size:
            return Status.REDUCE_ONLY_REJECTED
        if maker and not (size := _ready(state, maker, size)):
            continue
        if not _can_pay(state, taker, offer.price, size, crossed=True):
            return Status.MARGIN_REJECTED
        state.open(taker)
        if maker is None:
            book.take_outside(taker.side.opposite, size)
        state.trade(taker, maker, Trade(state.new_id(), offer.price, size, liquidation))
    return None


def _rest(state: State, order: Order) -> None:
    """Put what is left into the book, unless it is a reduction of nothing any more."""
    if not fillable(state, order):
        end(state, order, Status.REDUCE_ONLY_REJECTED)
        return
    state.open(order)
    state.markets[order.asset].book.rest(order)
    if order.filled and state.knobs.partial_fill_reports_open:
        state.report(order, Status.OPEN)


def _fill_resting(state: State, order: Order, size: Decimal) -> Decimal:
    """Fill a resting order from the outside and return how much; 0 says that it was canceled."""
    size = _ready(state, order, size)
    if size:
        state.trade(None, order, Trade(state.new_id(), order.request.price, size))
    return size


def _ready(state: State, maker: Order, size: Decimal) -> Decimal:
    """Return how much a resting order can trade; 0 says that it was canceled instead."""
    size = min(size, fillable(state, maker))
    if not size:
        state.finish(maker, Status.REDUCE_ONLY_CANCELED)
    elif not _can_pay(state, maker, maker.request.price, size, crossed=False):
        state.finish(maker, Status.MARGIN_CANCELED)
        return ZERO
    return size


def _can_pay(state: State, order: Order, price: Decimal, size: Decimal, *, crossed: bool) -> bool:
    account, position = state.accounts[order.account], state.position_of(order)
    fee, _ = state.fee(order, price * size, crossed=crossed)
    return affords(account, state.markets, position, order.side.value * size, price, fee)
