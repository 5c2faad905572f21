"""From the body of a request to named fields, out of JSON or key=value text; not what they mean."""

import json
import re

import msgspec

from webhook.dialects.placeholders import placeholder_of
from webhook.errors import WebhookError

FIELDS_MAX = 64
"""No dialect has as many."""

BRACKETS_MAX = 64
"""More than any message needs, so that nothing that walks through one can be led too deep."""

# A value lasts until the next name, so that it may hold blanks: "order_id=Close long action=sell".
_PAIR = re.compile(r"(?:^|[\s,;])([A-Za-z_]\w{0,39})\s*=", re.ASCII)
# What a placeholder that stood unquoted gave: nothing, a bare word, or itself.
_BARE = re.compile(r'"(\w{1,40})"\s*:\s*(,|\}|\]|\{\{|(?!(?:true|false|null)\b)[A-Za-z_]\w{0,19})')
_NAMES = re.compile(r'"(\w{1,40})"\s*:')

_decode_object = msgspec.json.Decoder(dict[str, object]).decode


def read_fields(body: bytes) -> dict[str, object]:
    """
    Read the body of an alert: a JSON object, or plain text of ``key=value`` pairs.

    Pairs stand in lines, or in one line with blanks, commas or semicolons between them. A value in
    text lasts until the next ``name=``; double quotes around it are taken off.

    Raises
    ------
    WebhookError
        400 if it is neither, naming the field or placeholder that broke it where one can be told.
    """
    # Most alerts are JSON that is quickly read; what is not gets the words for it below.
    if body[:1] == b"{" and body.count(b"{") + body.count(b"[") <= BRACKETS_MAX:
        try:
            return _decode_object(body)
        except ValueError:
            pass
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        message = f"Expected JSON or key=value text in UTF-8: {e.reason} at byte {e.start}"
        raise WebhookError(400, "malformed_json", message) from None
    text = text.strip()
    if text and text[0] not in '{["' and _PAIR.search(text):
        return _read_pairs(text)
    return _read_json(text)


def _read_pairs(text: str) -> dict[str, object]:
    pairs = list(_PAIR.finditer(text))
    # What stands there is not repeated: it may be a secret in the wrong place.
    if pairs[0].start():
        raise _malformed_text("text begins with a name and =, such as strategy=alerts")
    if len(pairs) > FIELDS_MAX:
        raise _malformed_text(f"at most {FIELDS_MAX} pairs, found {len(pairs)}")
    fields: dict[str, object] = {}
    ends = [pair.start() for pair in pairs[1:]] + [len(text)]
    for pair, end in zip(pairs, ends, strict=True):
        name = pair.group(1)
        if name in fields:
            raise _malformed_text(f"each name once, found {name} again")
        fields[name] = _unquote(text[pair.end() : end].strip(" \t\r\n,;"))
    return fields


def _unquote(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if is_quoted else value


def _read_json(text: str) -> dict[str, object]:
    brackets = text.count("{") + text.count("[")
    if brackets > BRACKETS_MAX:
        words = f"Expected JSON with at most {BRACKETS_MAX} opening brackets, found {brackets}"
        raise WebhookError(400, "malformed_json", words)
    try:
        value = msgspec.json.decode(text)
    except ValueError as e:
        raise _malformed_json(text, e) from None  # the cause would carry nothing but the position
    if not isinstance(value, dict):
        found = type(value).__name__
        raise WebhookError(400, "malformed_json", f"Expected a JSON object, was {found}")
    return value


def _malformed_json(text: str, e: Exception) -> WebhookError:
    bare = _BARE.search(text)
    if bare is not None:
        name, found = bare.groups()
        was = "nothing" if found in {",", "}", "]"} else found
        if name == "secret":  # a bare word there is the secret
            was = "no JSON string"
        words = (
            f"{name}: expected a JSON value{placeholder_of(name)}, was {was}; quote placeholders"
        )
        return WebhookError(400, "malformed_json", words)
    near = _field_near_the_break(text)
    at = "" if near is None else f"{near}: its value breaks the JSON{placeholder_of(near)}. "
    return WebhookError(400, "malformed_json", f"{at}Expected JSON or key=value text: {e}")


def _field_near_the_break(text: str) -> str | None:
    """Return the last field that begins before the place where JSON ends to be JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as e:
        names = _NAMES.findall(text, 0, e.pos)
        return names[-1] if names else None
    except ValueError:
        return None
    return None


def _malformed_text(expected: str) -> WebhookError:
    return WebhookError(400, "malformed_text", f"Expected {expected}")
