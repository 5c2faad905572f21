"""Reading JSON that may be anything: what is not of the wanted kind reads as an empty one."""

from typing import Any

import msgspec


def read_object(body: bytes) -> dict[str, Any]:
    """Read a body; empty when it is no JSON or no object."""
    try:
        return as_object(msgspec.json.decode(body))
    except msgspec.DecodeError:
        return {}


def as_object(value: object) -> dict[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return a list, or an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return a text, or an empty one."""
    return value if isinstance(value, str) else ""
