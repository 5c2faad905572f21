"""The parameters of the built-in profiles fit the strategies they name; wrong ones are refused."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.common.config import msgspec_decoding_hook
from nautilus_trader.config import StrategyConfig

from config.decoding import convert
from config.errors import ProfileError
from config.loading import BUILT_IN
from strategies.alert_strategy import AlertStrategyConfig
from strategies.rsi_strategy import RsiStrategyConfig

PROFILES = Path(__file__).resolve().parents[2] / "config" / "profiles"
TYPES: dict[str, type[StrategyConfig]] = {"rsi": RsiStrategyConfig, "alert": AlertStrategyConfig}


def decode(name: str, index: int, changes: dict[str, object]) -> StrategyConfig:
    """Return one strategy's parameters as a run would decode them, with some of them changed."""
    file = f"{name}.toml"
    strategy: dict[str, Any] = tomllib.loads((PROFILES / file).read_text())["strategies"][index]
    type_ = TYPES[strategy["strategy"]]
    named = {"name": strategy["id"]} if "name" in type_.__struct_fields__ else {}
    return convert(
        strategy["parameters"] | named | changes,
        type_,
        file=file,
        at=f"strategies[{index}].parameters",
        dec_hook=msgspec_decoding_hook,
    )


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_parameters_fit_their_strategies(name: str) -> None:
    assert isinstance(decode(name, 0, {}), RsiStrategyConfig)
    assert isinstance(decode(name, 1, {}), AlertStrategyConfig)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"period": 1}, ".period"),
        ({"period": 1_001}, ".period"),
        ({"oversold": 0}, ".oversold"),
        ({"period": "14"}, ".period"),
        ({"perod": 14}, ".perod"),
        ({"oversold": 70, "overbought": 30}, ""),
        ({"side": "up"}, ".side"),
        ({"instrument_id": "BTC"}, ".instrument_id"),
        ({"bar_type": "1-MINUTE"}, ".bar_type"),
        ({"sizing": {"kind": "fixed", "size": "-1"}}, ".sizing"),
        ({"sizing": {"kind": "all"}}, ".sizing.kind"),
        ({"sizing": {}}, ".sizing.kind"),
        ({"stop": {"kind": "percent"}}, ".stop.percent"),
        ({"warmup_bars": 5}, ""),
        ({"warmup_bars": 2}, ".warmup_bars"),
    ],
)
def test_impossible_rsi_parameters_are_refused_at_their_key(
    changes: dict[str, object], key: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        decode("demo", 0, changes)
    assert caught.value.key == f"strategies[0].parameters{key}"
