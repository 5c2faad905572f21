"""The venue's errors, and the answers to what is posted by WebSocket; nothing is sent here."""

from http import HTTPStatus

import msgspec

from simulator.hyperliquid_feeds import Posted
from simulator.replies import HTML, JSON, TEXT, Reply

NOT_JSON = "Failed to parse the request body as JSON"
BAD_SHAPE = "Failed to deserialize the JSON body into the target type"
PROXY_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)
"""What the venue's nginx says when nothing behind it does (fact sheet 1.2 and 1.3)."""


def refusal(error: Exception) -> Reply:
    """Refuse a body in the words of the venue's web framework, plain text (fact sheet 1.3)."""
    malformed = isinstance(error, msgspec.DecodeError) and not isinstance(
        error, msgspec.ValidationError
    )
    if malformed:
        words = f"{NOT_JSON}: {error}"
        return Reply(HTTPStatus.BAD_REQUEST, words.encode(), media_type=TEXT)
    return Reply(HTTPStatus.UNPROCESSABLE_ENTITY, BAD_SHAPE.encode(), media_type=TEXT)


def failure(status: int, body: str | None = None) -> Reply:
    """Fail with an HTTP status; `body` None is what usually comes with it (fact sheet 1.3)."""
    if body is None:
        body = _usual_body(status)
    media_type = HTML if body.startswith("<") else JSON if body == "null" else TEXT
    return Reply(status, body.encode(), media_type=media_type)


def posted(post: Posted, reply: Reply) -> dict[str, object]:
    """Answer a request posted by WebSocket: an error is told in words after its status."""
    if reply.status != HTTPStatus.OK:
        return {"type": "error", "payload": _words(reply)}
    payload: object = msgspec.Raw(reply.body)
    if post.request.type == "info":
        payload = {"type": reply.kind, "data": payload}
    return {"type": post.request.type, "payload": payload}


def _usual_body(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "null"
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return BAD_SHAPE
    if status >= HTTPStatus.BAD_GATEWAY:
        return PROXY_PAGE.format(f"{status:d} {_phrase(status)}")
    return _phrase(status)


def _words(reply: Reply) -> str:
    """Tell an HTTP error in one string, as a WebSocket post does (fact sheet 6.6)."""
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "429 Too Many Requests"
    return f"{reply.status:d} {_phrase(reply.status)}: {reply.body.decode()}"


def _phrase(status: int) -> str:
    # Python renamed the phrase of 422.
    unprocessable = status == HTTPStatus.UNPROCESSABLE_ENTITY
    return "Unprocessable Entity" if unprocessable else HTTPStatus(status).phrase
