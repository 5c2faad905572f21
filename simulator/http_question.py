"""One HTTP request of a recorder and what came of it, as it came; it judges nothing."""

import asyncio
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec

from simulator.recorded_line import USER_AGENT

ANSWER_BYTES_MAX = 16 * 1024 * 1024


class HttpAnswer(msgspec.Struct, frozen=True):
    """An answer with its status; without one `text` is the kind of the error."""

    status: int | None
    text: str
    headers: dict[str, str]


async def ask_http(url: str, body: bytes | None, timeout_secs: float) -> HttpAnswer:
    """POST some JSON, or GET without a body; no answer is an answer, too."""
    return await asyncio.to_thread(_ask, url, body, timeout_secs)


def _ask(url: str, body: bytes | None, timeout_secs: float) -> HttpAnswer:
    headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
    request = Request(url, body, headers)  # noqa: S310  (options take no URL but of HTTP)
    try:
        with urlopen(request, timeout=timeout_secs) as response:  # noqa: S310  (likewise)
            status, raw, told = response.status, response.read(ANSWER_BYTES_MAX), response.headers
    except HTTPError as e:
        with e:
            status, raw, told = e.code, e.read(ANSWER_BYTES_MAX), e.headers
    except (OSError, HTTPException) as e:
        cause = getattr(e, "reason", e)
        return HttpAnswer(None, type(cause).__name__, {})
    kept = {name.lower(): text for name, text in told.items() if "cookie" not in name.lower()}
    return HttpAnswer(status, raw.decode(errors="backslashreplace"), kept)
