"""Recorded answers of the venue's info endpoint, by the name of their file."""

import json
import re
from pathlib import Path
from typing import Any


def cassette(shared_data: Path, name: str, question: str) -> Any:  # noqa: ANN401
    """Return the recorded answer to a question; the recordings are YAML with folded strings."""
    text = (shared_data / "api_fixtures/hyperliquid_sdk_cassettes" / name).read_text()
    for body, reply in re.findall(
        r"body: '(.*?)'\n.*?string: '(.*?)'\n\s+headers", text, re.DOTALL
    ):
        if f'"type": "{question}"' in body:
            return json.loads(re.sub(r"\n\s+", " ", reply).replace("''", "'"))
    raise AssertionError(f"{name} has no {question}")


def fixture(shared_data: Path, name: str) -> Any:  # noqa: ANN401
    return json.loads((shared_data / "api_fixtures/hyperliquid_nautilus" / name).read_text())
