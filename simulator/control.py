"""What POST /control does to a running venue: to its faults and connections; no socket here."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from simulator.fault_reading import FaultError, parse_rule
from simulator.fault_rules import Reach
from simulator.faults import Faults
from simulator.replies import TEXT, Reply

SOURCE = "control"
COMMANDS = '{"add": rule}, {"clear": true}, {"close": "all"} or {"list": true}'


def control(body: bytes, faults: Faults, reach: Reach, close: Callable[[], int]) -> Reply:
    """Do one command and answer it; a wrong one is told in words with status 400.

    Parameters
    ----------
    body : bytes
        `{"add": rule}` puts a rule in force, its keys as in a fault file; `{"clear": true}` takes
        all out of force; `{"close": "all"}` closes every WebSocket with code 1000; `{"list": true}`
        returns the rules in force and what the rules did, newest last.
    faults : Faults
        The venue's rules.
    reach : Reach
        What they can befall there.
    close : Callable[[], int]
        Closes every WebSocket and returns how many.
    """
    try:
        answer = _do(msgspec.json.decode(body), faults, reach, close)
    except (FaultError, msgspec.DecodeError) as e:
        return Reply(HTTPStatus.BAD_REQUEST, str(e).encode(), media_type=TEXT)
    return Reply(HTTPStatus.OK, msgspec.json.encode(answer))


def _do(command: object, faults: Faults, reach: Reach, close: Callable[[], int]) -> dict[str, Any]:
    match command:
        case {"add": table, **rest} if not rest:
            return {"number": faults.add(parse_rule(table, SOURCE, 1, reach))}
        case {"clear": True, **rest} if not rest:
            return {"cleared": faults.clear()}
        case {"close": "all", **rest} if not rest:
            return {"closed": close()}
        case {"list": True, **rest} if not rest:
            return {"rules": faults.rules, "log": list(faults.log)}
        case _:
            raise FaultError(SOURCE, None, "", COMMANDS, repr(command))
