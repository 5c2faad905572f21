"""A bench that counts orders must end when one is lost, doubled or nobody's."""

import pytest

from tests.bench.losses import Losses, LostOrDoubled


def test_every_order_once_in_any_order_is_well() -> None:
    Losses.of(["a", "b", "c"], ["c", "a", "b"]).check("three orders")


@pytest.mark.parametrize(
    ("came", "words"),
    [
        (["a", "b"], r"1 lost \(c\)"),
        ([], r"3 lost \(a, b, c\)"),
        (["a", "b", "b", "c"], r"1 doubled \(b\)"),
        (["a", "b", "c", "d"], r"1 that nobody wanted \(d\)"),
        (["a", "b", "c", None], r"1 that nobody wanted \(None\)"),
        (["a", "b", "b", "d"], r"1 lost \(c\), 1 doubled \(b\), 1 that nobody wanted \(d\)"),
    ],
)
def test_what_is_not_so_ends_the_run_with_names(came: list[str | None], words: str) -> None:
    with pytest.raises(LostOrDoubled, match=words):
        Losses.of(["a", "b", "c"], came).check("three orders")
