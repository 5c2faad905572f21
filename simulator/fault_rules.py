"""What may go wrong at a venue's border, each fault as one rule; a rule counts and does nothing."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, ClassVar, Literal

import msgspec

Natural = Annotated[int, msgspec.Meta(ge=0, description="a whole number of at least 0")]
Positive = Annotated[int, msgspec.Meta(ge=1, description="a whole number of at least 1")]
Chance = Annotated[float, msgspec.Meta(ge=0, le=1, description="a number from 0 to 1")]
CloseCode = Annotated[
    int, msgspec.Meta(ge=1000, le=4999, description="a close code from 1000 to 4999")
]

type On = Literal["exchange", "trade", "info", "post", "ws", "connect"]
"""Where a thing passes: POST /exchange or /v1/trade (signed), POST /info, a request posted by
WebSocket, a frame that is no answer to one, the opening of a WebSocket."""

type Trait = Literal[
    "", "action", "agent", "taking", "order status", "timed", "checksum", "maintained"
]
"""What a thing must be, besides its type, for some faults to make sense."""

REQUESTS = frozenset({"exchange", "trade", "info", "post"})
"""What `on = "request"` stands for."""


class Reach(msgspec.Struct, frozen=True):
    """What a venue's rules can befall: where things pass there, and what they can be."""

    places: frozenset[On]
    traits: frozenset[Trait]


# The values of `on` that make sense for a fault.
Anything = Literal["request", "exchange", "trade", "info", "post", "ws", "connect"]
Requests = Literal["request", "exchange", "trade", "info", "post"]
Actions = Literal["request", "exchange", "trade", "post"]
Questions = Literal["request", "info", "post"]


class RuleError(ValueError):
    """A value of a rule that is impossible, or contradicts another one."""

    def __init__(self, key: str, expected: str, found: str) -> None:
        super().__init__(f"{key}: expected {expected}, found {found}")
        self.key = key
        self.expected = expected
        self.found = found


class Rule(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="do",
):
    """Which things a fault befalls.

    Attributes
    ----------
    type
        The action's or info question's type, or the frame's channel; "" is any.
    coin
        A coin that the thing concerns, by its name at the venue; "" is any or none.
    after
        How many matching things pass before the first fault.
    count
        How often the fault may happen; None is without end.
    probability
        How likely it befalls a matching thing.
    for_ms
        Once it happens, it befalls every matching thing for so long by the venue's clock, which
        counts as once; None befalls that one thing only.
    """

    needs: ClassVar[Trait] = ""

    type: str = ""
    coin: str = ""
    after: Natural = 0
    count: Positive | None = None
    probability: Chance = 1.0
    for_ms: Positive | None = None


class Delay(Rule, frozen=True, kw_only=True, tag="delay"):
    """Send a reply or a frame later, in wall time: by `ms`, or lognormally around `median_ms`.

    Frames of one channel never overtake each other. With `executed` false a request waits before
    it is executed, so that its effects are late, too.
    """

    on: Anything
    ms: Natural = 0
    median_ms: Natural = 0
    p99_ms: Natural = 0
    executed: bool = True

    def __post_init__(self) -> None:
        """Refuse anything but a fixed delay or a whole distribution."""
        if bool(self.ms) == bool(self.median_ms):
            found = "both" if self.ms else "neither"
            raise RuleError("ms", "either ms or median_ms and p99_ms", found)
        if self.ms and self.p99_ms:
            raise RuleError("p99_ms", "none beside ms", str(self.p99_ms))
        if self.p99_ms < self.median_ms:
            expected = f"at least median_ms {self.median_ms}"
            raise RuleError("p99_ms", expected, str(self.p99_ms))


class DropReply(Rule, frozen=True, kw_only=True, tag="drop_reply"):
    """Execute a request and never answer; HTTP closes the connection without a response."""

    on: Requests
    executed: ClassVar[bool] = True


class DropRequest(Rule, frozen=True, kw_only=True, tag="drop_request"):
    """Never execute a request nor answer it; HTTP closes the connection without a response."""

    on: Requests
    executed: ClassVar[bool] = False


class Status(Rule, frozen=True, kw_only=True, tag="status"):
    """Answer an HTTP status instead, after executing the request or, by default, without.

    `body` None is what the venue and the proxies before it say: `null` of 429, HTML from 502 on.
    """

    on: Literal["request", "exchange", "trade", "info", "post", "connect"]
    status: int
    body: str | None = None
    executed: bool = False

    def __post_init__(self) -> None:
        """Refuse a status that is no error, or that has no name."""
        if self.status not in set(HTTPStatus) or self.status < HTTPStatus.BAD_REQUEST:
            raise RuleError("status", "a known HTTP status of at least 400", str(self.status))


