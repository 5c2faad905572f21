"""What people have told strategies, in one small file that outlives runs; it tells nobody anything.

The file is replaced as a whole, so that a kill at any moment leaves the old one or the new one. One
that cannot be read stops the start: a strategy that was paused must not trade because of a typo.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from config.settings import Profile
from desk.exits import UsageError


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    What holds for one strategy.

    Attributes
    ----------
    is_paused
        Whether it may open nothing.
    parameters
        What was set by hand, over the profile's.
    profile_parameters
        The profile's own at that time: once the file says something else, the file counts.

    """

    is_paused: bool = False
    parameters: dict[str, Any] = {}
    profile_parameters: dict[str, Any] = {}


class KeptStates:
    """
    The states of a trader's strategies, in memory and on disk.

    Parameters
    ----------
    path : Path
        The file; it need not exist, and is made at the first change.

    Raises
    ------
    UsageError
        There is a file that cannot be read.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._states = _read(path)

    def of(self, strategy: str) -> Kept:
        """Return what holds for a strategy."""
        return self._states.get(strategy, Kept())

    def change(self, strategy: str, **changes: object) -> None:
        """
        Change what holds for a strategy; it is on disk when this returns.

        Raises
        ------
        OSError
            It could not be written; what held before holds on.

        """
        changed = msgspec.structs.replace(self.of(strategy), **changes)
        states = self._states | {strategy: changed}
        _write(self._path, states)
        self._states = states

    def applied_to(self, profile: Profile) -> Profile:
        """Return a profile with the parameters that were set by hand."""
        strategies = tuple(
            msgspec.structs.replace(settings, parameters=settings.parameters | kept.parameters)
            if (kept := self.of(settings.id)).profile_parameters == _plain(settings.parameters)
            else settings
            for settings in profile.strategies
        )
        return msgspec.structs.replace(profile, strategies=strategies)

    def set_parameters(self, strategy: str, changes: Mapping[str, Any], profile: Profile) -> None:
        """
        Keep parameters that were set by hand, over those that `profile`'s file says.

        Raises
        ------
        OSError
            As `change`.

        """
        own = next(s.parameters for s in profile.strategies if s.id == strategy)
        kept = self.of(strategy)
        is_same = kept.profile_parameters == _plain(own)
        before = kept.parameters if is_same else {}
        self.change(strategy, parameters=before | dict(changes), profile_parameters=_plain(own))


def states_place(profile: Profile) -> Path:
    """Return where a profile's states are kept."""
    return Path(profile.runs) / f"{profile.trader_id}.strategies.json"


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as they come back from JSON, so that the two can be compared."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(parameters, enc_hook=str))
    return plain


def _read(path: Path) -> dict[str, Kept]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Kept])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as e:
        raise UsageError(
            f"Expected the strategies' states in {path}, found none that can be read: {e}."
            " They say who is paused; remove the file if nobody is"
        ) from e


def _write(path: Path, states: Mapping[str, Kept]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(states, enc_hook=str), indent=2))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name, too
    finally:
        os.close(folder)
