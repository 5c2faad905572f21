"""Inboxes in files, for the tests of them."""

from collections.abc import Callable

from tests.webhook.given import LATER_NS, NOW_NS, make_alert
from webhook.inbox import (
    Accepted,
)
from webhook.sqlite_inbox import SqliteInbox

type Make = Callable[..., SqliteInbox]


async def put(inbox: SqliteInbox, *numbers: int | str, **changes: object) -> None:
    for number in numbers:
        answer = await inbox.put(make_alert(number, **changes), NOW_NS, LATER_NS)
        assert isinstance(answer, Accepted)
