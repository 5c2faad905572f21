"""The version command."""

import platform
from importlib.metadata import version as distribution_version

from rich.console import Console

from desk.exits import Exit
from desk.output import AsJson, print_json


def version(*, as_json: AsJson = False) -> Exit:
    """Print the versions of perpdesk, NautilusTrader and Python."""
    versions = {
        "perpdesk": distribution_version("perpdesk"),
        "nautilus_trader": distribution_version("nautilus_trader"),
        "python": platform.python_version(),
    }
    if as_json:
        print_json(versions)
    else:
        Console().print("\n".join(f"{name} {number}" for name, number in versions.items()))
    return Exit.DONE
