"""Fresh and stale: the nonces of one signer, and times written by one of two clocks."""

import pytest

from simulator.hyperliquid_nonces import NONCES_MAX, Nonces
from simulator.moments import DAY_MS, Moment

NOW = 1_757_015_940_000
VENUE = Moment(NOW)


@pytest.mark.parametrize(
    ("nonce", "words"),
    [
        (NOW, None),
        (NOW - 2 * DAY_MS + 1, None),
        (NOW - 2 * DAY_MS, "Invalid nonce"),
        (NOW + DAY_MS - 1, None),
        (NOW + DAY_MS, "Invalid nonce"),
        (0, "Invalid nonce"),
    ],
)
def test_a_nonce_is_near_the_time(nonce: int, words: str | None) -> None:
    said = Nonces().use(nonce, VENUE)

    assert said == words or (words and said and said.startswith(words))


def test_a_nonce_is_taken_once_and_in_any_order() -> None:
    nonces = Nonces()

    assert [nonces.use(NOW + step, VENUE) for step in (977, 978, 976)] == [None] * 3
    assert nonces.use(NOW + 977, VENUE) == f"Invalid nonce: duplicate nonce {NOW + 977}"


def test_the_100_highest_nonces_are_remembered() -> None:
    nonces = Nonces()
    for step in range(NONCES_MAX - 1):
        assert nonces.use(NOW + step, VENUE) is None
    assert nonces.use(NOW - 1, VENUE) is None  # only 99 were stored

    assert nonces.use(NOW - 2, VENUE) == f"Invalid nonce: nonce too low {NOW - 2} < {NOW - 1}"
    assert nonces.use(NOW + 1_000, VENUE) is None
    assert nonces.use(NOW - 1, VENUE) == f"Invalid nonce: nonce too low {NOW - 1} < {NOW}"
    assert nonces.use(NOW, VENUE) == f"Invalid nonce: duplicate nonce {NOW}"


def test_a_refused_nonce_is_not_used_up() -> None:
    nonces = Nonces()
    nonces.use(NOW - 3 * DAY_MS, VENUE)

    assert nonces.use(NOW - 3 * DAY_MS, Moment(NOW - 3 * DAY_MS)) is None


@pytest.mark.parametrize("written", [NOW, NOW + 400 * DAY_MS])
def test_a_nonce_of_either_clock_is_taken(written: int) -> None:
    assert Nonces().use(written, Moment(NOW, NOW + 400 * DAY_MS, 60)) is None


@pytest.mark.parametrize(
    ("moment", "written", "meant"),
    [
        (Moment(NOW), NOW + 5_000, NOW + 5_000),
        (Moment(NOW, NOW + 900), NOW + 5_000, NOW + 5_000),  # one clock, read twice
        (Moment(NOW + 6_000_000, NOW, 60), NOW + 5_000, NOW + 6_300_000),  # compressed
        (Moment(NOW + 6_000_000, NOW, 60), NOW - 1_000, NOW + 5_940_000),
        (Moment(NOW, NOW + 400 * DAY_MS), NOW + 400 * DAY_MS + 7, NOW + 7),  # a replay
        (Moment(NOW, NOW + 400 * DAY_MS), NOW + 7, NOW + 7),
        (Moment(NOW + 50 * DAY_MS, NOW, 60), NOW + 51 * DAY_MS, NOW + 51 * DAY_MS),
    ],
)
def test_a_time_is_taken_by_the_clock_it_was_written_by(
    moment: Moment, written: int, meant: int
) -> None:
    assert moment.venue_time(written) == meant
    assert moment.is_past(written) == (meant < moment.now_ms)
