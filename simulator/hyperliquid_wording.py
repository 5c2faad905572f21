"""What the venue's border must know of Hyperliquid: its words, and the faults that are its own."""

import time
from collections.abc import Callable

from simulator.border import Execute
from simulator.fault_rules import AgentExpiry, On
from simulator.faults import Hit, Thing
from simulator.hyperliquid_faults import (
    USER_CHANNELS,
    CoinNames,
    altered,
    channel_of,
    describe_action,
    describe_frame,
    describe_question,
    refused,
)
from simulator.hyperliquid_replies import failure
from simulator.replies import Reply


class HyperliquidWording:
    """How Hyperliquid's requests and frames read to the rules.

    Parameters
    ----------
    now_ms : Callable[[], int]
        The venue's time.
    coin_names : Callable[[int], str]
        Tells a coin by its asset id; "" when there is none.
    expire_agent : Callable[[str], None]
        Lets an agent's address stop to exist; "" is every agent.
    """

    def __init__(
        self,
        now_ms: Callable[[], int],
        coin_names: CoinNames,
        expire_agent: Callable[[str], None],
    ) -> None:
        self._now_ms = now_ms
        self._coin_names = coin_names
        self._expire_agent = expire_agent

    def describe_request(self, on: On, body: bytes, *, action: bool) -> Thing:
        """Describe a request; of one that cannot be read only where it passes."""
        return (
            describe_action(on, body, self._coin_names) if action else describe_question(on, body)
        )

    def describe_frame(self, frame: str) -> Thing:
        """Describe a frame of the venue."""
        return describe_frame(frame)

    def channel_of(self, frame: str) -> str:
        """Return the channel of a frame of the venue."""
        return channel_of(frame)

    def is_account_channel(self, channel: str) -> bool:
        """Tell whether a channel tells of an account."""
        return channel in USER_CHANNELS

    def execute(self, hits: tuple[Hit, ...], thing: Thing, body: bytes, execute: Execute) -> Reply:
        """Execute a request, or refuse it, and alter the answer as the rules want."""
        for hit in hits:
            if isinstance(hit.rule, AgentExpiry):
                self._expire_agent(hit.rule.agent)
        clocks_ms = (self._now_ms(), time.time_ns() // 1_000_000)
        if "action" in thing.traits and (refusal := refused(hits, body, clocks_ms)):
            return refusal
        return altered(hits, thing, execute(body), self._now_ms())

    def alter_frame(self, _hits: tuple[Hit, ...], frame: str) -> str:
        """Return a frame as it is."""
        return frame

    def failure(self, status: int, body: str | None) -> Reply:
        """Fail with an HTTP status; `body` None is what usually comes with it."""
        return failure(status, body)
