"""Fault files (TOML) and rules from the control endpoint (JSON) into rules, or refused in words.

A file is a list of tables `[[rule]]`, each with `do` and the keys of that fault.
"""

import tomllib
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from simulator.fault_rules import RULES, AnyRule, Reach, RuleError

FILE_BYTES_MAX = 1_048_576  # a fault file has some kilobytes; /dev/zero has no end


class FaultError(ValueError):
    """A fault file or rule that is refused; `str()` is one line for people.

    Attributes
    ----------
    file
        Where it came from.
    number
        Which rule is at fault, from 1; None for the whole file.
    key
        The key at fault; "" for the whole rule or file.
    expected
        What would be right, in words.
    found
        What was there instead, in words.
    """

    def __init__(self, file: str, number: int | None, key: str, expected: str, found: str) -> None:
        self.file, self.number, self.key = file, number, key
        self.expected, self.found = expected, found
        place = [file, "" if number is None else f"rule {number}", key]
        where = ": ".join(part for part in place if part)
        super().__init__(f"{where}: expected {expected}, found {found}")


def load_rules(path: Path, reach: Reach | None = None) -> list[AnyRule]:
    """Read the rules of a file; those out of reach of a venue are refused.

    Raises
    ------
    OSError
        The file cannot be read.
    FaultError
        It is no TOML, or holds something that is no rule.
    """
    with path.open("rb") as stream:
        content = stream.read(FILE_BYTES_MAX + 1)
    return parse_rules(content, str(path), reach)


def parse_rules(content: bytes, file: str, reach: Reach | None = None) -> list[AnyRule]:
    """Read the rules of a file's content; `file` is its name, for messages.

    Raises
    ------
    FaultError
        It is no TOML, or holds something that is no rule.
    """
    if len(content) > FILE_BYTES_MAX:
        raise FaultError(
            file, None, "", f"a file of at most {FILE_BYTES_MAX} bytes", "a larger one"
        )
    try:
        document = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as e:  # also a byte that is no UTF-8
        raise FaultError(file, None, "", "TOML in UTF-8", str(e)) from e
    for key in document:
        if key != "rule":
            raise FaultError(file, None, key, "tables [[rule]] only", "another key")
    tables = document.get("rule", [])
    if not isinstance(tables, list):
        raise FaultError(file, None, "rule", "tables [[rule]]", _shown(tables))
    return [parse_rule(table, file, number, reach) for number, table in enumerate(tables, start=1)]


def parse_rule(table: object, file: str, number: int, reach: Reach | None = None) -> AnyRule:
    """Read one rule from what TOML or JSON made of it; one out of a venue's reach is refused.

    Raises
    ------
    FaultError
        A key is unknown or missing, or a value is impossible.
    """
    if not isinstance(table, dict):
        raise FaultError(file, number, "", "a table", _shown(table))
    do = table.get("do")
    known = [name for name, rule in RULES.items() if _within(reach, rule)]
    if not isinstance(do, str) or do not in known:
        raise FaultError(file, number, "do", _one_of(known), _shown(do))
    kind = RULES[do]
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "do":
            continue
        if key not in fields:
            raise FaultError(file, number, key, f"a key of {do} ({', '.join(fields)})", "another")
        try:
            values[key] = msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError as e:
            raise FaultError(file, number, key, _words(fields[key].type), _shown(value)) from e
    for key, field in fields.items():
        if field.required and key not in values:
            raise FaultError(file, number, key, _words(field.type), "nothing")
    try:
        rule = kind(**values)
    except RuleError as e:
        raise FaultError(file, number, e.key, e.expected, e.found) from e
    _check_place(rule, file, number, reach)
    return rule


def _check_place(rule: AnyRule, file: str, number: int, reach: Reach | None) -> None:
    if reach is not None and rule.on not in {"request", *reach.places}:
        raise FaultError(file, number, "on", _one_of(sorted(reach.places)), _shown(rule.on))


def _within(reach: Reach | None, rule: type[AnyRule]) -> bool:
    return reach is None or not rule.needs or rule.needs in reach.traits


def _words(type_: object) -> str:
    """Say which values a type takes."""
    arguments = get_args(type_)
    if get_origin(type_) is Literal:
        return _one_of(arguments)
    if get_origin(type_) in {Union, UnionType}:
        return _words(next(one for one in arguments if one is not NoneType))
    for meta in getattr(type_, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            return meta.description
    return {str: "text", int: "a whole number", bool: "true or false"}[type_]  # type: ignore[index]


def _one_of(words: Any) -> str:  # noqa: ANN401  (any names)
    return "one of " + ", ".join(map(repr, words))


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)