class Close(Rule, frozen=True, kw_only=True, tag="close"):
    """Close the WebSocket in the place of a frame, of the answer to a post, or once it is open."""

    on: Literal["post", "ws", "connect"]
    code: CloseCode = 1000
    reason: str = "Inactive"
    executed: bool = False


class Abort(Rule, frozen=True, kw_only=True, tag="abort"):
    """Reset the connection (RST), what still waits to be sent is lost."""

    on: Anything
    executed: bool = False


class HalfOpen(Rule, frozen=True, kw_only=True, tag="half_open"):
    """Leave the socket open, but send and read nothing on it any more."""

    on: Anything
    executed: bool = False


class Silent(Rule, frozen=True, kw_only=True, tag="silent"):
    """Swallow frames; the subscription stays."""

    on: Literal["ws"] = "ws"


class Duplicate(Rule, frozen=True, kw_only=True, tag="duplicate"):
    """Send a frame `times` more: at once, or the copies `ms` later by wall time."""

    on: Literal["post", "ws"]
    times: Positive = 1
    ms: Natural = 0


class Reorder(Rule, frozen=True, kw_only=True, tag="reorder"):
    """Hold a frame and send it after the next `behind` frames of its connection."""

    on: Literal["post", "ws"]
    behind: Positive = 1


class UnknownOid(Rule, frozen=True, kw_only=True, tag="unknown_oid"):
    """Answer `unknownOid` to orderStatus until `ms` after an order's placement (venue's clock)."""

    needs: ClassVar[Trait] = "order status"
    on: Questions = "request"
    ms: Positive


class PostOnly(Rule, frozen=True, kw_only=True, tag="post_only"):
    """Refuse every action that places an order other than ALO, as after a network upgrade."""

    needs: ClassVar[Trait] = "taking"
    on: Actions = "request"


class AgentExpiry(Rule, frozen=True, kw_only=True, tag="agent_expiry"):
    """Let an agent stop to exist before an action is looked at; "" is every agent.

    At Synthetix a delegate is meant, who is past its time or, with `is_removed`, signs no more.
    """

    needs: ClassVar[Trait] = "agent"
    on: Actions = "request"
    agent: str = ""
    is_removed: bool = False


class ClockSkew(Rule, frozen=True, kw_only=True, tag="clock_skew"):
    """Let the venue's clock be `offset_ms` ahead in exchangeStatus, expiry and nonce checks.

    At Synthetix in all that one request is checked by and answered with.
    """

    needs: ClassVar[Trait] = "timed"
    on: Requests = "request"
    offset_ms: int


class AckRace(Rule, frozen=True, kw_only=True, tag="ack_race"):
    """Send the user frames that an action causes after its reply instead of before.

    `events` "random" lets the seed decide, for each channel. They come `ms` after the reply.
    """

    needs: ClassVar[Trait] = "action"
    on: Actions = "request"
    events: Literal["after", "random"] = "after"
    ms: Natural = 0


class CorruptChecksum(Rule, frozen=True, kw_only=True, tag="corrupt_checksum"):
    """Send a frame of a book with a checksum that is not its own."""

    needs: ClassVar[Trait] = "checksum"
    on: Literal["ws"] = "ws"


class Maintenance(Rule, frozen=True, kw_only=True, tag="maintenance"):
    """Refuse requests as in maintenance, with status 503, and say so where the status is asked."""

    needs: ClassVar[Trait] = "maintained"
    on: Requests = "request"
    message: str = "scheduled maintenance"


type Ending = DropReply | DropRequest | Status | Close | Abort | HalfOpen
"""Faults after which the thing itself is not sent; the first one that befalls it decides."""

type AnyRule = (
    Delay | Ending | Silent | Duplicate | Reorder
    | UnknownOid | PostOnly | AgentExpiry | ClockSkew | AckRace | CorruptChecksum | Maintenance
)  # fmt: skip

RULES: Mapping[str, type[AnyRule]] = {
    str(rule.__struct_config__.tag): rule
    for rule in (
        Delay, DropReply, DropRequest, Status, Close, Abort, HalfOpen, Silent, Duplicate, Reorder,
        UnknownOid, PostOnly, AgentExpiry, ClockSkew, AckRace, CorruptChecksum, Maintenance,
    )
}  # fmt: skip
"""Every fault by its name, the value of the key `do`."""
