"""What schemathesis cannot know: secret, token and time, and that guessers are locked out."""

import itertools
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response

_numbers = itertools.count()


@schemathesis.hook
def before_call(_context: HookContext, case: Case, _kwargs: dict[str, Any]) -> None:
    """Give each request a source of its own, and many of them the right secret and token."""
    number = next(_numbers)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    if number % 2 and isinstance(case.body, dict) and isinstance(case.body.get("secret"), str):
        case.body["secret"] = os.environ["CANARY"]
        if "time" in case.body:
            case.body["time"] = datetime.now(UTC).isoformat()
    if number % 4 and "token" in case.path_parameters:
        case.path_parameters["token"] = os.environ["CANARY_TOKEN"]


@schemathesis.hook
def after_call(_context: HookContext, case: Case, response: Response) -> None:
    """Write down how each operation was answered."""
    with Path(os.environ["ANSWERS"]).open("a") as file:
        file.write(f"{case.operation.label} {response.status_code}\n")
