"""What a doctor finds on this machine: versions, disk, modes of files, kill switch; no venue."""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from desk.doctor_check import Check, fail, ok, warn
from risk.events import Halt

PYTHON_FIRST: Final = (3, 12)
PYTHON_END: Final = (3, 15)  # the first that is not supported; pyproject.toml says the same

# The logs of a run may come to 300 MB by default, and an inbox that cannot write refuses alerts.
FREE_BYTES_MIN: Final = 500_000_000
FREE_BYTES_LOW: Final = 5_000_000_000

_MEGA: Final = 1_000_000
_OTHERS_READ: Final = stat.S_IRGRP | stat.S_IROTH
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def check_python(version: tuple[int, int]) -> Check:
    """Return whether this Python is one that we are tested with."""
    words = f"Python {version[0]}.{version[1]}"
    if PYTHON_FIRST <= version < PYTHON_END:
        return ok("python", words)
    wanted = f"{PYTHON_FIRST[0]}.{PYTHON_FIRST[1]} to {PYTHON_END[0]}.{PYTHON_END[1] - 1}"
    return fail("python", words, f"install Python {wanted} and perpdesk in it")


def check_package(name: str, installed: str | None, wanted: str | None = None) -> Check:
    """Return whether a package is there, in the version that we are pinned to, if any."""
    if installed is None:
        return fail(f"package {name}", "is not installed", f"pip install {_pinned(name, wanted)}")
    if wanted is not None and installed != wanted:
        remedy = f"pip install {_pinned(name, wanted)}"
        return fail(f"package {name}", f"{installed}, expected {wanted}", remedy)
    return ok(f"package {name}", installed)


def _pinned(name: str, wanted: str | None) -> str:
    return name if wanted is None else f"{name}=={wanted}"


def check_space(name: str, folder: Path, free_bytes: int) -> Check:
    """Return whether there is room for logs, alerts and reports."""
    words = f"{free_bytes // _MEGA:,} MB free for {folder}"
    remedy = f"make room: old runs in {folder} may be moved away"
    if free_bytes < FREE_BYTES_MIN:
        return fail(f"disk {name}", words, remedy, keeps_from_start=False)
    if free_bytes < FREE_BYTES_LOW:
        return warn(f"disk {name}", words, remedy)
    return ok(f"disk {name}", words)


def check_folder(name: str, folder: Path) -> Check:
    """Return whether files can be made in a folder, which may be yet to make, and for how long."""
    there = _nearest(folder)
    if not there.is_dir():
        return fail(f"disk {name}", f"{there} is no folder", f"move {there} away")
    if not os.access(there, os.W_OK | os.X_OK):
        remedy = f"give this user {there}, or name another folder"
        return fail(f"disk {name}", f"{there} cannot be written", remedy)
    return check_space(name, folder, shutil.disk_usage(there).free)


def _nearest(folder: Path) -> Path:
    """Return a folder, or the closest of those above it that is there."""
    absolute = folder.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.exists())


def check_modes(private: Iterable[Path], settings: Iterable[Path]) -> Iterator[Check]:
    """
    Tell what others on this machine may do with our files.

    Parameters
    ----------
    private
        What only its owner should read, where it is there.
    settings
        What only its owner should write, where it is there.

    """
    for paths, forbidden, verb, less in (
        (private, _OTHERS_READ | _OTHERS_WRITE, "read or change", "go-rwx"),
        (settings, _OTHERS_WRITE, "change", "go-w"),
    ):
        for path in paths:
            if not path.exists():
                continue
            mode = stat.S_IMODE(path.stat().st_mode)
            name, words = f"mode {path}", f"{mode:o}"
            if mode & forbidden:
                told = f"{words}: others can {verb} it"
                yield warn(name, told, f"chmod {less} {path}")
            else:
                yield ok(name, words)


def check_files(needed: Mapping[str, Path]) -> Iterator[Check]:
    """Tell which files that a profile names cannot be read."""
    for name, path in needed.items():
        if path.is_file() and os.access(path, os.R_OK):
            yield ok(f"file {name}", str(path))
        else:
            yield fail(f"file {name}", f"{path} cannot be read", "correct the path, or its owner")


def check_halt(halt: Halt | None) -> Check:
    """Return whether a kill switch, or a loss, has halted the desk."""
    if halt is None:
        return ok("kill switch", "not set")
    remedy = "`perpdesk lift` ends it once its reason is gone"
    return fail("kill switch", str(halt), remedy, keeps_from_start=False)
