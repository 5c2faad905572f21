"""Where a Redis is, read from a URL whose password nobody ever sees again; nothing is opened."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from webhook.inbox import InboxError

SCHEMES = ("redis", "rediss")

_PORT = 6379
_EXPECTED = (
    "Expected an inbox such as redis://user:password@host:6379/0, with rediss:// for TLS and "
    "?durability=relaxed where alerts may be lost"
)


@dataclass(frozen=True, kw_only=True)
class RedisAddress:
    """
    A server, one of its databases, and how sure it must be.

    `is_relaxed` allows a server that says an alert is stored before it is on disk: what came in
    about the last second before a crash is then lost (`appendfsync everysec`), or all since its
    last snapshot (`appendonly no`).
    """

    host: str
    port: int
    database: int
    is_tls: bool
    is_relaxed: bool
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)

    def __str__(self) -> str:
        """Show it as a URL without user and password."""
        scheme = SCHEMES[self.is_tls]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}/{self.database}"


def parse_redis_url(url: str) -> RedisAddress:
    """
    Read a URL.

    Raises
    ------
    InboxError
        If it is none of ours; the message repeats nothing of it.
    """
    try:
        parts = urlsplit(url)
        database = int(parts.path.strip("/") or 0)
        port = parts.port or _PORT
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        # Its text may hold a part of a password with a "/" or a "#" in it.
        raise InboxError(f"{_EXPECTED}; percent-encode what is special in a password") from None
    known = query in ([], [("durability", "relaxed")])
    if parts.scheme not in SCHEMES or not parts.hostname or parts.fragment or not known:
        raise InboxError(f"{_EXPECTED}; percent-encode what is special in a password")
    return RedisAddress(
        host=parts.hostname,
        port=port,
        database=database,
        is_tls=parts.scheme == "rediss",
        is_relaxed=bool(query),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
