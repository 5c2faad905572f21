"""The pre-trade controls: each looks at one order and returns None, or why it is refused.

They are asked only about orders that may open something: what can only reduce always passes.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from risk.limits import Bound, Bounds
from risk.picture import Picture
from risk.refusals import Reason, Refusal, plain

WHOLE = Decimal(100)
"""One hundred percent."""

type Control = Callable[[Picture, Bounds], Refusal | None]


def first_refusal(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Return what the first control that objects says; None if none does."""
    refusals = (control(picture, bounds) for control in CONTROLS)
    return next((refusal for refusal in refusals if refusal is not None), None)


def check_price_known(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse what cannot be valued, where any limit is on a value, a price or its age."""
    wanted = (
        bounds.order_notional,
        bounds.price_collar,
        bounds.position_notional,
        bounds.leverage,
        bounds.data_age,
        *bounds.gross,
    )
    if picture.mark is not None or not any(wanted):
        return None
    return Refusal(reason=Reason.NO_PRICE, words="Expected a mark or a quote, found none")


def check_data_age(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse to trade on a price that is too old."""
    age = picture.data_age_secs
    if age is None:
        return None
    return _over(Reason.STALE_DATA, bounds.data_age, age, "s since the last price")


def check_order_size(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse an order of too many base units."""
    return _over(Reason.ORDER_SIZE, bounds.order_size, picture.size, "base units an order")


def check_order_notional(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse an order that is worth too much."""
    return _over(Reason.ORDER_NOTIONAL, bounds.order_notional, picture.notional, "in value")


def check_price_collar(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse to buy far above the mark, or to sell far below; the other side only waits longer."""
    if not picture.is_limit or picture.price is None or not picture.mark:
        return None
    gap = picture.price - picture.mark if picture.is_buy else picture.mark - picture.price
    percent = gap / picture.mark * WHOLE
    words = f"% off the mark of {plain(picture.mark)}"
    return _over(Reason.PRICE_COLLAR, bounds.price_collar, percent, words)


def check_position_size(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse what may lead to a position of too many base units."""
    size = abs(picture.position_after)
    return _over(Reason.POSITION_SIZE, bounds.position_size, size, "base units of position")


def check_position_notional(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse what may lead to a position that is worth too much."""
    value = picture.position_notional
    return _over(Reason.POSITION_NOTIONAL, bounds.position_notional, value, "of position value")


def check_leverage(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse more exposure at the venue than the equity there may carry."""
    if bounds.leverage is None or not picture.adds_exposure:
        return None
    equity = picture.equity
    if equity is None or equity <= 0:
        found = "none" if equity is None else plain(equity)
        words = f"Expected equity to measure leverage by, found {found}"
        return Refusal(reason=Reason.NO_EQUITY, words=words, found=equity)
    words = f"times the equity of {plain(equity)}"
    return _over(Reason.LEVERAGE, bounds.leverage, picture.venue_gross / equity, words)


def check_gross(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse what may lead to more exposure than any scope allows."""
    if not picture.adds_exposure:
        return None
    return _any_over(
        Reason.GROSS_NOTIONAL,
        bounds.gross,
        lambda bound: picture.totals[bound.scope].gross,
        "of gross exposure",
    )


def check_open_orders(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse one more open order than any scope allows."""
    return _any_over(
        Reason.OPEN_ORDERS,
        bounds.open_orders,
        lambda bound: Decimal(picture.totals[bound.scope].open_orders + 1),
        "open orders",
    )


def check_rate(picture: Picture, bounds: Bounds) -> Refusal | None:
    """Refuse one more order in a minute than any scope allows."""
    return _any_over(
        Reason.ORDER_RATE,
        bounds.rate,
        lambda bound: Decimal(picture.totals[bound.scope].recent_orders + 1),
        "orders in 60 s",
    )


CONTROLS: tuple[Control, ...] = (
    check_price_known,
    check_data_age,
    check_order_size,
    check_order_notional,
    check_price_collar,
    check_position_size,
    check_position_notional,
    check_leverage,
    check_gross,
    check_open_orders,
    check_rate,
)
"""In the order in which they are asked: what is wrong with the order itself comes first."""


def _any_over(
    reason: Reason, bounds: Iterable[Bound], measure: Callable[[Bound], Decimal], unit: str
) -> Refusal | None:
    refusals = (_over(reason, bound, measure(bound), unit) for bound in bounds)
    return next((refusal for refusal in refusals if refusal is not None), None)


def _over(reason: Reason, bound: Bound | None, found: Decimal, unit: str) -> Refusal | None:
    if bound is None or found <= bound.value:
        return None
    words = f"Expected at most {plain(bound.value)} {unit} ({bound.scope}), was {plain(found)}"
    return Refusal(reason=reason, words=words, scope=bound.scope, limit=bound.value, found=found)
