"""What faults make of the venue's own words: what a request or frame is, and answers gone wrong."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec

from simulator.any_json import as_list, as_object, as_text, read_object
from simulator.fault_rules import ClockSkew, On, PostOnly, Reach, Trait, UnknownOid
from simulator.faults import Hit, Thing
from simulator.replies import Reply

USER_CHANNELS = frozenset({
    "orderUpdates", "user", "userFills", "userFundings", "userNonFundingLedgerUpdates",
    "notification", "activeAssetData", "clearinghouseState", "allDexsClearinghouseState",
    "spotState", "openOrders", "twapStates", "userTwapSliceFills", "userTwapHistory",
    "userHistoricalOrders", "webData2", "webData3",
})  # fmt: skip
"""The channels that tell of an account (fact sheet 6.3)."""

REACH = Reach(
    frozenset({"exchange", "info", "post", "ws", "connect"}),
    frozenset({"action", "agent", "taking", "order status", "timed"}),
)
"""What faults can befall here."""

POST_ONLY = "Only post-only orders allowed immediately after a network upgrade"
EXPIRED = "Action already expired"
DAY_MS = 86_400_000

type CoinNames = Callable[[int], str]
"""Tells a coin by its asset id; "" when there is none."""


class _Head(msgspec.Struct, frozen=True):
    channel: str
    data: msgspec.Raw = msgspec.Raw(b"null")


def describe_question(on: On, body: bytes) -> Thing:
    """Describe an info question; of one that cannot be read only where it passes."""
    question = read_object(body)
    type_ = as_text(question.get("type"))
    traits: set[Trait] = set()
    if type_ == "orderStatus":
        traits.add("order status")
    if type_ == "exchangeStatus":
        traits.add("timed")
    return Thing(on, type_, frozenset(_coins(question)), frozenset(traits))


def describe_action(on: On, body: bytes, coin_names: CoinNames) -> Thing:
    """Describe a signed action; of one that cannot be read only where it passes."""
    action = as_object(read_object(body).get("action"))
    traits: set[Trait] = {"action", "agent", "timed"}
    if any(order.get("t") != {"limit": {"tif": "Alo"}} for order in _orders(action)):
        traits.add("taking")
    coins = {coin_names(asset) for asset in _assets(action)} - {""}
    return Thing(on, as_text(action.get("type")), frozenset(coins), frozenset(traits))


def describe_frame(frame: str) -> Thing:
    """Describe a frame of the venue."""
    head = msgspec.json.decode(frame, type=_Head)
    data = msgspec.json.decode(head.data)
    coins = frozenset(_coins(data))
    if head.channel == "candle":
        coins = frozenset({as_text(as_object(data).get("s"))})
    return Thing("ws", head.channel, coins)


def channel_of(frame: str) -> str:
    """Return the channel of a frame of the venue."""
    return msgspec.json.decode(frame, type=_Head).channel


def refused(hits: tuple[Hit, ...], body: bytes, clocks_ms: tuple[int, ...]) -> Reply | None:
    """Refuse an action that a rule forbids, before it is executed; None lets it pass.

    With several clocks (the venue's runs apart from the wall's when time is compressed), one that
    accepts is enough.
    """
    for hit in hits:
        if isinstance(hit.rule, PostOnly):
            return _refuse(POST_ONLY)
        if isinstance(hit.rule, ClockSkew):
            objections = [_objection(body, now + hit.rule.offset_ms) for now in clocks_ms]
            if objections[0] is not None and all(objections):
                return _refuse(objections[0])
    return None


def altered(hits: tuple[Hit, ...], thing: Thing, reply: Reply, now_ms: int) -> Reply:
    """Return a question's answer as the rules let it sound."""
    if reply.status != HTTPStatus.OK:
        return reply
    for hit in hits:
        rule = hit.rule
        answer: Any = None
        if isinstance(rule, UnknownOid) and (placed_ms := _placed_ms(reply)) is not None:
            answer = {"status": "unknownOid"} if now_ms - placed_ms < rule.ms else None
        elif isinstance(rule, ClockSkew) and thing.type == "exchangeStatus":
            answer = msgspec.json.decode(reply.body)
            answer["time"] += rule.offset_ms
        if answer is not None:
            reply = msgspec.structs.replace(reply, body=msgspec.json.encode(answer))
    return reply


def _refuse(words: str) -> Reply:
    return Reply(HTTPStatus.OK, msgspec.json.encode({"status": "err", "response": words}))


def _objection(body: bytes, now_ms: int) -> str | None:
    """Return what a venue whose clock shows `now_ms` says against an action's times (4.4)."""
    signed = read_object(body)
    expires, nonce = signed.get("expiresAfter"), signed.get("nonce")
    if isinstance(expires, int) and now_ms > expires:
        return EXPIRED
    if isinstance(nonce, int) and not now_ms - 2 * DAY_MS < nonce < now_ms + DAY_MS:
        return f"Invalid nonce: {nonce} is out of the window of {now_ms}"
    return None


def _placed_ms(reply: Reply) -> int | None:
    """Return when the order of an orderStatus was placed; None when there is none."""
    order = as_object(as_object(read_object(reply.body).get("order")).get("order"))
    placed = order.get("timestamp")
    return placed if isinstance(placed, int) else None


def _orders(action: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the orders that an action places (fact sheet 3.1, 3.3)."""
    for order in as_list(action.get("orders")):
        yield as_object(order)
    for modify in as_list(action.get("modifies")):
        yield as_object(as_object(modify).get("order"))
    if "order" in action:
        yield as_object(action["order"])


def _assets(action: dict[str, Any]) -> Iterator[int]:
    """Yield the asset ids that an action names (fact sheet 3)."""
    named = [
        action,
        *_orders(action),
        *map(as_object, as_list(action.get("cancels"))),
        as_object(action.get("twap")),
    ]
    for one in named:
        for key in ("a", "asset"):
            # `a` of a modify is a flag, and True is an int to Python.
            if isinstance(asset := one.get(key), int) and not isinstance(asset, bool):
                yield asset


def _coins(data: object) -> Iterator[str]:
    """Yield every coin that is named anywhere in some JSON."""
    if isinstance(data, dict):
        if isinstance(coin := data.get("coin"), str):
            yield coin
        for value in data.values():
            yield from _coins(value)
    elif isinstance(data, list):
        for value in data:
            yield from _coins(value)
