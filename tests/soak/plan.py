"""What is planned for a soak of so many minutes: when storms end, when the desk is killed; pure."""

from typing import Self

import msgspec

LAST_CALM_SECS = 150.0
"""For the books to agree and alerts to come to their end, before the desk ends by itself."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """
    The course of a soak, in seconds from its beginning.

    Pairs are the least and the most that chance may draw. The desk is killed every `kill_every`
    until `kills_until`; then it lives on, so that its memory can be measured.
    """

    seed: int
    end_secs: float
    storms_until_secs: float
    kills_until_secs: float
    kill_every_secs: float = 150.0
    storm_secs: tuple[float, float] = (15.0, 45.0)
    calm_secs: tuple[float, float] = (8.0, 20.0)
    fault_pause_secs: tuple[float, float] = (0.3, 3.0)
    outage_chance: float = 0.4
    outage_secs: tuple[float, float] = (3.0, 40.0)

    @classmethod
    def of(cls, minutes: float, seed: int) -> Self:
        """Return the plan of a soak of so many minutes; half of it is without kills."""
        end_secs = 60 * minutes
        return cls(
            seed=seed,
            end_secs=end_secs,
            storms_until_secs=end_secs - min(LAST_CALM_SECS, end_secs / 3),
            kills_until_secs=end_secs / 2,
            kill_every_secs=min(150.0, end_secs / 6),
        )

    def may_kill(self, secs: float, kills: int) -> bool:
        """Tell whether a kill is due after so many."""
        return secs < self.kills_until_secs and secs >= self.kill_every_secs * (kills + 0.5)
