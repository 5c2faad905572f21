"""The POST of an alert, from the request to the answer; bare, since it must cost little.

What else an HTTP server has to know is Starlette's, in `webhook.app`.
"""

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import UNSET
from nautilus_trader.model.identifiers import InstrumentId
from starlette.types import Receive, Scope, Send

from webhook.alerts import Alert
from webhook.auth import SECRET_FIELD, Credentials, not_found
from webhook.dialects import parse_alert, read_fields
from webhook.errors import WebhookError
from webhook.expiry import Ttl, expiry_ns
from webhook.inbox import Answer, Conflict, Duplicate, InboxError, Intake, State
from webhook.media import check_media
from webhook.patience import Patience
from webhook.replies import Reply, response_of, response_to_error
from webhook.sources import Source, Sources
from webhook.throttle import Lockouts, Throttle
from webhook.whole import Request, Response, send_response

BODY_BYTES_MAX: Final = 16_384
"""Default limit of a body; TradingView's own message limit is 4,096 characters."""

PUT_SECS_MAX: Final = 0.4
"""With the server's limit for the request, below the second within which all is answered."""

PENDING_MAX: Final = 1_024
"""Requests at work at the same time; more are told to come again rather than to wait."""

PATH: Final = "/webhook/tradingview"

_log = logging.getLogger("perpdesk.webhook")


class RequestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much may be sent: bytes of a body, and alerts a minute of a source or for a strategy."""

    body_bytes: int = BODY_BYTES_MAX
    rate_per_minute: int = 60


class StoreHealth:
    """Remember whether alerts could be stored lately, for those who ask about our health."""

    RECENT_SECS = 60.0
    """For so long a failure counts, if nothing has been stored since."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed_at: float | None = None
        self._words = ""

    def fail(self, words: str) -> None:
        """Note that an alert could not be stored, and why."""
        self._failed_at = self._clock()
        self._words = words

    def succeed(self) -> None:
        """Note that one was stored."""
        self._failed_at = None

    @property
    def trouble(self) -> str | None:
        """Why alerts cannot be stored, as far as was seen; None if they can."""
        if self._failed_at is None or self._clock() - self._failed_at > self.RECENT_SECS:
            return None
        return self._words


