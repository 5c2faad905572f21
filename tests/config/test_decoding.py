"""Refusals of any struct, with the type features that strategies use for their parameters."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from config.decoding import convert
from config.errors import MismatchError, ProfileError

PERIOD_MIN = 2


class Side(StrEnum):
    LONG = "long"
    SHORT = "short"


class Percent(msgspec.Struct, tag_field="kind", tag="percent", forbid_unknown_fields=True):
    percent: Decimal


class Atr(msgspec.Struct, tag_field="kind", tag="atr", forbid_unknown_fields=True):
    multiple: Decimal
    period: Annotated[int, Meta(ge=PERIOD_MIN)] = 14


class Pair:
    """A foreign type, read through the hook."""

    def __init__(self, text: str) -> None:
        self.base, self.quote = text.split("-")


class Nested(msgspec.Struct, forbid_unknown_fields=True):
    sizes: dict[str, dict[str, Decimal]] = {}
    range_: Annotated[tuple[int, float], Meta(description="two numbers")] = (0, 1.0)


class Parameters(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    pair: Pair
    period: Annotated[int, Meta(ge=PERIOD_MIN)] = 14
    side: Side = Side.LONG
    stop: Percent | Atr | None = None
    trail: Percent | None = None
    names: list[str] | None = None
    size: int | str = 1
    nested: Nested | None = None
    low_level: float = 30.0
    high: Annotated[float, Meta(gt=0, lt=100)] = 70.0
    extra: Any = None

    def __post_init__(self) -> None:
        if self.low_level >= self.high:
            raise MismatchError("a level below 'high'", "low-level")
        if self.high == 99:
            raise ValueError("Expected anything but 99, was 99")


def read_pair(type_: type[Any], value: Any) -> object:  # noqa: ANN401
    if type_ is Pair:
        return Pair(value)
    raise NotImplementedError


def refusal(**parameters: object) -> ProfileError:
    raw = {"pair": "BTC-USD"} | {key.replace("_", "-"): v for key, v in parameters.items()}
    with pytest.raises(ProfileError) as caught:
        convert(raw, Parameters, file="a.toml", at="strategies[0].parameters", dec_hook=read_pair)
    assert caught.value.file == "a.toml"
    return caught.value


@pytest.mark.parametrize(
    ("parameters", "key", "expected", "found"),
    [
        ({"period": 1}, ".period", "an integer >= 2", "1"),
        ({"side": "up"}, ".side", "one of 'long', 'short'", "'up'"),
        ({"stop": 1}, ".stop", "a table", "1"),
        ({"stop": {}}, ".stop.kind", "one of 'percent', 'atr'", "nothing"),
        ({"stop": {"kind": "pct"}}, ".stop.kind", "one of 'percent', 'atr'", "'pct'"),
        ({"stop": {"kind": 1}}, ".stop.kind", "one of 'percent', 'atr'", "1"),
        ({"stop": {"kind": "atr"}}, ".stop.multiple", "a decimal number", "nothing"),
        (
            {"stop": {"kind": "atr", "multiple": "1", "period": 1}},
            ".stop.period",
            "an integer >= 2",
            "1",
        ),
        (
            {"stop": {"kind": "atr", "multiple": "1", "perod": 1}},
            ".stop.perod",
            "a known key (did you mean 'period'?)",
            "'perod'",
        ),
        ({"trail": {"kind": "atr"}}, ".trail.kind", "one of 'percent'", "'atr'"),
        ({"trail": {}}, ".trail.percent", "a decimal number", "nothing"),
        ({"trail": {"percent": []}}, ".trail.percent", "a decimal number", "an empty list"),
        ({"names": "a"}, ".names", "a list", "'a'"),
        ({"names": ["a", 2]}, ".names[1]", "a string", "2"),
        ({"size": 1.5}, ".size", "an integer or a string", "1.5"),
        ({"high": 100}, ".high", "a number > 0 and < 100", "100"),
        (
            {"nested": {"sizes": {"a": {"x": "1"}, "b": {"x": "1", "y z": "many"}}}},
            '.nested.sizes.b."y z"',
            "a decimal number",
            "'many'",
        ),
        ({"nested": {"sizes": {"a": 1}}}, ".nested.sizes.a", "a table", "1"),
        ({"nested": {"range_": [1]}}, ".nested.range_", "two numbers", "a list"),
        ({"nested": {"range_": [1, "2"]}}, ".nested.range_[1]", "a number", "'2'"),
        ({"low_level": 70}, ".low-level", "a level below 'high'", "70"),
        ({"high": 5.0}, ".low-level", "a level below 'high'", "nothing"),
        ({"high": 99}, "", "Expected anything but 99, was 99", None),
        ({"pair": "BTC"}, ".pair", "not enough values to unpack (expected 2, got 1)", None),
        ({"period": "x" * 80}, ".period", "an integer >= 2", f"'{'x' * 59}..."),
    ],
)
def test_refusal_names_key_expectation_and_finding(
    parameters: dict[str, object], key: str, expected: str, found: str | None
) -> None:
    error = refusal(**parameters)
    assert error.key == f"strategies[0].parameters{key}"
    assert error.expected == expected
    assert error.found == found


def test_words_of_a_foreign_check_stand_alone() -> None:
    assert str(refusal(high=99)) == (
        "a.toml: strategies[0].parameters: Expected anything but 99, was 99"
    )


def test_refusal_reads_as_one_line() -> None:
    assert str(refusal(period=1)) == (
        "a.toml: strategies[0].parameters.period: expected an integer >= 2, found 1"
    )


@pytest.mark.parametrize("raw", [[], "text", 1, None])
def test_what_is_no_table_at_all_is_refused(raw: object) -> None:
    with pytest.raises(ProfileError) as caught:
        convert(raw, Parameters, file="a.toml", dec_hook=read_pair)
    assert (caught.value.key, caught.value.expected) == ("", "a table")


def test_right_parameters_are_decoded() -> None:
    stop = {"kind": "atr", "multiple": 2.5}
    raw = {"pair": "BTC-USD", "stop": stop, "side": "short", "low-level": 20}
    parameters = convert(raw, Parameters, file="a.toml", dec_hook=read_pair)
    assert parameters.pair.quote == "USD"
    assert parameters.stop == Atr(multiple=Decimal("2.5"))
    assert parameters.side is Side.SHORT
