"""What was lost and what was doubled: orders that were wanted beside those that came to be."""

from collections import Counter
from collections.abc import Iterable

import msgspec


class LostOrDoubled(Exception):  # noqa: N818  it says what happened
    """Orders were lost or doubled: the run proves nothing else."""


class Losses(msgspec.Struct, frozen=True):
    """Names of orders that never came, that came more than once, and that nobody wanted."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    strange: tuple[str, ...]

    @classmethod
    def of(cls, wanted: Iterable[str], came: Iterable[str | None]) -> "Losses":
        """Compare; one that came without a name is one that nobody wanted."""
        names, counts = set(wanted), Counter(came)
        return cls(
            lost=tuple(sorted(names - counts.keys())),
            doubled=tuple(sorted(str(name) for name, count in counts.items() if count > 1)),
            strange=tuple(sorted(str(name) for name in counts.keys() - names)),
        )

    def check(self, what: str) -> None:
        """
        Return if all is well.

        Raises
        ------
        LostOrDoubled
            With how many of each, and the first of them.
        """
        if self.lost or self.doubled or self.strange:
            found = ", ".join(
                f"{len(names)} {kind} ({', '.join(names[:3])})"
                for kind, names in (
                    ("lost", self.lost),
                    ("doubled", self.doubled),
                    ("that nobody wanted", self.strange),
                )
                if names
            )
            raise LostOrDoubled(f"{what}: expected each once at the venue, found {found}")
