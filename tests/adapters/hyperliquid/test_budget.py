"""The address budget is the venue's count, and its end belongs to cancels and exits."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.hyperliquid.budget import AddressBudget

usdc = st.decimals(0, 10_000_000, places=6)


def budget_of(volume: str, used: int, cap: int, surplus: int = 0) -> AddressBudget:
    budget = AddressBudget()
    budget.read(volume=Decimal(volume), used=used, cap=cap, surplus=surplus)
    return budget


class VenueCount(RuleBasedStateMachine):
    """The venue's books beside ours: cap 10,000 + volume, bought requests are used up first."""

    @initialize(volume=usdc, used=st.integers(0, 20_000), bought=st.integers(0, 30_000))
    def begin(self, volume: Decimal, used: int, bought: int) -> None:
        self.volume, self.sent, self.bought = volume, used, bought
        self.budget = AddressBudget()
        self.read()

    @rule()
    def read(self) -> None:
        self.budget.read(
            volume=self.volume,
            used=max(0, self.sent - self.bought),
            cap=10_000 + int(self.volume),
            surplus=max(0, self.bought - self.sent),
        )

    @rule(count=st.integers(1, 1_000))
    def send(self, count: int) -> None:
        self.sent += count
        self.budget.spent(count)

    @rule(notional=usdc)
    def fill(self, notional: Decimal) -> None:
        self.volume += notional
        self.budget.traded(notional)

    @rule(count=st.integers(1, 1_000))
    def enter_while_allowed(self, count: int) -> None:
        if self.budget.refusal(count, reduces=False) is None:
            self.send(count)
            # However many entries went before, this much is left for what takes risk off.
            assert self.budget.remaining >= max(50, self.budget.cap // 50)

    @invariant()
    def counts_agree(self) -> None:
        cap = 10_000 + int(self.volume)
        assert self.budget.cap == cap
        assert self.budget.remaining == max(0, cap + self.bought - self.sent)
        for_cancels = min(cap + 100_000, 2 * cap) + self.bought - self.sent
        assert self.budget.remaining_for_cancels == max(0, for_cancels)
        assert self.budget.refusal(10**9, reduces=True) is None
        assert self.budget.refusal(10**12, reduces=False) is not None


TestVenueCount = VenueCount.TestCase


def test_an_account_without_a_reading_counts_as_new() -> None:
    budget = AddressBudget()
    assert (budget.cap, budget.remaining, budget.remaining_for_cancels) == (10_000, 10_000, 20_000)


def test_the_venues_own_example_of_an_account_above_its_cap() -> None:
    # The venue said: Too many cumulative requests sent (37986 > 10436) for ... traded $437.92.
    budget = budget_of("437.92", 37_986, 10_436)
    assert (budget.remaining, budget.remaining_for_cancels) == (0, 0)

    # It buys until it is below.
    bought = budget_of("437.92", 0, 10_436, surplus=12)
    assert bought.remaining == 10_448


@pytest.mark.parametrize(
    ("cap", "reserve"), [(10_000, 200), (2_500, 50), (100, 50), (10**6, 20_000)]
)
def test_entries_stop_at_the_reserve_and_exits_go_on(cap: int, reserve: int) -> None:
    budget = budget_of("0", 0, cap)
    budget.spent(budget.remaining - reserve - 5)

    assert budget.refusal(5, reduces=False) is None
    assert budget.refusal(6, reduces=False) is not None
    assert budget.refusal(6, reduces=True) is None


def test_a_refusal_names_the_numbers() -> None:
    budget = budget_of("1000.9", 10_900, 11_000)
    reason = budget.refusal(3, reduces=False)
    assert reason is not None
    assert re.findall(r"\d+", reason)[:5] == ["3", "220", "100", "10900", "11000"]


@given(st.lists(st.decimals(0, 2, places=6), max_size=50))
def test_small_fills_add_up_before_they_are_rounded(fills: list[Decimal]) -> None:
    budget = AddressBudget()
    for notional in fills:
        budget.traded(notional)
    assert budget.cap == 10_000 + int(sum(fills, Decimal(0)))
