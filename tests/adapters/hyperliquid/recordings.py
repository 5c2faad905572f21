"""Recorded replies of the venue, and a stub of its info endpoint that gives such replies."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec


def cassette(shared_data: Path, name: str) -> list[Any]:
    """Return the replies of a recorded session; the recordings are YAML with folded strings."""
    text = (shared_data / "api_fixtures" / "hyperliquid_sdk_cassettes" / name).read_text()
    replies = re.findall(r"string: '(.*?)'\n\s+headers", text, re.DOTALL)
    return [json.loads(re.sub(r"\n\s+", " ", reply).replace("''", "'")) for reply in replies]


def nautilus_fixture(shared_data: Path, name: str) -> Any:  # noqa: ANN401  (any JSON)
    path = shared_data / "api_fixtures" / "hyperliquid_nautilus" / name
    return json.loads(path.read_text())


def agree(parsed: Any, raw: Any) -> bool:  # noqa: ANN401  (any JSON)
    """Tell whether every field of what was parsed is what the venue wrote under its name."""
    if isinstance(parsed, msgspec.Struct):
        names = set(parsed.__struct_fields__) & set(raw)
        return all(agree(getattr(parsed, name), raw[name]) for name in names)
    if isinstance(parsed, list):
        return len(parsed) == len(raw) and all(map(agree, parsed, raw))
    if isinstance(parsed, Decimal):
        return isinstance(raw, str) and parsed == Decimal(raw)
    return type(parsed) is type(raw) and parsed == raw


class InfoStub:
    """
    An HTTP client whose venue gives fixed answers; what it was asked stands in `asked`.

    An answer is JSON, a function of the request, or an exception to raise.
    """

    def __init__(self, **answers: Any) -> None:  # noqa: ANN401  (any JSON)
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    async def info[T](self, request: dict[str, Any], decoder: msgspec.json.Decoder[T]) -> T:
        self.asked.append(request)
        answer = self.answers[request["type"]]
        if isinstance(answer, Exception):
            raise answer
        reply = answer(request) if callable(answer) else answer
        return decoder.decode(json.dumps(reply).encode())

    @property
    def kinds(self) -> list[str]:
        return [request["type"] for request in self.asked]
