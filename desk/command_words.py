"""What a command does, in the words of its docstring, without importing its packages."""

import inspect
import re
from importlib.util import find_spec
from pathlib import Path


def words_of(place: str) -> str:
    """
    Return the text of a function's docstring before its sections, which name parameters.

    Parameters
    ----------
    place : str
        `package.module:function`, the function with a docstring of three double quotes.

    """
    module, _, function = place.partition(":")
    spec = find_spec(module)
    assert spec is not None, place  # noqa: S101  the table of commands is our own
    assert spec.origin is not None, place  # noqa: S101
    source = Path(spec.origin).read_text()
    _, _, behind = source.partition(f"def {function}(")
    _, _, begun = behind.partition('"""')
    docstring, _, _ = begun.partition('"""')
    text, *_ = re.split(r"\n\w+\n-+\n", inspect.cleandoc(docstring), maxsplit=1)
    return text.strip()
