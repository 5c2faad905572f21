"""Files that are no profile at all: no TOML, or out of all proportion."""

import pytest

from config.errors import ProfileError
from config.loading import FILE_BYTES_MAX, parse_profile
from tests.config.broken import VALID


def test_the_unbroken_profile_is_accepted() -> None:
    assert parse_profile(VALID.encode(), "mine.toml").name == "mine"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"port = ", "Invalid value (at end of document)"),
        (b"a = 1\n[b\n", "Expected ']' at the end of a table declaration (at line 2, column 3)"),
        (b"a = 1\na = 2", "Cannot overwrite a value (at end of document)"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(content: bytes, found: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(content, "mine.toml")
    assert str(caught.value) == f"mine.toml: expected TOML in UTF-8, found {found}"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"\x00",
        b"a = " + b"9" * 5_000,
        b"a = " + b"[" * 5_000 + b"]" * 5_000,
        b"[" + b".".join([b"a"] * 5_000) + b"]",
        VALID.replace("period", ".".join(["a"] * 5_000)).encode(),
    ],
)
def test_extreme_content_is_refused(content: bytes) -> None:
    with pytest.raises(ProfileError):
        parse_profile(content, "mine.toml")


def test_depth_is_refused_whatever_the_interpreter_allows() -> None:
    deep = VALID.replace("period", ".".join(["a"] * 100)).encode()
    with pytest.raises(ProfileError, match="expected tables nested less deeply"):
        parse_profile(deep, "mine.toml")


def test_size_limit_is_far_above_a_real_profile() -> None:
    assert len(VALID) * 100 < FILE_BYTES_MAX
