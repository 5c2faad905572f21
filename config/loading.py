"""Finding and reading a profile, built in or the user's own; what it may say is in settings."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from config.decoding import convert
from config.errors import ProfileError, Step
from config.secrets import holds_secret
from config.settings import Document, Profile
from config.words import dotted, one_of

BUILT_IN: Final = ("demo", "demo-live", "demo-live-synthetix", "paper", "testnet", "live")
_PROFILES: Final = Path(__file__).parent / "profiles"
NESTING_MAX: Final = 32  # levels of tables and lists; a profile has five
FILE_BYTES_MAX: Final = 1_048_576  # a profile has some kilobytes; /dev/zero has no end


def load_profile(name_or_path: str) -> Profile:
    """Return the profile of a name or of a file.

    Parameters
    ----------
    name_or_path
        A name of `BUILT_IN`, or the path of a TOML file.

    Raises
    ------
    ProfileError
        The file cannot be read, is no TOML, or says something wrong, impossible or secret.

    """
    if name_or_path in BUILT_IN:
        file = f"profiles/{name_or_path}.toml"
        return parse_profile(_read(_PROFILES / f"{name_or_path}.toml", file), file)
    return parse_profile(_read(Path(name_or_path), name_or_path), name_or_path)


def parse_profile(content: bytes, file: str) -> Profile:
    """Return the profile that a file's content describes.

    Parameters
    ----------
    content
        The file's bytes, TOML in UTF-8.
    file
        Its name, for messages and for the profile's own name.

    Raises
    ------
    ProfileError
        The content is no TOML, or says something wrong, impossible or secret.

    """
    try:
        raw = _toml(content, file)
        _refuse_depth(raw, file)
        _refuse_secrets(raw, file)
        document = convert(raw, Document, file=file)
    except RecursionError as e:
        raise _too_deep(file) from e
    return Profile(file=file, **msgspec.structs.asdict(document))


def _refuse_depth(raw: dict[str, Any], file: str) -> None:
    """Refuse what no profile needs, here: how deep the interpreter goes is set by who pleases."""
    level: list[Any] = [raw]
    for _ in range(NESTING_MAX):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep(file)


def _inside(value: Any) -> list[Any]:  # noqa: ANN401 (whatever TOML holds)
    held = value.values() if isinstance(value, dict) else value
    return [inner for inner in held if isinstance(inner, dict | list)]


def _too_deep(file: str) -> ProfileError:
    return ProfileError(file, "", "tables nested less deeply", "too many levels")


def describe(profile: Profile) -> dict[str, Any]:
    """Return a profile as plain values that JSON can hold.

    A profile has no field for a secret, only names of environment variables, and a file with a
    secret in it is refused; so there is nothing to leave out.
    """
    plain: dict[str, Any] = msgspec.to_builtins(profile)
    return plain


def _read(path: Path, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(FILE_BYTES_MAX + 1)
    except OSError as e:
        wanted = f"{one_of(BUILT_IN)} or the path of a TOML file"
        raise ProfileError(file, "", wanted, (e.strerror or "nothing").lower()) from e
    if len(content) > FILE_BYTES_MAX:
        raise ProfileError(file, "", f"a file of at most {FILE_BYTES_MAX} bytes", "a larger one")
    return content


def _toml(content: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except ValueError as e:  # tomllib's error, a byte that is no UTF-8, an integer past all limits
        raise ProfileError(file, "", "TOML in UTF-8", str(e)) from e


def _refuse_secrets(raw: dict[str, Any], file: str) -> None:
    for steps, value in _entries(raw):
        key = next(step for step in reversed(steps) if isinstance(step, str))
        if holds_secret(key, value):
            words = [step for step in steps if isinstance(step, str) and step != "venues"]
            variable = "_".join(("PERPDESK", *words)).upper().replace("-", "_")
            wanted = (
                f"no secret in a file (export it, for example as {variable}, "
                "and name that variable in a key that ends in '_env')"
            )
            raise ProfileError(file, dotted(steps), wanted, "a value that is not shown")


# Every value of a document with the steps to it, tables and lists before what is in them.
def _entries(value: object, steps: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Any]]:
    if steps:
        yield steps, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _entries(child, (*steps, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _entries(child, (*steps, index))
