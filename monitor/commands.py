"""A command over HTTP, from its body to the desk and the audit; who gives it is checked before."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request

from monitor.audit import AuditLine
from monitor.desk import Action, Command, Desk, Done
from monitor.errors import MonitorError
from monitor.metrics import Metrics

BODY_BYTES_MAX: Final = 16_384
BODY_SECS_MAX: Final = 5.0
REASON_LENGTH_MAX: Final = 200
STRATEGY_LENGTH_MAX: Final = 32  # as a profile allows

_log = logging.getLogger(__name__)

type Audit = Callable[[AuditLine], None]


class CommandBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may stand in the body of a command; an empty body is an empty object."""

    parameters: dict[str, Any] = {}
    reason: str = ""


class Commands:
    """
    Carry out commands, and write down each with its answer, also those that were refused.

    Parameters
    ----------
    desk : Desk
        Does it.
    audit : callable
        Keeps a line; one that cannot be kept is logged, since a person in need of a way out must
        not be stopped by a full disk.
    metrics : Metrics
        Counts them.
    now : callable
        The time, ISO 8601 in UTC.

    """

    def __init__(self, desk: Desk, audit: Audit, metrics: Metrics, now: Callable[[], str]) -> None:
        self._desk = desk
        self._audit = audit
        self._metrics = metrics
        self._now = now

    async def carry_out(self, request: Request, action: Action) -> Done:
        """
        Do what a request asks for.

        Raises
        ------
        MonitorError
            It cannot be read, or the desk refuses it.

        """
        body = CommandBody()
        try:
            body = await _read(request)
            return self._told(request, action, body)
        except MonitorError as e:
            self.note(request, action, body, (e.status, e.code, e.message))
            raise

    def note(
        self, request: Request, action: Action, body: CommandBody, answer: tuple[int, str, str]
    ) -> None:
        """Write a command down with its answer."""
        status, code, message = answer
        self._metrics.commands.labels(action.value, str(status)).inc()
        host, port = request.client or ("", 0)
        line = AuditLine(
            time=self._now(),
            source=f"{host}:{port}",
            command=action.value,
            strategy=request.path_params["id"][:STRATEGY_LENGTH_MAX],
            parameters=body.parameters,
            reason=body.reason,
            status=status,
            code=code,
            message=message,
        )
        try:
            self._audit(line)
        except OSError as e:
            _log.warning("The audit could not be written (%s): %r", e, line)

    def _told(self, request: Request, action: Action, body: CommandBody) -> Done:
        if body.parameters and action is not Action.PARAMETERS:
            words = f"parameters: expected none with {action.value}"
            raise MonitorError(422, "bad_body", words)
        strategy = request.path_params["id"]
        command = Command(strategy=strategy, action=action, parameters=body.parameters)
        done = self._desk.carry_out(command)
        self.note(request, action, body, (200, done.code, done.message))
        return done


async def _read(request: Request) -> CommandBody:
    content = b""
    try:
        async with asyncio.timeout(BODY_SECS_MAX):
            async for chunk in request.stream():
                content += chunk
                if len(content) > BODY_BYTES_MAX:
                    words = f"Expected at most {BODY_BYTES_MAX} bytes, were more"
                    raise MonitorError(413, "too_long", words)
    except TimeoutError as e:
        words = f"Expected the body within {BODY_SECS_MAX:g} s"
        raise MonitorError(408, "too_slow", words) from e
    if not content.strip():
        return CommandBody()
    try:
        body = msgspec.json.decode(content, type=CommandBody)
    except msgspec.ValidationError as e:
        raise MonitorError(422, "bad_body", f"Expected parameters and reason: {e}") from e
    except (msgspec.DecodeError, RecursionError) as e:
        raise MonitorError(400, "no_json", "Expected JSON, was something else") from e
    if len(body.reason) > REASON_LENGTH_MAX:
        words = f"reason: expected at most {REASON_LENGTH_MAX} characters"
        raise MonitorError(422, "bad_body", words)
    return body
