"""Results for machines: one JSON document on standard output, where a command is asked for it."""

import sys
from typing import Annotated

import msgspec
from cyclopts import Parameter

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print the result as JSON.")]


def print_json(value: object) -> None:
    """Print one JSON document; paths and times print as their text."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")
    sys.stdout.flush()
