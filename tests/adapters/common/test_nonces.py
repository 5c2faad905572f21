from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.common.nonces import NonceSource


def test_a_nonce_is_the_clock_when_time_has_passed() -> None:
    nonces = NonceSource()
    assert nonces.next(1_700_000_000_000) == 1_700_000_000_000
    assert nonces.next(1_700_000_000_005) == 1_700_000_000_005
    assert nonces.last == 1_700_000_000_005


def test_race_11_two_actions_in_one_millisecond_get_different_nonces() -> None:
    nonces = NonceSource()
    assert [nonces.next(1_000) for _ in range(3)] == [1_000, 1_001, 1_002]


def test_nonces_go_on_above_the_last_one_of_an_earlier_run() -> None:
    assert NonceSource(last=5_000).next(1_000) == 5_001


@given(st.lists(st.integers(0, 2**41), min_size=2))
def test_nonces_rise_strictly_whatever_the_clock_does(clock: list[int]) -> None:
    nonces = NonceSource()
    handed_out = [nonces.next(now_ms) for now_ms in clock]
    assert all(before < after for before, after in pairwise(handed_out))
    assert all(nonce >= now_ms for nonce, now_ms in zip(handed_out, clock, strict=True))
