"""Pictures and limits for tests: one order that passes everything, to be changed in one place."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from risk.limits import Bounds, Limits, Scope, bounds_of
from risk.picture import Picture, Totals

CALM = Picture(
    is_buy=True,
    size=Decimal(1),
    price=Decimal(100),
    is_limit=True,
    mark=Decimal(100),
    data_age_secs=Decimal(1),
    multiplier=Decimal(1),
    position_after=Decimal(1),
    venue_gross=Decimal(100),
    adds_exposure=True,
    equity=Decimal(1000),
    totals={scope: Totals(gross=Decimal(100), open_orders=0, recent_orders=0) for scope in Scope},
)
"""Buys 1 at 100 where the mark is 100, from flat, with an equity of 1000."""


def picture(**changes: Any) -> Picture:  # noqa: ANN401 (those of Picture)
    return replace(CALM, **changes)


def with_totals(scope: Scope, **changes: Any) -> Picture:  # noqa: ANN401 (those of Totals)
    totals = dict(CALM.totals) | {scope: replace(CALM.totals[scope], **changes)}
    return replace(CALM, totals=totals)


def bounds(scope: Scope = Scope.DESK, **limits: Any) -> Bounds:  # noqa: ANN401 (those of Limits)
    return bounds_of({scope: Limits(**limits)})
