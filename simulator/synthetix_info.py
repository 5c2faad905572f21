"""Every action of POST /v1/info that this venue answers; no socket here."""

from simulator.synthetix_answers import Answer, refused
from simulator.synthetix_floor import Floor


def ask(_floor: Floor, _now_ms: int, _body: bytes) -> Answer:
    """Answer a question on the market."""
    return refused("VALIDATION_ERROR", "unknown action")
