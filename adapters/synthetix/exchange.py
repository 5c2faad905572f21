"""Send signed actions, once each: by WebSocket, or by REST while there is none."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol

import msgspec
from nautilus_trader.common.component import Logger

from adapters.common.doubts import Sent
from adapters.common.errors import NotSent, OutcomeUnknown, VenueRefused
from adapters.common.governor import Rank, WeightGovernor
from adapters.common.nonces import NonceSource
from adapters.synthetix.actions import (
    Action,
    CancelByCloidAction,
    PlaceOrdersAction,
    action_name,
)
from adapters.synthetix.constants import TOKENS, TOKENS_PER_ORDER, TOKENS_PER_SUBACCOUNT
from adapters.synthetix.frames import WsReply
from adapters.synthetix.http import SynthetixHttpClient, respect
from adapters.synthetix.replies import Answer, Unauthorized, parse_reply
from adapters.synthetix.schemas import RateLimit
from adapters.synthetix.signing import SignedRequest, Signer

# What an expiry of 0 means.
_NEVER = 0
# What does not reduce risk is not worth sending later: its price was bound to a market of now.
PATIENCE_SECS = 2.0
# An order of ours is never called so: canceling it changes nothing, and takes a nonce.
_NOTHING = CancelByCloidAction(("perpdesk-nothing",))


class Poster(Protocol):
    """What is needed of `SynthetixWebSocketClient`."""

    @property
    def can_post(self) -> bool:
        """Whether a post would be written now."""

    def post(self, request: SignedRequest, timeout_secs: float) -> Awaitable[WsReply]:
        """Write a request in this very call; return its answer to come."""


class SynthetixExchange:
    """
    The signed half of the venue, for one signer and the sub-account that it acts for.

    Parameters
    ----------
    signer : Signer
        Signs with the key of the sub-account's owner or of a delegate.
    nonces : NonceSource
        The one source of this key.
    ws : Poster
        The connection that carries actions.
    http : SynthetixHttpClient
        Carries them while the connection cannot.
    governor : WeightGovernor
        The rate limit of this sub-account, shared with the questions about it.
    expires_after_ms : int
        Milliseconds after which the venue refuses an action that is still under way.
    timeout_secs : float, default 10
        Seconds without an answer after which an outcome is unknown.
    uses_ws : bool, default True
        False to send by REST alone.
    clock_ms : Callable[[], int], default wall time
        The venue's time in Unix milliseconds.

    """

    def __init__(
        self,
        signer: Signer,
        nonces: NonceSource,
        ws: Poster,
        http: SynthetixHttpClient,
        governor: WeightGovernor,
        *,
        expires_after_ms: int,
        timeout_secs: float = 10.0,
        uses_ws: bool = True,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._signer = signer
        self._nonces = nonces
        self._ws = ws
        self._http = http
        self._governor = governor
        self._expires_after_ms = expires_after_ms
        self._timeout_secs = timeout_secs
        self._uses_ws = uses_ws
        self._clock_ms = clock_ms
        self._encode = msgspec.json.Encoder().encode
        self._log = Logger(type(self).__name__)

    async def send(
        self,
        action: Action,
        *,
        urgent: bool = False,
        on_sending: Callable[[Sent], None] | None = None,
    ) -> Answer:
        """
        Sign an action, write it and return the venue's answer; nothing is ever sent twice.

        While the rate limit has room and the connection stands, all up to the writing happens
        before the first await.

        Parameters
        ----------
        action : Action
            What to do.
        urgent : bool, default False
            If it reduces risk: it passes all others that wait for the rate limit.
        on_sending : Callable[[Sent], None], optional
            Called with expiry and nonce right before the action is written, at most once; never if
            NotSent is raised.

        Raises
        ------
        VenueRefused
            If the venue refused the action as a whole.
        OutcomeUnknown
            If it was written and no answer came that can be read.
        NotSent
            If it was not written: what is not urgent does not wait for the rate limit for long.

        """
        tokens = tokens_of(action)
        rank = Rank.URGENT if urgent else Rank.ORDER
        if not self._governor.try_acquire(tokens, rank):
            await self._wait(action, tokens, rank)
        now_ms = self._clock_ms()
        expires_ms = now_ms + self._expires_after_ms
        nonce = self._nonces.next(now_ms)
        signed = self._signer.sign(action, nonce, expires_ms)
        if on_sending is not None:
            on_sending(Sent(expires_ms, nonce))
        if self._uses_ws and self._ws.can_post:
            reply = await self._ws.post(signed, self._timeout_secs)
            respect(self._governor, reply.rate_limit)
            if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
                # "429 is authoritative": whatever else is told, the bucket is empty.
                respect(self._governor, RateLimit(TOKENS_PER_SUBACCOUNT, 0))
            return parse_reply(reply)
        answer = await self._http.trade(self._encode(signed))
        respect(self._governor, answer.rate_limit)
        return answer

    async def use_up(self, nonce: int) -> None:
        """
        See to it that a nonce that was sent before has no effect from now on.

        The venue takes a nonce once, whatever it says about times, so another action is sent with
        it that changes nothing and never expires. If that is answered, or refused because the nonce
        is used up already, the request that carried it has arrived before or never will take
        effect. It may be sent any number of times.

        Raises
        ------
        OutcomeUnknown
            If the venue does not say so.

        """
        await self._governor.acquire(tokens_of(_NOTHING), Rank.URGENT)
        signed = self._signer.sign(_NOTHING, nonce, _NEVER)
        try:
            answer = await self._http.trade(self._encode(signed))
        except Unauthorized as e:
            self._log.info(f"Nonce {nonce} is used up already: {e}")
        except VenueRefused as e:
            raise OutcomeUnknown(f"Expected nonce {nonce} to be looked at, was refused: {e}") from e
        else:
            respect(self._governor, answer.rate_limit)

    async def _wait(self, action: Action, tokens: int, rank: Rank) -> None:
        delay_secs = self._governor.delay_secs(tokens, rank)
        if rank is not Rank.URGENT and delay_secs > PATIENCE_SECS:
            raise NotSent(
                f"Expected room in the rate limit within {PATIENCE_SECS:g} s,"
                f" there is none for about {delay_secs:.0f} s"
            )
        name = action_name(action)
        self._log.warning(f"The rate limit is used up: {name} waits for about {delay_secs:.1f} s")
        await self._governor.acquire(tokens, rank)


def tokens_of(action: Action) -> int:
    """Return how much of the sub-account's rate limit an action takes."""
    if isinstance(action, PlaceOrdersAction):
        return TOKENS_PER_ORDER * len(action.orders)
    return TOKENS.get(action_name(action), 1)
