"""Where a run's monitor is found by other processes: a small file beside the runs."""

from pathlib import Path

import msgspec

from config.settings import Profile


class Place(msgspec.Struct, frozen=True):
    """The address of a monitor and the process that serves it."""

    url: str
    process: int


def place_of(profile: Profile) -> Path:
    """Return the file that says where a profile's run listens."""
    return Path(profile.runs) / f"{profile.trader_id}.monitor.json"


def read_place(profile: Profile) -> Place | None:
    """Return where a profile's run listens, None where none says so."""
    try:
        return msgspec.json.decode(place_of(profile).read_bytes(), type=Place)
    except (OSError, msgspec.DecodeError):
        return None
