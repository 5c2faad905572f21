"""The parameters of a strategy, for people: values, ranges, and which may change; it sets none."""

from typing import Any, Final

import msgspec
import msgspec.inspect as mi
from nautilus_trader.common.config import msgspec_encoding_hook
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.identifiers import StrategyId
from nautilus_trader.trading.strategy import Strategy

from config.errors import ProfileError
from config.settings import Profile
from config.words import expected
from desk.strategies import strategy_configs
from monitor.errors import MonitorError
from monitor.picture import ParameterPicture

# What it trades and how it is called cannot change under its orders and its subscriptions; what
# happens at a stop is the profile's `on_stop`.
_NAUTILUS: Final = frozenset(StrategyConfig.__struct_fields__)
_FIXED: Final = frozenset(
    {
        *("instrument_id", "bar_type", "name", "signal_client_id"),
        *("cancel_orders_on_stop", "close_positions_on_stop"),
    }
)


class Descriptions:
    """
    Descriptions of parameters, made once for each configuration.

    Types take milliseconds to read, and a picture is taken each second on the loop that trades.
    """

    def __init__(self) -> None:
        self._known: dict[StrategyId, tuple[StrategyConfig, tuple[ParameterPicture, ...]]] = {}

    def of(self, strategy: Strategy) -> tuple[ParameterPicture, ...]:
        """Return a strategy's own parameters, as `describe_parameters`."""
        known = self._known.get(strategy.id)
        if known is None or known[0] is not strategy.config:
            known = (strategy.config, describe_parameters(strategy))
            self._known[strategy.id] = known
        return known[1]


def describe_parameters(strategy: Strategy) -> tuple[ParameterPicture, ...]:
    """Return a strategy's own parameters, without those that every Nautilus strategy has."""
    config = strategy.config
    node = mi.type_info(type(config))
    if not isinstance(node, mi.StructType):
        return ()
    can_change = hasattr(strategy, "reconfigure")
    return tuple(
        ParameterPicture(
            name=field.name,
            value=_plain(getattr(config, field.name)),
            expected=expected(field.type),
            minimum=_limit(field.type, "ge", "gt"),
            maximum=_limit(field.type, "le", "lt"),
            can_change=can_change and field.name not in _FIXED,
        )
        for field in node.fields
        if field.name not in _NAUTILUS
    )


def changed_config(profile: Profile, strategy: str, changes: dict[str, Any]) -> StrategyConfig:
    """
    Return the configuration of a strategy of a profile with other parameters.

    Raises
    ------
    MonitorError
        422 for a parameter that is unknown, impossible, or cannot change while the desk runs.

    """
    fixed = changes.keys() & (_FIXED | _NAUTILUS)
    if fixed:
        name = min(fixed)
        words = f"{name}: expected a parameter that may change in a run, this one needs a new run"
        raise MonitorError(422, "fixed_parameter", words)
    strategies = tuple(
        msgspec.structs.replace(settings, parameters=settings.parameters | changes)
        if settings.id == strategy
        else settings
        for settings in profile.strategies
    )
    try:
        configs = strategy_configs(msgspec.structs.replace(profile, strategies=strategies))
    except ProfileError as e:
        key = e.key.partition(".parameters")[2].lstrip(".")
        words = e.expected if e.found is None else f"expected {e.expected}, found {e.found}"
        text = f"{key}: {words}" if key else words
        raise MonitorError(422, "bad_parameter", text) from e
    return next(config for _, config in configs if config.strategy_id == strategy)


def _plain(value: object) -> Any:  # noqa: ANN401  what JSON can hold
    return msgspec.to_builtins(value, enc_hook=_as_text)


def _as_text(value: object) -> object:
    try:
        return msgspec_encoding_hook(value)
    except TypeError:
        return str(value)


def _limit(node: mi.Type, *names: str) -> float | None:
    if isinstance(node, mi.Metadata):
        return _limit(node.type, *names)
    found = (getattr(node, name, None) for name in names)
    return next((limit for limit in found if limit is not None), None)
