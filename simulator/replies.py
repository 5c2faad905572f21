"""An answer of a venue before it is put on HTTP or WebSocket."""

import msgspec
from starlette.background import BackgroundTask
from starlette.responses import Response

JSON = "application/json"
TEXT = "text/plain"
HTML = "text/html"


class Reply(msgspec.Struct, frozen=True):
    """What a venue answers: `body` is encoded JSON, or words; `kind` what the venue calls it."""

    status: int
    body: bytes
    kind: str = ""
    media_type: str = JSON


def respond(reply: Reply, afterwards: BackgroundTask | None = None) -> Response:
    """Put a reply on HTTP; `afterwards` runs once it is sent."""
    return Response(reply.body, reply.status, media_type=reply.media_type, background=afterwards)
