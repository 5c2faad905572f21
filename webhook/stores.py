"""From where the alerts shall be kept to the store that keeps them; Redis is loaded only here."""

from pathlib import Path

from webhook.inbox import DEFAULT_LIMITS, Inbox, InboxError, Limits
from webhook.redis_address import SCHEMES, parse_redis_url
from webhook.sqlite_inbox import SqliteInbox


def open_inbox(where: str, limits: Limits = DEFAULT_LIMITS) -> Inbox:
    """
    Return a store, which takes hold of its file or server when it is first used.

    Parameters
    ----------
    where : str
        A file's path, or "redis://user:password@host:6379/0".
    limits : Limits
        How much is kept.

    Raises
    ------
    InboxError
        If `where` is neither, or Redis is meant and its client is not installed.
    """
    scheme, colon, _ = where.partition("://")
    if not colon:
        if not where:
            raise InboxError("Expected a file or a redis:// URL for the inbox, was nothing")
        return SqliteInbox(Path(where), limits)
    if scheme not in SCHEMES:
        raise InboxError(f"Expected a file or a redis:// URL for the inbox, was {scheme}://")
    address = parse_redis_url(where)
    try:
        from webhook.redis_inbox import RedisInbox  # noqa: PLC0415  an extra
    except ModuleNotFoundError as e:
        if e.name != "redis":
            raise
        message = f"The inbox {address} needs the redis client: pip install 'perpdesk[redis]'"
        raise InboxError(message) from e
    return RedisInbox(address, limits)
