"""However a profile is damaged, it is read or refused; no other exception, nothing half-read."""

import copy
import datetime as dt
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.decoding import convert
from config.errors import ProfileError
from config.loading import describe, parse_profile
from config.settings import Document, Profile

PROFILES = Path(__file__).resolve().parents[2] / "config" / "profiles"
TEXT = (PROFILES / "paper.toml").read_text()
RAW = tomllib.loads(TEXT)

SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["mainnet", "loopback", "live", "https://[", "wss://a.b", "1 USDC"])
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC))
)
KEYS = st.text(max_size=8) | st.sampled_from(["execution", "enabled", "host", "leverage", "json"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


def containers(value: object) -> list[dict[str, Any] | list[Any]]:
    """Return every table and list of a document, the document first."""
    if not isinstance(value, dict | list):
        return []
    entries = value.values() if isinstance(value, dict) else value
    return [value, *(inner for entry in entries for inner in containers(entry))]


def damage(data: st.DataObject, raw: dict[str, Any]) -> None:
    """Change one entry anywhere: another value, none, or one more."""
    container = data.draw(st.sampled_from(containers(raw)))
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    key: Any = data.draw(st.sampled_from(keys)) if keys else None
    change = data.draw(st.sampled_from(["replace", "delete", "add"]))
    if change == "add" and isinstance(container, dict):
        container[data.draw(KEYS)] = data.draw(VALUES)
    elif change == "delete" and keys:
        del container[key]
    elif keys:
        container[key] = data.draw(VALUES)


def outcome(read: Callable[[], Document]) -> Document | ProfileError:
    """Return what was read, or the refusal; any other exception fails the test."""
    try:
        return read()
    except ProfileError as e:
        refusal = e
    assert str(refusal).startswith("mine.toml: ")
    return refusal


@given(data=st.data(), times=st.integers(1, 3))
def test_damaged_values_load_or_are_refused_at_a_key(data: st.DataObject, times: int) -> None:
    raw = copy.deepcopy(RAW)
    for _ in range(times):
        damage(data, raw)
    result = outcome(lambda: convert(raw, Document, file="mine.toml"))
    assert isinstance(result, Document) or result.key


@given(start=st.integers(0, len(TEXT)), length=st.integers(0, 40), inserted=st.text(max_size=10))
def test_damaged_text_loads_or_is_refused(start: int, length: int, inserted: str) -> None:
    content = f"{TEXT[:start]}{inserted}{TEXT[start + length :]}".encode(errors="surrogatepass")
    result = outcome(lambda: parse_profile(content, "mine.toml"))
    if isinstance(result, Profile):
        plain = json.dumps(describe(result))
        again = convert(json.loads(plain), Profile, file="mine.toml")
        assert json.dumps(describe(again)) == plain


@pytest.mark.parametrize("length", range(0, len(TEXT), 37))
def test_truncated_profile_loads_or_is_refused(length: int) -> None:
    outcome(lambda: parse_profile(TEXT[:length].encode(), "mine.toml"))
