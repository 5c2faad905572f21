"""Which store a setting means, and that a plain run loads no Redis client."""

import subprocess
import sys
from pathlib import Path

import pytest

from webhook.inbox import InboxError
from webhook.redis_inbox import RedisInbox
from webhook.sqlite_inbox import SqliteInbox
from webhook.stores import open_inbox


def test_a_path_means_a_file_and_a_url_a_server(tmp_path: Path) -> None:
    assert isinstance(open_inbox(str(tmp_path / "inbox.db")), SqliteInbox)
    assert isinstance(open_inbox("redis://127.0.0.1"), RedisInbox)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("where", "found"), [("", "nothing"), ("mysql://:canary@host", "mysql://")]
)
def test_anything_else_is_refused(where: str, found: str) -> None:
    with pytest.raises(InboxError, match=f"was {found}") as caught:
        open_inbox(where)
    assert "canary" not in str(caught.value)


def test_without_the_client_a_file_works_and_a_server_names_the_extra() -> None:
    script = (
        "import sys; sys.modules['redis'] = None\n"
        "from webhook.stores import open_inbox\n"
        "open_inbox('inbox.db')\n"
        "try: open_inbox('redis://:canary@host')\n"
        "except Exception as e: print(type(e).__name__, e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("InboxError"), done.stderr
    assert "pip install 'perpdesk[redis]'" in done.stdout
    assert "canary" not in done.stdout
