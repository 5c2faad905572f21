"""What a run was worth is kept in bounded memory, evenly, and nothing of its ends is lost."""

from decimal import Decimal
from itertools import pairwise

import pytest

from desk.equity_curve import EquityCurve, EquityPoint

MARKS_MAX = 100
ACCOUNTS = ("USDC", "USDT")


def curve_of(count: int) -> EquityCurve:
    """Return one that has taken so many marks of two accounts, each worth its number."""
    curve = EquityCurve(MARKS_MAX)
    for number in range(count):
        curve.add([EquityPoint(f"{number}", "V", name, Decimal(number)) for name in ACCOUNTS])
    return curve


def times(curve: EquityCurve) -> list[int]:
    return [int(mark[0].time) for mark in curve.marks()]


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101, 102, 150, 201, 401, 402, 10_000, 10_007])
def test_marks_stand_at_even_distances_from_the_first_to_the_last(count: int) -> None:
    found = times(curve_of(count))

    assert (found[0], found[-1]) == (0, count - 1)
    distances = {later - earlier for earlier, later in pairwise(found[:-1])}
    assert len(distances) <= 1
    assert min(count, MARKS_MAX // 2) <= len(found) <= MARKS_MAX + 1
    assert found == sorted(set(found))


def test_all_accounts_of_a_mark_stay_together() -> None:
    curve = curve_of(1_234)

    assert [point.currency for point in curve.points()] == [*ACCOUNTS] * len(curve.marks())
    assert {name: point.equity for (_, name), point in curve.first.items()} == dict.fromkeys(
        ACCOUNTS, 0
    )
    assert {name: point.equity for (_, name), point in curve.last.items()} == dict.fromkeys(
        ACCOUNTS, 1_233
    )


def test_who_asks_again_and_again_gets_each_kept_point_once_by_its_number() -> None:
    curve = EquityCurve(MARKS_MAX)
    taken: dict[int, EquityPoint] = {}
    since = 0
    for number in range(1_000):
        curve.add([EquityPoint(f"{number}", "V", name, Decimal(number)) for name in ACCOUNTS])
        if number % 7 == 0:
            new = dict(curve.numbered(since))
            assert not new.keys() & taken.keys()
            taken |= new
            since = max([since, *(place + 1 for place in new)])

    assert all(point.equity == place // 2 for place, point in taken.items())
    assert {point.time for point in curve.points()[:-2]} <= {point.time for point in taken.values()}


def test_before_there_is_an_account_there_is_nothing() -> None:
    curve = EquityCurve()
    assert curve.points() == []
    assert list(curve.numbered(0)) == []

    curve.add([])
    curve.add([EquityPoint("1", "V", "USDC", Decimal(1))])

    assert [point.time for point in curve.points()] == ["1"]
    assert [place for place, _ in curve.numbered(0)] == [0]
