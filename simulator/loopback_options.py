"""How a loopback venue is set up, as far as every venue is, and the market and rules it gets."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from simulator.events import Source
from simulator.fault_reading import load_rules
from simulator.fault_rules import Reach
from simulator.faults import Faults
from simulator.generator import HISTORY_MINUTES
from simulator.replay import Replay


class LoopbackOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How any loopback venue is set up.

    `port` 0 is any free one. `start_ms` is the venue's time at the start: now by default, or the
    beginning of the recording in `replay`. `speed` venue seconds pass in a second of wall time.
    `history_minutes` were before the start in a market that is made up from `seed`. `faults` is a
    file of rules (fault_reading.py) and `fault_seed` decides their chances; with a file or
    `control`, POST /control changes them. `log` is a file for all that is heard and said.
    """

    port: int = 0
    seed: int = 1
    speed: float = 1.0
    start_ms: int | None = None
    replay: Path | None = None
    history_minutes: int = HISTORY_MINUTES
    faults: Path | None = None
    fault_seed: int = 1
    control: bool = False
    log: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a speed that is not positive."""
        if not self.speed > 0:
            raise ValueError(f"Expected a positive speed, was {self.speed}")

    @property
    def has_control(self) -> bool:
        """Say whether there is POST /control."""
        return self.control or self.faults is not None


def open_source(options: LoopbackOptions, generate: Callable[[int], Source]) -> Source:
    """Open the recording, or make a market up that begins at a time in Unix milliseconds.

    Raises
    ------
    RecordingError
        The recording is none.
    """
    if options.replay is not None:
        return Replay(options.replay, options.start_ms)
    return generate(time.time_ns() // 1_000_000 if options.start_ms is None else options.start_ms)


def open_faults(options: LoopbackOptions, reach: Reach) -> Faults:
    """Put the rules of the fault file in force; `reach` is what they can befall at the venue.

    Raises
    ------
    OSError
        The file cannot be read.
    FaultError
        It is none.
    """
    rules = load_rules(options.faults, reach) if options.faults else []
    return Faults(options.fault_seed, rules)
