"""What the rule asks for at each crossing."""

import pytest

from strategies.rsi_decision import Intent, RsiRule, Side

LONG, SHORT, FLAT = Intent.LONG, Intent.SHORT, Intent.FLAT


@pytest.mark.parametrize(
    ("side", "held", "before", "after", "wanted"),
    [
        (Side.LONG, FLAT, 29, 31, LONG),
        (Side.LONG, LONG, 29, 31, None),
        (Side.LONG, LONG, 69, 71, FLAT),
        (Side.LONG, FLAT, 69, 71, None),
        (Side.LONG, FLAT, 71, 69, None),
        (Side.LONG, FLAT, 31, 29, None),
        (Side.LONG, FLAT, 30, 30, None),
        (Side.LONG, FLAT, 25, 75, None),
        (Side.LONG, LONG, 25, 75, FLAT),
        (Side.SHORT, FLAT, 71, 69, SHORT),
        (Side.SHORT, SHORT, 71, 69, None),
        (Side.SHORT, SHORT, 31, 29, FLAT),
        (Side.SHORT, FLAT, 31, 29, None),
        (Side.SHORT, FLAT, 29, 31, None),
        (Side.SHORT, FLAT, 75, 25, None),
        (Side.SHORT, SHORT, 75, 25, FLAT),
        (Side.BOTH, FLAT, 29, 31, LONG),
        (Side.BOTH, SHORT, 29, 31, LONG),
        (Side.BOTH, LONG, 29, 31, None),
        (Side.BOTH, LONG, 71, 69, SHORT),
        (Side.BOTH, LONG, 69, 71, None),
        (Side.BOTH, SHORT, 31, 29, None),
    ],
)
def test_crossings(
    side: Side, held: Intent, before: float, after: float, wanted: Intent | None
) -> None:
    rule = RsiRule(30, 70, side)
    rule.observe(before)
    assert rule.decide(after, held) is wanted


def test_the_first_value_decides_nothing() -> None:
    assert RsiRule(30, 70, Side.BOTH).decide(31, FLAT) is None


@pytest.mark.parametrize(("oversold", "overbought"), [(70, 30), (50, 50), (0, 70), (30, 100)])
def test_impossible_levels_are_refused(oversold: float, overbought: float) -> None:
    with pytest.raises(ValueError, match=f"was oversold {oversold} and overbought {overbought}"):
        RsiRule(oversold, overbought, Side.LONG)
