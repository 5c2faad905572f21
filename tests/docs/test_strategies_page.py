"""docs/strategies.md says what the code does: parameters, ranges, sizes and stops."""

import re
from enum import Enum

import msgspec
import msgspec.inspect as mi
import pytest
from nautilus_trader.config import StrategyConfig

from config.words import expected
from desk.manager_parameters import _FIXED
from desk.strategies import STRATEGIES
from strategies.alert_strategy import AlertStrategyConfig
from strategies.hedge_strategy import HedgeStrategy, HedgeStrategyConfig
from strategies.protection import AmountDistance, AtrDistance, PercentDistance, PriceLevel
from strategies.rsi_strategy import RsiStrategyConfig
from strategies.sizing import FixedSize, NotionalSize, PercentSize
from strategies.wilder import PERIOD_MIN
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "strategies.md").read_text()
CONFIGS: dict[str, type[StrategyConfig]] = {
    "rsi": RsiStrategyConfig,
    "alert": AlertStrategyConfig,
    "hedge": HedgeStrategyConfig,
}
# Said elsewhere in a profile, so no parameter there.
ELSEWHERE = {"name", "cancel_orders_on_stop", "close_positions_on_stop"}
SIZES = (FixedSize, NotionalSize, PercentSize)
DISTANCES = (PercentDistance, AtrDistance, AmountDistance, PriceLevel)

type Kinds = tuple[type[msgspec.Struct], ...]


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = re.findall(r"^\| `.*\|$", section(title), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def fields_of(config: type[StrategyConfig]) -> dict[str, mi.Field]:
    node = mi.type_info(config)
    assert isinstance(node, mi.StructType)
    named = {field.name: field for field in node.fields}
    apart = ELSEWHERE | set(StrategyConfig.__struct_fields__)
    return {name: field for name, field in named.items() if name not in apart}


def test_every_strategy_is_told_and_no_other() -> None:
    assert re.findall(r"^## `(\w+)`$", PAGE, re.MULTILINE) == list(STRATEGIES) == list(CONFIGS)


@pytest.mark.parametrize("name", CONFIGS)
def test_every_parameter_is_told_with_its_range_and_default(name: str) -> None:
    fields = fields_of(CONFIGS[name])
    told = {row[0].strip("`"): row[1:4] for row in rows(f"`{name}`")}
    assert list(told) == list(fields)
    for key, (accepts, default, changes) in told.items():
        field = fields[key]
        assert default == _default(field), key
        can_change = key not in _FIXED and STRATEGIES[name] is not HedgeStrategy
        assert changes == ("yes" if can_change else "no"), key
        words = expected(field.type)
        assert accepts == words or words.startswith("a value for"), key


def test_what_has_no_reconfigure_cannot_change() -> None:
    can_change = {name: hasattr(STRATEGIES[name], "reconfigure") for name in STRATEGIES}
    assert can_change == {"rsi": True, "alert": True, "hedge": False}


@pytest.mark.parametrize(
    ("title", "types"), [("Sizing", SIZES), ("Stops and take-profits", DISTANCES)]
)
def test_every_kind_is_told_with_its_fields(title: str, types: Kinds) -> None:
    told = {row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in rows(title)}
    assert told == {str(each.__struct_config__.tag): list(each.__struct_fields__) for each in types}


def test_the_range_of_a_period_is_that_of_the_code() -> None:
    default = msgspec.structs.fields(AtrDistance)[1].default
    assert f"({default} unless said, at least {PERIOD_MIN}, less than `warmup_bars`)" in PAGE


def _default(field: mi.Field) -> str:
    if field.required:
        return "required"
    if field.default is None:
        return "none"
    value = field.default.value if isinstance(field.default, Enum) else field.default
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
