"""The venue's front: what every request meets before and after whoever answers it; no socket."""

import time
from collections.abc import Callable
from http import HTTPStatus
from random import Random

import msgspec

from simulator.replies import Reply
from simulator.synthetix_answers import Answer, Refusal, refused, rest_envelope, ws_envelope
from simulator.synthetix_floor import Floor
from simulator.synthetix_info import ask
from simulator.synthetix_limits import TokenBucket, cost
from simulator.synthetix_requests import POSTED, Head, Side, read_head


class Front:
    """Answers requests of both sides, by HTTP and by WebSocket.

    Parameters
    ----------
    floor : Floor
        What is known.
    now_ms : Callable[[], int]
        The venue's time, as it seems to the request that is answered.
    ip_tokens : int
        What an address may spend in 10 s of wall time; 0 is no limit.
    seed : int
        Decides the request ids.
    """

    def __init__(self, floor: Floor, now_ms: Callable[[], int], ip_tokens: int, seed: int) -> None:
        self._floor = floor
        self._now_ms = now_ms
        self._bucket = TokenBucket(ip_tokens)
        self._ids = Random(f"{seed}:requests")  # noqa: S311  (names, no secrets)

    def serve(self, side: Side, body: bytes) -> Reply:
        """Answer what was posted by HTTP."""
        return self.wrap(self._answer(side, body))

    def serve_posted(self, side: Side, request_id: str, body: bytes) -> Reply:
        """Answer what was posted by WebSocket, with the whole reply."""
        answer = self._answer(side, body)
        content = msgspec.json.encode(ws_envelope(answer, request_id))
        return Reply(answer.http_status, content, POSTED)

    def wrap(self, answer: Answer) -> Reply:
        """Put an answer into the REST envelope, under a new id."""
        request_id = f"{self._ids.getrandbits(64):016x}"
        envelope = rest_envelope(answer, self._now_ms(), request_id)
        return Reply(answer.http_status, msgspec.json.encode(envelope))

    def _answer(self, side: Side, body: bytes) -> Answer:
        head = read_head(body)
        if isinstance(head, Refusal):
            return Answer(refusal=head)
        if self._floor.notice is not None and head.action != "getExchangeStatus":
            return refused("SERVICE_UNAVAILABLE", self._floor.notice)
        if not self._bucket.spend(cost(head.action, head.orders), time.monotonic()):
            answer = refused("RATE_LIMIT_EXCEEDED", "rate limit exceeded")
        else:
            answer = self._ask(side, head, body)
        return msgspec.structs.replace(answer, ip_rate_limit=self._bucket.snapshot)

    def _ask(self, side: Side, head: Head, body: bytes) -> Answer:
        if side == "info":
            return ask(self._floor, self._now_ms(), head)
        return self._floor.trading.handle_trade(body, self._now_ms())


def plain(content: object) -> Reply:
    """Answer without an envelope."""
    return Reply(HTTPStatus.OK, msgspec.json.encode(content))
