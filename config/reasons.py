"""Why msgspec refused a value, found from the type and the value at that place; it decodes nothing.

Nothing here reads the text of a message: the same checks are asked again of what stands there.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Final

import msgspec.inspect as mi

from config.errors import MismatchError, Step
from config.words import expected, found, one_of

_LISTS: Final = mi.ListType | mi.VarTupleType | mi.TupleType | mi.SetType | mi.FrozenSetType


def reason(
    cause: BaseException | None, node: mi.Type, raw: object, steps: tuple[Step, ...]
) -> tuple[tuple[Step, ...], str, str | None]:
    """Return where a refusal belongs, what was expected there, and what was found.

    Parameters
    ----------
    cause
        What a `__post_init__` or a decoding hook raised, None if msgspec refused by itself.
    node
        The type of `raw`.
    raw
        The values that were refused.
    steps
        Where in `raw` msgspec refused.

    Returns
    -------
    tuple
        The steps to the value at fault; what was expected, in words; what was found in words, None
        where the cause's own words say it all.

    """
    if isinstance(cause, MismatchError):
        path = (*steps, *cause.path)
        return path, cause.expected, found(value_at(raw, path), path)
    if cause is not None:
        return steps, str(cause), None
    for depth, step in enumerate(steps):
        node = _child(_member(node, value_at(raw, steps[:depth])), step)
    value = value_at(raw, steps)
    struct = _member(node, value)
    if isinstance(struct, mi.StructType) and isinstance(value, dict):
        name, wanted = _unknown_or_missing(struct, value)
        return (*steps, name), wanted, repr(name) if name in value else "nothing"
    if isinstance(struct, mi.DictType) and isinstance(value, dict) and value:
        key = next(key for key in value if _is_refused(struct.key_type, key))
        return (*steps, key), expected(struct.key_type), repr(key)
    return steps, expected(node), found(value, steps)


def value_at(raw: object, steps: tuple[Step, ...]) -> object:
    """Return the raw value at `steps`, None where there is none (TOML has no null)."""
    for step in steps:
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, list) and isinstance(step, int):
            raw = raw[step]
        else:
            return None
    return raw


# msgspec refuses an unknown key where it meets it, and a missing one at the end of the table.
def _unknown_or_missing(struct: mi.StructType, table: Mapping[str, object]) -> tuple[str, str]:
    fields = [field.encode_name for field in struct.fields]
    unknown = [name for name in table if name not in fields and name != struct.tag_field]
    if unknown and struct.forbid_unknown_fields:
        near = difflib.get_close_matches(unknown[0], fields, n=1)
        known = f"a known key (did you mean {near[0]!r}?)" if near else one_of(fields)
        return unknown[0], known
    missing = next(f for f in struct.fields if f.required and f.encode_name not in table)
    return missing.encode_name, expected(missing.type)


def _is_refused(node: mi.Type, key: str) -> bool:
    text = _member(node, key)
    if not isinstance(text, mi.StrType):
        return False
    is_short = len(key) < (text.min_length or 0)
    return is_short or (text.pattern is not None and re.search(text.pattern, key) is None)


# The type as which msgspec reads a value: of a union, the member of its kind or named by its tag.
def _member(node: mi.Type, value: object) -> mi.Type:
    if isinstance(node, mi.Metadata):
        return _member(node.type, value)
    if not isinstance(node, mi.UnionType):
        return node
    members = [_member(member, value) for member in node.types]
    if isinstance(value, list):
        return next((m for m in members if isinstance(m, _LISTS)), node)
    if not isinstance(value, dict):
        return node
    structs = [m for m in members if isinstance(m, mi.StructType)]
    if any(struct.tag_field for struct in structs):
        return _tagged(structs, value)
    return next((m for m in members if isinstance(m, mi.StructType | mi.DictType)), node)


# The struct whose tag a table carries (a lone struct needs none); else one with only the tag known.
def _tagged(structs: list[mi.StructType], table: Mapping[str, object]) -> mi.StructType:
    field = str(structs[0].tag_field)
    assumed = structs[0].tag if len(structs) == 1 else None
    for struct in structs:
        if table.get(field, assumed) == struct.tag:
            return struct
    tags = mi.LiteralType(tuple(struct.tag for struct in structs if struct.tag is not None))
    return mi.StructType(structs[0].cls, (mi.Field(field, field, tags),))


def _child(node: mi.Type, step: Step) -> mi.Type:
    match node:
        case mi.StructType():
            return next((f.type for f in node.fields if f.encode_name == step), mi.AnyType())
        case mi.DictType():
            return node.value_type
        case mi.TupleType() if isinstance(step, int):
            return node.item_types[step]
        case mi.ListType() | mi.VarTupleType() | mi.SetType() | mi.FrozenSetType():
            return node.item_type
    return mi.AnyType()
