"""Secrets from the environment, and what looks like one; no secret is ever read from a file."""

import hmac
import re
from collections.abc import Mapping
from typing import Final, Never

from config.errors import ProfileError

SECRET_LENGTH_MIN: Final = 16  # the webhook's is the only lock on an open port; keys are longer

_SECRET_WORDS: Final = re.compile(
    r"secret|token|password|passphrase|mnemonic|private_?key|api_?key", re.IGNORECASE
)
# 32 bytes in hex are a private key; an address with a user or a query often carries a password.
_SECRET_SHAPE: Final = re.compile(r"(0x)?[0-9a-fA-F]{64}|\w+://\S*[@?]\S*")


class SecretMissing(ProfileError):  # noqa: N818  # it says what happened, and is an error
    """An environment variable that should hold a secret and does not, or holds too short a one."""


class Secret:
    """A string that does not show itself: printing, formatting and serializing never reveal it."""

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # no dict or set needs one

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one place that uses it."""
        return self._value

    def __repr__(self) -> str:
        """Return three stars, whatever the secret."""
        return "***"

    def __eq__(self, other: object) -> bool:
        """Compare with another secret in a time that does not tell where they differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_encoded(self._value), _encoded(other._value))

    def __reduce__(self) -> Never:
        """Refuse to be pickled or copied.

        Raises
        ------
        TypeError
            Always: a pickle would hold the value in clear.

        """
        raise TypeError("a Secret cannot be pickled or copied")


def read_secret(variable: str, environ: Mapping[str, str]) -> Secret:
    """Return the secret in an environment variable.

    Parameters
    ----------
    variable
        The name of the variable.
    environ
        The environment, usually `os.environ`.

    Raises
    ------
    SecretMissing
        The variable is absent, blank or shorter than `SECRET_LENGTH_MIN`; no part of its value is
        repeated.

    """
    value = environ.get(variable, "")
    if value.strip() and len(value) >= SECRET_LENGTH_MIN:
        return Secret(value)
    found = f"{len(value)} characters" if value.strip() else "nothing"
    raise SecretMissing(
        file="environment",
        key=variable,
        expected=f"a secret of at least {SECRET_LENGTH_MIN} characters",
        found=found,
    )


def looks_secret(key: str) -> bool:
    """Tell whether a key's name says that its value may be a secret."""
    return _SECRET_WORDS.search(key.replace("-", "_")) is not None


def holds_secret(key: str, value: object) -> bool:
    """Tell whether an entry of a file is a secret, by its name or by its shape.

    A key that ends in `_env` is the name of an environment variable and therefore none, unless
    its value has the shape of a secret.
    """
    if isinstance(value, str) and _SECRET_SHAPE.fullmatch(value.strip()):
        return True
    return looks_secret(key) and not key.endswith("_env") and not isinstance(value, dict)


# An environment may hold bytes that are no UTF-8; Python keeps them as lone surrogates.
def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
