"""A small disk for tests that fill one, or that may only read it."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BALLAST_BYTES = 4_096


class Disk:
    """A disk in memory, mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def remount(self, options: str) -> None:
        """Change its size ("size=8m") or whether it may be written ("ro", "rw")."""
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.path)], check=True)

    def fill(self) -> Path:
        """Leave no room at all; return the file to take away again."""
        ballast = self.path / "ballast"
        with ballast.open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(b"x" * BALLAST_BYTES)
                except OSError:
                    return ballast


@contextmanager
def small_disk() -> Iterator[Disk]:
    """Mount a disk of 1 MB until the end; who may not mount skips the test."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("mounting a small disk needs root")
        try:
            yield Disk(Path(folder))
        finally:
            subprocess.run(["umount", folder], check=True)
