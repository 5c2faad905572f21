"""The sources of the official SDK, which alone hold its 85 examples: fetched once, then kept."""

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

SDIST = "synthetix_sdk-0.7.0.tar.gz"
SHA256 = "5284c8a49d881903b75aca4f560b9e0d60195c9e3464c7a37c78f23e6d56e744"
FETCH_SECS = 120


class NoExamplesError(Exception):
    """The examples are not here and cannot be had."""


def fetch_examples(folder: Path) -> Path:
    """Return the folder of the examples, from `folder` or by pip into it; NoExamplesError."""
    archive, unpacked = folder / SDIST, folder / SDIST.removesuffix(".tar.gz")
    if not archive.exists():
        _download(folder)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        archive.unlink()
        raise NoExamplesError(f"Expected {SDIST} with the SHA-256 {SHA256}, was {found}")
    if not (unpacked / "examples").exists():
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    return unpacked / "examples"


def _download(folder: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
        "--dest", str(folder), "synthetix-sdk==0.7.0",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECS, check=False)
    if done.returncode or not (folder / SDIST).exists():
        raise NoExamplesError(
            f"Expected pip to fetch {SDIST}, whose examples this test runs; it said:\n{done.stderr}"
        )
