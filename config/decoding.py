"""Raw TOML values into typed structs, with refusals that people understand; it reads no file."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
import msgspec.inspect as mi

from config.errors import ProfileError, Step
from config.reasons import reason, value_at
from config.words import dotted

type DecHook = Callable[[type[Any], Any], Any]

# msgspec says where it refused a value at the end of its message and nowhere else. Only that place
# is read from the text; the reason is found from the type and the value that stand there.
_PLACE: Final = re.compile(r" - at (?:`key` in )?`\$([^`]*)`\Z")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")
_SOME_KEY: Final = "..."  # how msgspec writes the key of a table that is no struct


def convert[T](
    raw: object,
    type_: type[T],
    *,
    file: str,
    at: str = "",
    dec_hook: DecHook | None = None,
) -> T:
    """Decode raw TOML values into a type, strictly.

    Parameters
    ----------
    raw
        What `tomllib` made of the file, or a part of it.
    type_
        A msgspec struct, or any type msgspec knows.
    file
        The file's name, for messages.
    at
        The key of `raw` inside the file, such as `strategies[0].parameters`.
    dec_hook
        msgspec's hook for foreign types; it raises ValueError with words to refuse.

    Raises
    ------
    ProfileError
        A key is unknown or missing, or a value has the wrong type or is impossible.

    """
    try:
        return msgspec.convert(raw, type_, dec_hook=dec_hook)
    except msgspec.ValidationError as e:
        message = str(e)
        steps = _named(
            _steps(message),
            raw,
            lambda trial: _refusal(trial, type_, dec_hook) == message,
        )
        path, expected, found = reason(e.__cause__, mi.type_info(type_), raw, steps)
        key = ".".join(part for part in (at, dotted(path)) if part).replace(".[", "[")
        raise ProfileError(file=file, key=key, expected=expected, found=found) from e


def _refusal(raw: object, type_: type[Any], dec_hook: DecHook | None) -> str | None:
    try:
        msgspec.convert(raw, type_, dec_hook=dec_hook)
    except msgspec.ValidationError as e:
        return str(e)
    return None


def _steps(message: str) -> tuple[Step, ...]:
    place = _PLACE.search(message)
    steps = _STEP.findall(place[1]) if place else []
    return tuple(int(index) if index else name or _SOME_KEY for name, index, _ in steps)


# Put a key for each `...`: the first one that, alone in its table, is refused in the same words.
def _named(
    steps: tuple[Step, ...], raw: object, same_refusal: Callable[[object], bool]
) -> tuple[Step, ...]:
    for depth, step in enumerate(steps):
        table = value_at(raw, steps[:depth])
        if step == _SOME_KEY and isinstance(table, dict):
            alone = ((k, _replaced(raw, steps[:depth], {k: v})) for k, v in table.items())
            key = next((k for k, trial in alone if same_refusal(trial)), _SOME_KEY)
            steps = (*steps[:depth], key, *steps[depth + 1 :])
    return steps


# A copy of `raw` in which `value` stands at `steps`.
def _replaced(raw: object, steps: tuple[Step, ...], value: object) -> object:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    child = _replaced(value_at(raw, (step,)), rest, value)
    if isinstance(raw, list):
        return [child if index == step else entry for index, entry in enumerate(raw)]
    return raw | {step: child} if isinstance(raw, dict) else raw
