"""Plain words for what a type expects, for what a file held and for where; it decides nothing."""

import datetime as dt
import json
import re
from collections.abc import Iterable
from typing import Final

import msgspec.inspect as mi

from config.errors import Step
from config.secrets import looks_secret

_FOUND_LENGTH_MAX: Final = 60  # characters of a value repeated in a message

_NOUNS: Final[dict[type[mi.Type], str]] = {
    mi.AnyType: "any value",
    mi.BoolType: "true or false",
    mi.IntType: "an integer",
    mi.FloatType: "a number",
    mi.DecimalType: "a decimal number",
    mi.StrType: "a string",
    mi.ListType: "a list",
    mi.VarTupleType: "a list",
    mi.TupleType: "a list",
    mi.DictType: "a table",
    mi.StructType: "a table",
}
_LIMITS: Final = {
    "gt": "> {}",
    "ge": ">= {}",
    "lt": "< {}",
    "le": "<= {}",
    "min_length": "of length >= {}",
    "max_length": "of length <= {}",
}


def expected(node: mi.Type) -> str:
    """Return what a type accepts, such as `an integer >= 2` or `one of 'long', 'short'`.

    A type's own `Meta(description=...)` comes first. TOML has no null, so None is left out.
    """
    match node:
        case mi.Metadata():
            described = (node.extra_json_schema or {}).get("description")
            return str(described or expected(node.type))
        case mi.UnionType():
            members = (expected(member) for member in node.types)
            return " or ".join(dict.fromkeys(m for m in members if m != "NoneType"))
        case mi.LiteralType():
            return one_of(node.values)
        case mi.EnumType():
            return one_of(member.value for member in node.cls)
        case mi.CustomType():
            return f"a value for {node.cls.__name__}"
    limits = " and ".join(
        words.format(limit)
        for name, words in _LIMITS.items()
        if (limit := getattr(node, name, None)) is not None
    )
    return f"{_NOUNS.get(type(node), type(node).__name__)} {limits}".rstrip()


def one_of(values: Iterable[object]) -> str:
    """Return `one of 'a', 'b'`."""
    return "one of " + ", ".join(repr(value) for value in values)


def found(value: object, steps: tuple[Step, ...]) -> str:
    """Return a value as a message may repeat it: short, and starred when its key looks secret."""
    if value is None:
        return "nothing"
    if any(looks_secret(step) for step in steps if isinstance(step, str)):
        return "a value that is not shown"
    match value:
        case bool():
            return "true" if value else "false"
        case dict() | list():
            noun = "table" if isinstance(value, dict) else "list"
            return f"a {noun}" if value else f"an empty {noun}"
        case dt.date() | dt.time():
            return value.isoformat()
    text = repr(value)
    return text if len(text) <= _FOUND_LENGTH_MAX else f"{text[:_FOUND_LENGTH_MAX]}..."


def dotted(steps: Iterable[Step]) -> str:
    """Return steps as TOML writes a key, with list indices: `strategies[0].parameters.period`."""
    return "".join(map(_dotted_step, steps)).removeprefix(".")


def _dotted_step(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", step)
    return f".{step if bare else json.dumps(step, ensure_ascii=False)}"
