"""Puts the room risk/ into a node: limits from the profile, the gate, the guard, stop keepers."""

import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import asdict
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import InstrumentId, StrategyId
from nautilus_trader.trading.strategy import Strategy

from config.risk import LimitSettings, RiskSettings
from config.settings import Profile
from desk.halts import halt_files
from risk.events import Cause, Halt
from risk.gate import Gate
from risk.guard import Guard, GuardConfig, StopKeeper, StopKeepers
from risk.halting import Halting
from risk.hand import Hand
from risk.limits import LimitBook, Limits
from risk.losses import LossLimits
from risk.observer import Observer
from strategies.protector import Protector

# An account of these begins anew with each run, so what was lost in another says nothing.
FORGETFUL = ("demo", "paper")


def guard_node(node: TradingNode, profile: Profile) -> None:
    """
    Put the gate before a node's risk engine, and add the guard to its actors.

    Call it once all strategies were added; whoever trades in the node trades through the gate.
    """
    kernel = node.kernel
    parts = (kernel.msgbus, kernel.cache, kernel.clock)
    observer = Observer(kernel.cache, kernel.portfolio, kernel.clock)
    gate = Gate(observer, limit_book(profile.risk), *parts)
    gate.install(kernel.risk_engine, kernel.exec_engine)
    hand = Hand(*parts)
    node.trader.add_actor(
        Guard(
            _guard_config(profile, node.trader.strategies()),
            halt_files(profile.risk.directory, os.environ),
            observer,
            Halting(gate, kernel.risk_engine, hand, *parts),
            hand,
            lambda: stop_keepers(node.trader.strategies()),
        )
    )


def halt_by_signal(node: TradingNode, number: signal.Signals, flatten: bool) -> None:
    """Halt a guarded node because its process was sent a signal."""
    halt = Halt(
        cause=Cause.KILL,
        words=f"by the signal {number.name}",
        flatten=flatten,
        ts_event=node.kernel.clock.timestamp_ns(),
    )
    for actor in node.trader.actors():
        if isinstance(actor, Guard):
            actor.halt(halt)


def halt_in_words(node: TradingNode) -> str | None:
    """Return why nobody may open anything in a guarded node; None while they may."""
    halts = [actor.halted_by for actor in node.trader.actors() if isinstance(actor, Guard)]
    halt = next((each for each in halts if each is not None), None)
    if halt is None:
        return None
    return f"{halt.words} ({halt.cause})" + (", positions are closed" if halt.flatten else "")


def limit_book(settings: RiskSettings) -> LimitBook:
    """Return a profile's limits as the gate reads them."""
    return LimitBook(
        desk=_limits(settings),
        venues={name.upper(): _limits(each) for name, each in settings.venues.items()},
        strategies={name: _limits(each) for name, each in settings.strategies.items()},
        instruments={name: _limits(each) for name, each in settings.instruments.items()},
    )


def stop_keepers(strategies: list[Strategy]) -> StopKeepers:
    """
    Return who keeps which position's stop.

    A strategy says so itself with a method `stop_keepers`; ours have a protector that does.
    """
    found: dict[tuple[StrategyId, InstrumentId], StopKeeper] = {}
    for strategy in strategies:
        tell: Callable[[], Mapping[InstrumentId, StopKeeper]] | None
        tell = getattr(strategy, "stop_keepers", None)
        protector = getattr(getattr(strategy, "trader", None), "protector", None)
        if tell is not None:
            found |= {(strategy.id, instrument): keeper for instrument, keeper in tell().items()}
        elif isinstance(protector, Protector):
            found[strategy.id, strategy.config.instrument_id] = _ProtectorKeeper(protector)
    return found


class _ProtectorKeeper:
    """A protector as the guard knows it."""

    def __init__(self, protector: Protector) -> None:
        self._protector = protector

    def wants_stop(self) -> bool:
        return self._protector.distances[0] is not None

    def rest_stop(self) -> None:
        self._protector.protect()


def _guard_config(profile: Profile, strategies: list[Strategy]) -> GuardConfig:
    settings = profile.risk
    traded = {name.upper() for name, venue in profile.venues.items() if venue.execution != "none"}
    instruments = {getattr(each.config, "instrument_id", None) for each in strategies}
    if profile.environment == "demo":
        # Its venue squeezes hours of marks into seconds; the middle of the quote stands in.
        instruments = set()
    return GuardConfig(
        desk=profile.trader_id,
        venues=frozenset(traded),
        instruments=frozenset(each for each in instruments if isinstance(each, InstrumentId)),
        losses=LossLimits(
            daily_loss_percent_max=settings.daily_loss_percent_max or None,
            drawdown_percent_max=settings.drawdown_percent_max or None,
        ),
        flatten_on_loss=settings.flatten_on_loss,
        naked_secs_max=settings.naked_secs_max,
        are_marks_kept=profile.environment not in FORGETFUL,
    )


def _limits(settings: LimitSettings) -> Limits:
    names = LimitSettings.__struct_fields__
    said: dict[str, Any] = {k: v or None for k, v in asdict(settings).items() if k in names}
    return Limits(**said)
