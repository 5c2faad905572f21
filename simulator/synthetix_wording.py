"""What the venue's border must know of Synthetix: its words, and the faults that are its own."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec

from simulator.any_json import as_list, as_object, as_text, read_object
from simulator.border import Execute
from simulator.fault_rules import (
    AgentExpiry,
    ClockSkew,
    CorruptChecksum,
    Maintenance,
    On,
    Reach,
    Trait,
)
from simulator.faults import Hit, Thing
from simulator.replies import JSON, TEXT, Reply
from simulator.synthetix_answers import CODES, Answer, refused
from simulator.synthetix_floor import Floor

STATUS = "status"
"""What a rule calls GET /v1/status and the older routes."""
_ACCOUNT_CHANNELS = frozenset({"subAccountUpdate", "subAccountEvent"})
_CHANNELS = {
    "market_price_update": "marketPriceUpdate",
    "orderbook_depth_update": "orderbookUpdate",
    "candle_update": "candleUpdate",
    "subAccountEvent": "subAccountUpdate",
}
"""The channel of each method that is called otherwise (fact sheet 6.3)."""
_USUAL_CODES = {
    HTTPStatus.BAD_REQUEST: "VALIDATION_ERROR",
    HTTPStatus.SERVICE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
    HTTPStatus.INTERNAL_SERVER_ERROR: "INTERNAL_ERROR",
}


REACH = Reach(
    frozenset({"trade", "info", "post", "ws", "connect"}),
    frozenset({"action", "agent", "timed", "checksum", "maintained"}),
)
"""What faults can befall here."""


class _Head(msgspec.Struct, frozen=True):
    method: str = ""
    channel: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class SynthetixWording:
    """How Synthetix's requests and frames read to the rules.

    `skew_ms` is how far the venue's clock is off during the request that is executed now.

    Parameters
    ----------
    floor : Floor
        What is told that there is maintenance, while a request is executed.
    wrap : Callable[[Answer], Reply]
        Puts an answer into the REST envelope.
    """

    def __init__(self, floor: Floor, wrap: Callable[[Answer], Reply]) -> None:
        self.skew_ms = 0
        self._floor = floor
        self._wrap = wrap

    def describe_request(self, on: On, body: bytes, *, action: bool) -> Thing:
        """Describe a request; of one that cannot be read only where it passes."""
        params = as_object(read_object(body).get("params"))
        traits: set[Trait] = {"timed", "maintained"}
        if action:
            traits |= {"action", "agent"}
        return Thing(
            on,
            as_text(params.get("action")),
            frozenset([*_symbols(params), *self._floor.trading.symbols_of(_orders(params))]),
            frozenset(traits),
        )

    def describe_frame(self, frame: str) -> Thing:
        """Describe a frame of the venue."""
        head = msgspec.json.decode(frame, type=_Head)
        symbols = frozenset(_symbols(msgspec.json.decode(head.data)))
        channel = _channel(head)
        book = channel == "orderbookUpdate"
        return Thing("ws", channel, symbols, frozenset({"checksum"} if book else ()))

    def channel_of(self, frame: str) -> str:
        """Return the channel of a frame of the venue; "" of a reply."""
        return _channel(msgspec.json.decode(frame, type=_Head))

    def is_account_channel(self, channel: str) -> bool:
        """Tell whether a channel tells of an account."""
        return channel in _ACCOUNT_CHANNELS

    def execute(self, hits: tuple[Hit, ...], thing: Thing, body: bytes, execute: Execute) -> Reply:
        """Execute a request by the clock that the rules want, unless there is maintenance."""
        for hit in hits:
            if isinstance(hit.rule, AgentExpiry):
                agent, is_removed = hit.rule.agent, hit.rule.is_removed
                self._floor.trading.end_delegation(agent, is_removed=is_removed)
        words = [hit.rule.message for hit in hits if isinstance(hit.rule, Maintenance)]
        if words and thing.type not in {STATUS, "getExchangeStatus"}:
            return self._wrap(refused("SERVICE_UNAVAILABLE", words[0]))
        self._floor.passing_maintenance = words[0] if words else None
        self.skew_ms = sum(hit.rule.offset_ms for hit in hits if isinstance(hit.rule, ClockSkew))
        try:
            return execute(body)
        finally:
            self.skew_ms, self._floor.passing_maintenance = 0, None

    def alter_frame(self, hits: tuple[Hit, ...], frame: str) -> str:
        """Return a frame as the rules let it read: with a wrong checksum."""
        if not any(isinstance(hit.rule, CorruptChecksum) for hit in hits):
            return frame
        content = msgspec.json.decode(frame)
        content["checksum"] = f"{int(content['checksum'], 16) ^ 0xFFFFFFFF:08x}"
        return msgspec.json.encode(content).decode()

    def failure(self, status: int, body: str | None) -> Reply:
        """Fail with an HTTP status; `body` None is an envelope with a code of that status."""
        if body is not None:
            return Reply(status, body.encode(), media_type=JSON if body[:1] == "{" else TEXT)
        code = _USUAL_CODES.get(HTTPStatus(status)) or next(
            (name for name, code in CODES.items() if code.status == status), "UNKNOWN_ERROR"
        )
        return self._wrap(refused(code, HTTPStatus(status).phrase, status))


def _channel(head: _Head) -> str:
    return head.channel or _CHANNELS.get(head.method, head.method)


def _symbols(value: object) -> Iterator[str]:
    """Yield every symbol that is named anywhere in some JSON."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in {"symbol", "market"} and isinstance(one, str):
                yield one
            elif key == "symbols" and isinstance(one, list):
                yield from (each for each in one if isinstance(each, str))
            else:
                yield from _symbols(one)
    elif isinstance(value, list):
        for one in value:
            yield from _symbols(one)


def _orders(params: dict[str, Any]) -> list[str]:
    """Return how a request names the orders that it means, by either id; none of new ones."""
    named = [params.get(key) for key in ("orderId", "clientOrderId")]
    for key in ("orderIds", "clientOrderIds"):
        named += as_list(params.get(key))
    return [name for name in named if isinstance(name, str) and name]
