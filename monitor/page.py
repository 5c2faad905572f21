"""The page: static files, served to anybody since they hold nothing; they ask the API."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).parent / "static"

FILES: Final = {
    "/": ("index.html", "text/html"),
    "/static/app.js": ("app.js", "text/javascript"),
    "/static/dom.js": ("dom.js", "text/javascript"),
    "/static/views.js": ("views.js", "text/javascript"),
    "/static/charts.js": ("charts.js", "text/javascript"),
    "/static/stream.js": ("stream.js", "text/javascript"),
    "/static/style.css": ("style.css", "text/css"),
    "/static/vendor/lightweight-charts.js": ("vendor/lightweight-charts.js", "text/javascript"),
    "/static/vendor/LICENSE": ("vendor/LICENSE", "text/plain"),
    "/static/vendor/NOTICE": ("vendor/NOTICE", "text/plain"),
}
"""All there is, by path: no name of a file comes from a request."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, nothing inline, no frame around it: the page holds a person's token."""

HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}


def pages() -> list[Route]:
    """Return the routes of the page; each file is read once, here (OSError)."""
    return [
        Route(path, _serve((FOLDER / name).read_bytes(), kind), methods=["GET"])
        for path, (name, kind) in FILES.items()
    ]


def _serve(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return Response(content, headers=HEADERS, media_type=f"{kind}; charset=utf-8")

    return serve
