"""Each control refuses past its limit, with code, scope and numbers, and not before it."""

from decimal import Decimal

import pytest

from risk.controls import CONTROLS, first_refusal
from risk.limits import Bounds, Limits, Scope, bounds_of
from risk.picture import Picture
from risk.refusals import Reason, Refusal
from tests.risk.given import CALM, bounds, picture, with_totals

D = Decimal
CENT = D("0.01")


@pytest.mark.parametrize("control", CONTROLS)
def test_without_limits_nothing_is_refused(control: object) -> None:
    wild = picture(size=D("1e9"), mark=None, equity=None, data_age_secs=None)
    assert callable(control)
    assert control(wild, bounds()) is None


@pytest.mark.parametrize(
    ("reason", "limits", "at", "past", "found"),
    [
        (
            Reason.STALE_DATA,
            {"data_age_secs_max": D(5)},
            picture(data_age_secs=D(5)),
            picture(data_age_secs=D("5.5")),
            D("5.5"),
        ),
        (
            Reason.ORDER_SIZE,
            {"order_size_max": D(2)},
            picture(size=D(2)),
            picture(size=D(2) + CENT),
            D("2.01"),
        ),
        (
            Reason.ORDER_NOTIONAL,
            {"order_notional_max": D(100)},
            picture(),
            picture(size=D("1.01")),
            D(101),
        ),
        (
            Reason.PRICE_COLLAR,
            {"price_collar_percent": D(10)},
            picture(price=D(110)),
            picture(price=D(111)),
            D(11),
        ),
        (
            Reason.PRICE_COLLAR,
            {"price_collar_percent": D(10)},
            picture(is_buy=False, price=D(90)),
            picture(is_buy=False, price=D(89)),
            D(11),
        ),
        (
            Reason.POSITION_SIZE,
            {"position_size_max": D(3)},
            picture(position_after=D(-3)),
            picture(position_after=D("-3.5")),
            D("3.5"),
        ),
        (
            Reason.POSITION_NOTIONAL,
            {"position_notional_max": D(300)},
            picture(position_after=D(3)),
            picture(position_after=D(4)),
            D(400),
        ),
        (
            Reason.LEVERAGE,
            {"leverage_max": D(2)},
            picture(venue_gross=D(2000)),
            picture(venue_gross=D(2500)),
            D("2.5"),
        ),
        (
            Reason.GROSS_NOTIONAL,
            {"gross_notional_max": D(500)},
            with_totals(Scope.DESK, gross=D(500)),
            with_totals(Scope.DESK, gross=D(501)),
            D(501),
        ),
        (
            Reason.OPEN_ORDERS,
            {"open_orders_max": 3},
            with_totals(Scope.DESK, open_orders=2),
            with_totals(Scope.DESK, open_orders=3),
            D(4),
        ),
        (
            Reason.ORDER_RATE,
            {"orders_per_minute_max": 3},
            with_totals(Scope.DESK, recent_orders=2),
            with_totals(Scope.DESK, recent_orders=3),
            D(4),
        ),
    ],
)
def test_a_limit_holds_at_its_value_and_no_further(
    reason: Reason, limits: dict[str, object], at: Picture, past: Picture, found: Decimal
) -> None:
    given = bounds(**limits)
    (limit,) = limits.values()

    assert first_refusal(at, given) is None
    refusal = first_refusal(past, given)

    assert refusal is not None
    assert (refusal.reason, refusal.scope) == (reason, Scope.DESK)
    assert (refusal.limit, refusal.found) == (Decimal(str(limit)), found)


@pytest.mark.parametrize(
    "limits",
    [
        {"order_notional_max": D(1)},
        {"price_collar_percent": D(1)},
        {"position_notional_max": D(1)},
        {"leverage_max": D(1)},
        {"gross_notional_max": D(1)},
        {"data_age_secs_max": D(1)},
    ],
)
def test_what_cannot_be_valued_is_refused(limits: dict[str, Decimal]) -> None:
    refusal = first_refusal(picture(mark=None, data_age_secs=None), bounds(**limits))
    assert refusal is not None
    assert refusal.reason is Reason.NO_PRICE


@pytest.mark.parametrize("equity", [None, D(0), D(-5)])
def test_without_equity_there_is_no_leverage(equity: Decimal | None) -> None:
    refusal = first_refusal(picture(equity=equity), bounds(leverage_max=D(5)))
    assert refusal is not None
    assert (refusal.reason, refusal.found) == (Reason.NO_EQUITY, equity)


def test_a_price_that_waits_longer_is_within_every_collar() -> None:
    collar = bounds(price_collar_percent=D(1))
    assert first_refusal(picture(price=D(1)), collar) is None
    assert first_refusal(picture(is_buy=False, price=D(900)), collar) is None


def test_a_trigger_is_no_limit_and_has_no_collar() -> None:
    stop = picture(price=D(150), is_limit=False)
    assert first_refusal(stop, bounds(price_collar_percent=D(1))) is None


def test_an_order_is_valued_at_the_higher_of_mark_and_price() -> None:
    assert picture(price=D(80)).notional == 100
    assert picture(price=D(120)).notional == 120
    assert picture(price=None).notional == 100
    assert picture(price=None, multiplier=D(3)).notional == 300


def test_what_adds_no_exposure_is_not_refused_for_exposure_that_is_there() -> None:
    given = bounds(leverage_max=D(1), gross_notional_max=D(1))
    assert first_refusal(picture(venue_gross=D(10_000)), given) is not None
    assert first_refusal(picture(venue_gross=D(10_000), adds_exposure=False), given) is None


def test_the_strictest_scope_is_named() -> None:
    limits = {
        Scope.DESK: Limits(order_size_max=D(9)),
        Scope.VENUE: Limits(),
        Scope.STRATEGY: Limits(order_size_max=D(2)),
        Scope.INSTRUMENT: Limits(order_size_max=D(5)),
    }
    refusal = first_refusal(picture(size=D(3)), bounds_of(limits))
    assert refusal == Refusal(
        reason=Reason.ORDER_SIZE,
        words="Expected at most 2 base units an order (strategy), was 3",
        scope=Scope.STRATEGY,
        limit=D(2),
        found=D(3),
    )
    assert str(refusal).startswith("RISK_ORDER_SIZE: Expected at most 2 ")


def test_each_scope_is_measured_by_its_own_total() -> None:
    limits = {
        Scope.DESK: Limits(gross_notional_max=D(1000)),
        Scope.STRATEGY: Limits(gross_notional_max=D(200)),
    }
    given: Bounds = bounds_of(limits)
    assert first_refusal(with_totals(Scope.DESK, gross=D(900)), given) is None
    refusal = first_refusal(with_totals(Scope.STRATEGY, gross=D(300)), given)
    assert refusal is not None
    assert (refusal.scope, refusal.found) == (Scope.STRATEGY, D(300))


def test_numbers_are_written_for_people() -> None:
    third = picture(venue_gross=CALM.equity and CALM.equity * D(10) / D(3))
    refusal = first_refusal(third, bounds(leverage_max=D("2.50")))
    assert refusal is not None
    assert refusal.words == (
        "Expected at most 2.5 times the equity of 1000 (desk), was 3.33333333333"
    )
