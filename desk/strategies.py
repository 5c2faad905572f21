"""The strategies of a profile: from their names and parameters to classes and settings."""

import inspect
from typing import get_type_hints

import msgspec
from nautilus_trader.common.config import (
    msgspec_decoding_hook,
    resolve_path,
)
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

from config.decoding import convert
from config.errors import ProfileError
from config.settings import Profile, StrategySettings
from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.hedge_strategy import HedgeStrategy, HedgeStrategyConfig
from strategies.rsi_strategy import RsiStrategy

STRATEGIES: dict[str, type[Strategy]] = {
    "rsi": RsiStrategy,
    "alert": AlertStrategy,
    "hedge": HedgeStrategy,
}


def strategy_configs(profile: Profile) -> list[tuple[type[Strategy], StrategyConfig]]:
    """
    Return the enabled strategies with their settings; those that are not enabled are checked too.

    Raises
    ------
    ProfileError
        For an unknown strategy, a wrong parameter, two live strategies in one instrument, or a
        hedge whose leg is none.

    """
    traders: dict[InstrumentId, str] = {}
    found = []
    for index, settings in enumerate(profile.strategies):
        strategy_type, config = _strategy_config(profile, index, settings)
        if not settings.enabled:
            continue
        instrument = getattr(config, "instrument_id", None)
        if profile.is_live and instrument is not None:
            key = f"strategies[{index}].parameters.instrument_id"
            if instrument in traders:
                wanted = f"another one than {traders[instrument]!r} trades (a venue nets the two)"
                raise ProfileError(profile.file, key, wanted, f"'{instrument}'")
            traders[instrument] = settings.id
            # After a restart its position and its resting orders are this strategy's again.
            claims = config.external_order_claims or [instrument]
            config = msgspec.structs.replace(config, external_order_claims=claims)
        found.append((strategy_type, config))
    _check_legs(profile, [config for _, config in found])
    return found


def _check_legs(profile: Profile, configs: list[StrategyConfig]) -> None:
    """Refuse a hedge that would speak to a strategy that does not hear it."""
    legs = {
        config.name: config.instrument_id
        for config in configs
        if isinstance(config, AlertStrategyConfig)
    }
    indexes = {settings.id: index for index, settings in enumerate(profile.strategies)}
    for config in configs:
        if not isinstance(config, HedgeStrategyConfig):
            continue
        for side, leg in (("same", config.same), ("opposite", config.opposite)):
            at = f"strategies[{indexes[config.name]}].parameters.{side}"
            if leg.strategy not in legs:
                wanted = "the id of an enabled strategy of the kind 'alert'"
                raise ProfileError(profile.file, f"{at}.strategy", wanted, repr(leg.strategy))
            if legs[leg.strategy] != leg.instrument_id:
                wanted = f"what {leg.strategy!r} trades, '{legs[leg.strategy]}'"
                found = f"'{leg.instrument_id}'"
                raise ProfileError(profile.file, f"{at}.instrument_id", wanted, found)


def alert_strategies(profile: Profile) -> list[str]:
    """
    Return the ids of the strategies that take alerts: all that are enabled but RSI.

    Raises
    ------
    ProfileError
        As `strategy_configs`.

    """
    return [
        str(config.strategy_id)
        for strategy_type, config in strategy_configs(profile)
        if not issubclass(strategy_type, RsiStrategy)
    ]


def hedge_legs(profile: Profile) -> dict[str, dict[str, InstrumentId]]:
    """
    Return of each hedge the strategies that trade its alerts, and what each trades.

    Raises
    ------
    ProfileError
        As `strategy_configs`.

    """
    return {
        config.name: {leg.strategy: leg.instrument_id for leg in (config.same, config.opposite)}
        for _, config in strategy_configs(profile)
        if isinstance(config, HedgeStrategyConfig)
    }


def tickers(profile: Profile) -> dict[str, InstrumentId]:
    """
    Return what the tickers of alerts stand for.

    The profile's own entries, and the coin of each strategy's instrument: ETH of ETH-USD-PERP.
    """
    found = {}
    for settings in profile.strategies:
        instrument = settings.parameters.get("instrument_id")
        if isinstance(instrument, str):
            found[instrument.partition("-")[0]] = InstrumentId.from_str(instrument)
    stated = profile.webhook.tickers if profile.webhook else {}
    return found | {ticker: InstrumentId.from_str(text) for ticker, text in stated.items()}


def _strategy_config(
    profile: Profile, index: int, settings: StrategySettings
) -> tuple[type[Strategy], StrategyConfig]:
    at = f"strategies[{index}]"
    strategy_type = _strategy_type(profile.file, f"{at}.strategy", settings.strategy)
    config_type = _config_type(profile.file, f"{at}.strategy", strategy_type)
    elsewhere = {
        "name": (settings.id, f"{at}.id"),
        "cancel_orders_on_stop": (profile.on_stop.cancel_orders, "on_stop.cancel_orders"),
        "close_positions_on_stop": (profile.on_stop.close_positions, "on_stop.close_positions"),
    }
    for key in elsewhere.keys() & settings.parameters:
        wanted = f"no such key here: it is said by {elsewhere[key][1]}"
        raise ProfileError(profile.file, f"{at}.parameters.{key}", wanted, repr(key))
    fields = config_type.__struct_fields__
    config = convert(
        settings.parameters | {k: value for k, (value, _) in elsewhere.items() if k in fields},
        config_type,
        file=profile.file,
        at=f"{at}.parameters",
        dec_hook=msgspec_decoding_hook,
    )
    # A string, although the field says StrategyId: Nautilus takes it as a logger's name as well.
    named = msgspec.structs.replace(config, strategy_id=settings.id, order_id_tag=f"{index:03}")
    return strategy_type, named


def _config_type(file: str, key: str, strategy_type: type[Strategy]) -> type[StrategyConfig]:
    """Return what a strategy is configured with: it says so itself, or takes Nautilus's own."""
    make = strategy_type.__init__
    if not inspect.isfunction(make):  # compiled: the strategy has none of its own
        return StrategyConfig
    try:
        found = get_type_hints(make).get("config")
    except NameError as e:
        found = e.name
    if not (isinstance(found, type) and issubclass(found, StrategyConfig)):
        wanted = "a strategy whose __init__ takes 'config', annotated with a StrategyConfig"
        given = "nothing" if found is None else repr(found)
        raise ProfileError(file, key, wanted, f"{strategy_type.__name__} with {given}")
    return found


def _strategy_type(file: str, key: str, name: str) -> type[Strategy]:
    if ":" not in name:
        if name not in STRATEGIES:
            known = ", ".join(map(repr, STRATEGIES))
            raise ProfileError(file, key, f"one of {known}, or 'module:Class'", repr(name))
        return STRATEGIES[name]
    try:
        found = resolve_path(name)
    except (ImportError, AttributeError) as e:
        raise ProfileError(file, key, "an importable 'module:Class'", str(e)) from e
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise ProfileError(file, key, "a subclass of Nautilus's Strategy", repr(name))
    return found
