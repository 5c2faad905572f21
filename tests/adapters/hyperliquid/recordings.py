"""Recorded replies and frames of the venue, and a stub of its info endpoint that gives such."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nautilus_trader.model.instruments import Instrument

from adapters.hyperliquid.instruments import BASE_TIER, parse_perps
from adapters.hyperliquid.schemas import WS_DECODER, PerpMeta, WsMessage


def cassette(shared_data: Path, name: str) -> list[Any]:
    """Return the replies of a recorded session; the recordings are YAML with folded strings."""
    text = (shared_data / "api_fixtures" / "hyperliquid_sdk_cassettes" / name).read_text()
    replies = re.findall(r"string: '(.*?)'\n\s+headers", text, re.DOTALL)
    return [json.loads(re.sub(r"\n\s+", " ", reply).replace("''", "'")) for reply in replies]


def cassette_bodies(shared_data: Path, name: str) -> list[str]:
    """Return the replies of a recorded session as text, those that stand on one line each."""
    text = (shared_data / "api_fixtures" / "hyperliquid_sdk_cassettes" / name).read_text()
    return re.findall(r"^      string: '(.*)'$", text, re.MULTILINE)


def nautilus_fixture(shared_data: Path, name: str) -> Any:  # noqa: ANN401  (any JSON)
    return json.loads(raw_fixture(shared_data, name))


def raw_fixture(shared_data: Path, name: str) -> bytes:
    return (shared_data / "api_fixtures" / "hyperliquid_nautilus" / name).read_bytes()


def decode[T](raw: bytes | str, kind: type[T]) -> T:
    return msgspec.json.decode(raw, type=kind, strict=False)


def frame(channel: str, data: object) -> WsMessage:
    """Decode some data as a frame of a channel."""
    return WS_DECODER.decode(json.dumps({"channel": channel, "data": data}).encode())


def coin_of(meta_body: str, coin: str) -> Instrument:
    """Return an instrument of a recorded list."""
    perps = parse_perps(decode(meta_body, PerpMeta), 0, {}, BASE_TIER, 1, pytest.fail)
    return next(perp for perp in perps if perp.raw_symbol.value == coin)


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
