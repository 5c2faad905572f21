"""Send signed actions, once each: by WebSocket, or by HTTP while there is none."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

import msgspec
from nautilus_trader.common.component import Logger

from adapters.common.errors import NotSent
from adapters.common.governor import Rank, WeightGovernor
from adapters.common.nonces import NonceSource
from adapters.hyperliquid.actions import (
    Action,
    BatchModifyAction,
    CancelAction,
    CancelByCloidAction,
    OrderAction,
)
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.replies import (
    ActionReply,
    PostResponse,
    parse_action_reply,
    parse_post_response,
)
from adapters.hyperliquid.signing import Signer

# .../rate-limits-and-user-limits: an action weighs 1 + floor(batch length / 40).
BATCH_PER_WEIGHT = 40
# The venue remembers a signer's 100 highest nonces and refuses what is below all of them: of more
# requests at a time those that others have overtaken would be lost. So many are orders, and so many
# reduce risk, which does not wait for answers to orders.
UNDER_WAY_MAX = 50
# What does not reduce risk is not worth sending later: its price was bound to a market of now.
PATIENCE_SECS = 2.0


class Poster(Protocol):
    """What is needed of `HyperliquidWebSocketClient`."""

    @property
    def can_post(self) -> bool:
        """Whether a post would be written now."""

    def post(
        self, kind: Literal["action", "info"], payload: msgspec.Struct, timeout_secs: float
    ) -> Awaitable[PostResponse]:
        """Write a request in this very call; return its answer to come."""


class HyperliquidExchange:
    """
    The signed half of the venue, for one signer and the account that it acts for.

    Parameters
    ----------
    signer : Signer
        Signs with the key of the account or of its agent.
    nonces : NonceSource
        The one source of this key.
    ws : Poster
        The connection that carries actions.
    http : HyperliquidHttpClient
        Carries them while the connection cannot.
    governor : WeightGovernor
        The rate limit, shared by all clients of this IP address.
    vault_address : str, optional
        The vault or sub-account to act for; None acts for the signer's own account.
    expires_after_ms : int, optional
        Milliseconds after which the venue refuses an action that is still under way; None never.
    timeout_secs : float, default 10
        Seconds without an answer after which an outcome is unknown.
    clock_ms : Callable[[], int], default wall time
        Unix milliseconds.
    on_wait : Callable[[float], None], optional
        Told for about how many seconds an action is going to wait for the rate limit.

    """

    def __init__(
        self,
        signer: Signer,
        nonces: NonceSource,
        ws: Poster,
        http: HyperliquidHttpClient,
        governor: WeightGovernor,
        *,
        vault_address: str | None = None,
        expires_after_ms: int | None = None,
        timeout_secs: float = 10.0,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        on_wait: Callable[[float], None] | None = None,
    ) -> None:
        self._signer = signer
        self._nonces = nonces
        self._ws = ws
        self._http = http
        self._governor = governor
        self._vault_address = vault_address
        self._expires_after_ms = expires_after_ms
        self._timeout_secs = timeout_secs
        self._clock_ms = clock_ms
        self._on_wait = on_wait
        self._places = {rank: asyncio.Semaphore(UNDER_WAY_MAX) for rank in Rank}
        self._encode = msgspec.json.Encoder().encode
        self._log = Logger(type(self).__name__)

    async def send(
        self,
        action: Action,
        *,
        urgent: bool = False,
        on_sending: Callable[[int, int | None], None] | None = None,
    ) -> ActionReply:
        """
        Sign an action, write it and return the venue's answer; nothing is ever sent twice.

        While the rate limit has room, less than 50 actions of its kind are under way and the
        connection stands, all up to the writing happens before the first await.

        Parameters
        ----------
        action : Action
            What to do.
        urgent : bool, default False
            If it reduces risk: it passes all others that wait for the rate limit.
        on_sending : Callable[[int, int | None], None], optional
            Called with the nonce and the time of expiry (ms) right before the action is written,
            at most once; never if NotSent is raised.

        Raises
        ------
        VenueRefused
            If the venue refused the action as a whole.
        OutcomeUnknown
            If it was written and no answer came that can be read.
        NotSent
            If it was not written: what is not urgent does not wait for long.

        """
        weight = weight_of(action)
        rank = Rank.URGENT if urgent else Rank.ORDER
        if not self._governor.try_acquire(weight, rank):
            await self._wait(action, weight, rank)
        places = self._places[rank]
        if places.locked():
            await _wait_for_place(places, rank)
        else:
            await places.acquire()  # at once
        try:
            return await self._write(action, on_sending)
        finally:
            places.release()

    async def _write(
        self, action: Action, on_sending: Callable[[int, int | None], None] | None
    ) -> ActionReply:
        now_ms = self._clock_ms()
        nonce = self._nonces.next(now_ms)
        expires = None if self._expires_after_ms is None else now_ms + self._expires_after_ms
        signed = self._signer.sign(action, nonce, self._vault_address, expires)
        if self._ws.can_post:
            if on_sending is not None:
                on_sending(nonce, expires)
            answer = self._ws.post("action", signed, self._timeout_secs)
            return parse_post_response(await answer)
        body = self._encode(signed)
        if on_sending is not None:
            on_sending(nonce, expires)
        return parse_action_reply(await self._http.exchange(body))

    async def _wait(self, action: Action, weight: int, rank: Rank) -> None:
        delay_secs = self._governor.delay_secs(weight, rank)
        kind = type(action).__struct_config__.tag
        if rank is not Rank.URGENT and delay_secs > PATIENCE_SECS:
            raise NotSent(
                f"Expected room in the rate limit within {PATIENCE_SECS:g} s,"
                f" there is none for about {delay_secs:.0f} s"
            )
        self._log.warning(f"The rate limit is used up: {kind} waits for about {delay_secs:.1f} s")
        if self._on_wait is not None:
            self._on_wait(delay_secs)
        await self._governor.acquire(weight, rank)


async def _wait_for_place(places: asyncio.Semaphore, rank: Rank) -> None:
    try:
        async with asyncio.timeout(None if rank is Rank.URGENT else PATIENCE_SECS):
            await places.acquire()
    except TimeoutError as e:
        raise NotSent(
            f"Expected less than {UNDER_WAY_MAX} actions under way within {PATIENCE_SECS:g} s"
        ) from e


def weight_of(action: Action) -> int:
    """Return how much of the IP address's rate limit an action takes."""
    match action:
        case OrderAction():
            count = len(action.orders)
        case CancelAction() | CancelByCloidAction():
            count = len(action.cancels)
        case BatchModifyAction():
            count = len(action.modifies)
        case _:
            count = 1
    return 1 + count // BATCH_PER_WEIGHT
