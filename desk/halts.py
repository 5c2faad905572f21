"""Where halts are kept, for the commands that write them and the runs that read them."""

from collections.abc import Mapping
from pathlib import Path

from adapters.common.key_state import default_state_directory
from risk.halts import HaltFiles


def halt_files(directory: str | Path | None, environment: Mapping[str, str]) -> HaltFiles:
    """Return the halts in a folder; None is that of the user, which all desks share."""
    folder = default_state_directory(environment, "risk") if directory is None else Path(directory)
    return HaltFiles(folder)