class AlertPost:
    """
    Answer every request at `PATH` and below it.

    Parameters
    ----------
    intake : Intake
        Stores the alerts.
    credentials, sources, limits
        Who may post, and how much.
    tickers : mapping
        Which instrument each ticker of an alert stands for; others are refused.
    strategies : mapping
        How long the alerts of each strategy live; those for others are refused.
    health : StoreHealth
        Told how storing goes.
    clock_ns : callable
        Nanoseconds UTC.
    """

    def __init__(
        self,
        intake: Intake,
        *,
        credentials: Credentials,
        sources: Sources,
        limits: RequestLimits,
        tickers: Mapping[str, InstrumentId],
        strategies: Mapping[str, Ttl],
        health: StoreHealth,
        clock_ns: Callable[[], int],
    ) -> None:
        self._intake = intake
        self._credentials = credentials
        self._sources = sources
        self._body_bytes_max = limits.body_bytes
        self._throttle = Throttle(limits.rate_per_minute)
        self._lockouts = Lockouts()
        self._tickers = tickers
        self._strategies = strategies
        self._health = health
        self._clock_ns = clock_ns
        self._patience = Patience(PUT_SECS_MAX)
        self._pending = 0

    async def respond(self, request: Request, body: bytes | Receive) -> Response:
        """
        Answer a request, whatever happens.

        Parameters
        ----------
        body : bytes or Receive
            The whole body, or from where ASGI gives it.

        Raises
        ------
        GoneError
            If the sender hung up before its body was whole, so that there is nobody to answer.
        """
        self._pending += 1
        try:
            return response_of(200, await self._answer(request, body))
        except WebhookError as e:
            e.message = self._credentials.redact(e.message)
            return response_to_error(e)
        except GoneError:
            raise
        except Exception as e:  # noqa: BLE001  the boundary of a request: a sender must hear 503
            _log.error("%s", self._credentials.redact("".join(traceback.format_exception(e))))
            message = "The alert was not taken: send it again"
            return response_to_error(WebhookError(503, "internal", message))
        finally:
            self._pending -= 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that comes by ASGI."""
        request = Request(scope["method"], scope["path"], scope["headers"], scope.get("client"))
        try:
            response = await self.respond(request, receive)
        except GoneError:
            return
        await send_response(send, response)

    async def _answer(self, request: Request, body: bytes | Receive) -> Reply:
        if self._pending > PENDING_MAX:
            raise WebhookError(503, "busy", "Too many requests at once: send it again")
        source = self._sources.of(request.client, request.headers)
        if not source.is_allowed:
            message = f"source: expected an address that is allowed, was {source.name}"
            raise WebhookError(403, "not_allowed", message)
        token = request.path[len(PATH) + 1 :] if len(request.path) > len(PATH) else None
        guest = self._guest(token, source)
        self._lockouts.check(guest)
        is_known = self._check_token(token, guest)
        if request.method != "POST":
            message = f"Expected the method POST, was {request.method[:20]}"
            raise WebhookError(405, "method", message)
        check_media(request.headers, self._body_bytes_max)
        if not isinstance(body, bytes):
            body = await _read(body, self._body_bytes_max)
        if len(body) > self._body_bytes_max:
            raise WebhookError(413, "too_large", f"Expected at most {self._body_bytes_max} bytes")
        fields = self._fields(body, guest, is_known=is_known)
        received_ns = self._clock_ns()
        alert = parse_alert(fields, self._tickers, received_ns=received_ns)
        expires_ns = expiry_ns(alert, received_ns, self._ttl(alert))
        if not alert.is_exit:
            self._throttle.hit(source.name, alert.strategy)
        answer = await self._put(alert, received_ns, expires_ns)
        return _reply(alert, answer)

    def _guest(self, token: str | None, source: Source) -> str:
        """Return as whom to count wrong secrets: strangers must not lock out who has the token."""
        if token is not None and self._credentials.has_token(token):
            return f"{source.name} with the token"
        return source.name

    def _check_token(self, token: str | None, guest: str) -> bool:
        if token is not None and ("/" in token or not token):
            raise not_found()
        try:
            return self._credentials.check_path(token)
        except WebhookError:
            if token is not None:
                self._lockouts.fail(guest)
            raise

    def _fields(self, body: bytes, guest: str, *, is_known: bool) -> dict[str, object]:
        """Return what a body says that its sender may say, without any secret."""
        try:
            fields = read_fields(body)
        except WebhookError:
            self._refuse_redacted(body)
            raise
        secret = fields.pop(SECRET_FIELD, UNSET)
        try:
            self._credentials.check_body(secret, is_known=is_known)
        except WebhookError:
            if secret is not UNSET:
                self._lockouts.fail(guest)
            raise
        self._lockouts.succeed(guest)
        if self._credentials.is_clean(body, is_secret_taken=secret is not UNSET):
            return fields
        return self._credentials.redact_fields(fields)

    def _refuse_redacted(self, body: bytes) -> None:
        """Raise the words about a body once more, if they could quote a secret from it."""
        text = body.decode(errors="replace")
        redacted = self._credentials.redact(text)
        if redacted != text:
            read_fields(redacted.encode())
            raise WebhookError(400, "malformed", "Expected JSON, and the secret in one place")

    def _ttl(self, alert: Alert) -> Ttl:
        ttl = self._strategies.get(alert.strategy)
        if ttl is None:
            names = ", ".join(sorted(self._strategies)) or "none configured"
            found = repr(alert.strategy)
            message = f"strategy: expected one that takes alerts ({names}), was {found[:80]}"
            raise WebhookError(422, "no_listener", message)
        return ttl

    async def _put(self, alert: Alert, received_ns: int, expires_ns: int) -> Answer:
        try:
            answer = await self._patience.wait(self._intake.put(alert, received_ns, expires_ns))
        except TimeoutError:
            self._health.fail(f"The store did not answer within {PUT_SECS_MAX} s")
            message = "The alert could not be stored in time: send it again"
            raise WebhookError(503, "busy", message) from None
        except InboxError as e:
            words = self._credentials.redact(str(e))
            self._health.fail(words)
            raise WebhookError(503, "not_stored", f"{words}: send the alert again") from e
        self._health.succeed()
        return answer


class GoneError(Exception):
    """The sender has hung up."""


async def _read(receive: Receive, bytes_max: int) -> bytes:
    """Return a body, at most a bit longer than asked for; the server hangs up on a slow one."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= bytes_max:
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise GoneError
    return body


def _reply(alert: Alert, answer: Answer) -> Reply:
    outcome = answer.outcome
    if isinstance(answer, Duplicate):
        return Reply("duplicate", "Taken before, not traded again", alert.key, outcome)
    if isinstance(answer, Conflict):
        message = "Another alert came under this key before; this one was not taken"
        raise WebhookError(409, "conflict", message, key=alert.key, outcome=outcome)
    if outcome.state is State.EXPIRED:
        return Reply("expired", "Too old to be traded, and kept", alert.key, outcome)
    if alert.action is None:
        return Reply("heartbeat", f"{alert.strategy} is heard", alert.key, outcome)
    return Reply("accepted", f"Stored for {alert.strategy}", alert.key, outcome)
