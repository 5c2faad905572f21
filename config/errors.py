"""The two errors of a wrong configuration: the one users read and the one structs raise."""

from dataclasses import dataclass

type Step = str | int  # one step into a TOML document: a key, or the index of a list entry


@dataclass(slots=True, eq=False)
class ProfileError(Exception):
    """A configuration that is refused before anything starts; `str()` is one line for people.

    Attributes
    ----------
    file
        Where the value was read: the file as the user named it, `profiles/<name>.toml` for a
        built-in profile, `environment` for an environment variable.
    key
        The key in the file, such as `strategies[0].parameters.period`; empty for the whole file.
    expected
        What would be right, in words; a whole sentence when `found` is None.
    found
        What was there instead, in words and without secrets.

    """

    file: str
    key: str
    expected: str
    found: str | None

    def __str__(self) -> str:
        """Return file, key, expectation and finding in one line."""
        words = (
            self.expected if self.found is None else f"expected {self.expected}, found {self.found}"
        )
        return ": ".join(part for part in (self.file, self.key, words) if part)


class MismatchError(ValueError):
    """A value that contradicts another one, raised by the `__post_init__` of a settings struct.

    `config.decoding.convert` adds the file, the full key and the value found.

    Parameters
    ----------
    expected
        What would be right, in words.
    *path
        The steps from the struct that raises to the value at fault.

    """

    def __init__(self, expected: str, *path: Step) -> None:
        super().__init__(f"expected {expected}")
        self.expected = expected
        self.path = path
