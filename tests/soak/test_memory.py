"""Growth is the slope of the longest life, without its first minutes."""

from tests.soak.memory import SETTLED_SECS, Sample, growth


def sample(life: int, age_secs: float, rss_mb: float, orders: int = 0) -> Sample:
    return Sample(age_secs + 100 * life, life, age_secs, rss_mb, 20, 50, 55, orders)


def test_a_life_is_measured_after_its_first_minutes() -> None:
    first = [sample(1, 10.0 * i, 900) for i in range(5)]
    warming = [sample(2, 10.0 * i, 300 + i) for i in range(30)]
    ages = [SETTLED_SECS + 10 * i for i in range(60)]
    settled = [sample(2, age, 400 + age / 360, orders=int(age)) for age in ages]
    found = growth([*first, *warming, *settled])
    assert found is not None
    assert (found.life, found.start_mb, found.mb_per_hour) == (2, 300, 10.0)
    assert found.kb_per_order == round(1024 / 360, 2)


def test_a_short_life_has_no_slope() -> None:
    found = growth([sample(1, 10.0 * i, 300 + i) for i in range(20)])
    assert found is not None
    assert (found.mb_per_hour, found.settled_mb, found.end_mb) == (None, None, 319)
    assert growth([]) is None
