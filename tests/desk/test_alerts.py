"""The commands that look into an inbox, on a store of their own: what they say and what they do."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model.identifiers import InstrumentId

from desk.alerts import replayed, since_ns
from desk.cli import app, exit_code
from desk.exits import Exit, UsageError
from strategies.signals import Action
from webhook.alerts import Alert
from webhook.inbox import Entry, Outcome, State, Step
from webhook.sqlite_inbox import SqliteInbox

ETH = InstrumentId.from_str("ETH-USD-PERP.HYPERLIQUID")
MS_NS = 1_000_000
SEC_NS = 1_000 * MS_NS

type Command = Callable[..., tuple[Exit, str, str]]


def alert(key: str, action: Action | None = Action.BUY, strategy: str = "alert_eth") -> Alert:
    return Alert(
        dialect="own",
        key=f"{strategy}:{key}",
        digest=f"digest of {key}",
        strategy=strategy,
        instrument_id=ETH,
        action=action,
        quantity=Decimal("0.5"),
        stated=Decimal("0.5"),
        sequence=7,
    )


async def fill_inbox(path: Path, began_ns: int) -> None:
    """Store a traded alert, a refused one, and a heartbeat, each a second later."""
    inbox = SqliteInbox(path)
    for number, one in enumerate([alert("1"), alert("2"), alert("3", None, "gone")]):
        received = began_ns + number * SEC_NS
        await inbox.put(one, received, received + 30 * SEC_NS)
    order = ("A-1",)
    story = [
        ("delivered", 1, {}, Outcome(state=State.DELIVERED)),
        ("decided", 3, {}, Outcome(state=State.DECIDED, orders=order)),
        ("order_submitted", 4, {"order": "A-1"}, None),
        ("order_filled", 9, {"side": "buy", "price": "3000.1"}, None),
        ("done", 10, {"status": "filled"}, Outcome(state=State.DONE, orders=order)),
    ]
    await inbox.record(
        [
            Step(
                key="alert_eth:1",
                kind=kind,
                ts_ns=began_ns + ms * MS_NS,
                detail=detail,
                outcome=outcome,
            )
            for kind, ms, detail, outcome in story
        ]
    )
    refused = Outcome(state=State.DONE, reason="bad_size", message="Too small")
    await inbox.record([Step(key="alert_eth:2", kind="done", ts_ns=began_ns, outcome=refused)])
    await inbox.close()


@pytest.fixture
def began_ns() -> int:
    return time.time_ns() - 3_600 * SEC_NS


@pytest.fixture
def place(tmp_path: Path, began_ns: int) -> Path:
    path = tmp_path / "alerts.sqlite"
    asyncio.run(fill_inbox(path, began_ns))
    return path


@pytest.fixture
def command(place: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `perpdesk alerts ...` on the store."""

    def run(*words: str) -> tuple[Exit, str, str]:
        line = ["alerts", *words, "--inbox", str(place), "--profile", "demo"]
        code = exit_code(lambda: app(line, exit_on_error=False, result_action="return_value"))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def stored(place: Path) -> Sequence[Entry]:
    async def read() -> Sequence[Entry]:
        inbox = SqliteInbox(place)
        try:
            return await inbox.entries()
        finally:
            await inbox.close()

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ([], ["gone:3", "alert_eth:2", "alert_eth:1"]),
        (["--limit", "1"], ["gone:3"]),
        (["--strategy", "alert_eth"], ["alert_eth:2", "alert_eth:1"]),
        (["--state", "received"], ["gone:3"]),
        (["--state", "done", "--state", "received", "--limit", "2"], ["gone:3", "alert_eth:2"]),
        (["--since", "2h"], ["gone:3", "alert_eth:2", "alert_eth:1"]),
        (["--since", "30m"], []),
    ],
)
def test_alerts_are_listed_newest_first(
    command: Command, options: list[str], keys: list[str]
) -> None:
    code, printed, _ = command("list", "--json", *options)
    assert code == Exit.DONE
    assert [entry["alert"]["key"] for entry in json.loads(printed)] == keys


def test_the_list_says_what_became_of_each(command: Command) -> None:
    _, printed, _ = command("list")
    for words in ("alert_eth:1", "buy 0.5", "A-1", "bad_size", "heartbeat", "received"):
        assert words in printed


@pytest.mark.parametrize("key", ["alert_eth:1", "eth:1"])
def test_a_trace_tells_the_story_with_its_times(command: Command, key: str) -> None:
    code, printed, _ = command("show", key)
    assert code == Exit.DONE
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert lines[:2] == ["alert_eth:1 (own)", f"asks buy 0.5 {ETH} for alert_eth"]
    assert any(line.endswith("+9.000 ms order_filled side buy price 3000.1") for line in lines)
    assert lines[-5:] == [
        "1.000 ms to its strategy",
        "2.000 ms to the decision",
        "1.000 ms to the order",
        "5.000 ms to the first fill",
        "10.000 ms from alert to end",
    ]


def test_a_trace_is_there_for_machines(command: Command) -> None:
    trace = json.loads(command("show", "alert_eth:2", "--json")[1])
    assert trace["entry"]["outcome"]["reason"] == "bad_size"
    assert [step["kind"] for step in trace["steps"]] == ["received", "done"]


@pytest.mark.parametrize(
    ("key", "words"),
    [("alert_eth", "is part of: alert_eth:2, alert_eth:1"), ("nothing", "was 'nothing'")],
)
def test_a_key_that_names_no_single_alert_is_refused(
    command: Command, key: str, words: str
) -> None:
    code, _, error = command("show", key)
    assert (code, words in error) == (Exit.USAGE, True)


def test_everything_is_exported_oldest_first(command: Command) -> None:
    traces = [json.loads(line) for line in command("export")[1].splitlines()]
    keys = [trace["entry"]["alert"]["key"] for trace in traces]
    assert keys == ["alert_eth:1", "alert_eth:2", "gone:3"]
    assert len(traces[0]["steps"]) == 6


def test_nothing_is_replayed_without_a_yes(command: Command, place: Path) -> None:
    code, _, error = command("replay", "alert_eth:1")
    assert code == Exit.ANSWER_NEEDED
    assert error == "perpdesk: Expected --yes to trade alert_eth:1 again, was not given\n"
    assert len(stored(place)) == 3


def test_a_replay_is_a_new_alert_of_now(command: Command, place: Path) -> None:
    now = time.time_ns()
    code, printed, _ = command("replay", "alert_eth:1", "--yes", "--json")
    assert code == Exit.DONE
    again = stored(place)[0]
    assert json.loads(printed)["key"] == again.alert.key
    assert again.alert.key.startswith("alert_eth:1:replay-")
    assert again.outcome.state is State.RECEIVED
    assert again.alert.ts_event == again.received_ns >= now
    assert again.expires_ns == again.received_ns + 30 * SEC_NS  # an entry of the demo
    assert (again.alert.action, again.alert.quantity) == (Action.BUY, Decimal("0.5"))
    assert (again.alert.stated, again.alert.sequence) == (None, None)


def test_each_replay_is_another_alert() -> None:
    first, second = (replayed(alert("1"), ms * MS_NS) for ms in (1, 2))
    assert len({first.key, second.key, "alert_eth:1"}) == 3
    assert len({first.digest, second.digest, "digest of 1"}) == 3


def test_what_cannot_be_traded_is_not_replayed(command: Command, place: Path) -> None:
    code, _, error = command("replay", "gone:3", "--yes")
    assert (code, "heartbeat" in error) == (Exit.USAGE, True)

    async def store() -> None:
        inbox = SqliteInbox(place)
        await inbox.put(alert("4", Action.BUY, "gone"), 1, 2)
        await inbox.close()

    asyncio.run(store())
    code, _, error = command("replay", "gone:4", "--yes")
    assert (code, "a strategy of demo (alert_eth)" in error) == (Exit.USAGE, True)


def test_an_inbox_that_is_not_there_is_told_and_not_made(
    command: Command, tmp_path: Path, place: Path
) -> None:
    place.unlink()
    code, _, error = command("list")
    assert (code, "found none" in error) == (Exit.USAGE, True)
    assert not (tmp_path / "alerts.sqlite").exists()


def test_looking_disturbs_no_node(command: Command, place: Path) -> None:
    async def look() -> Any:  # noqa: ANN401
        node = SqliteInbox(place)
        await node.open()
        found = await asyncio.to_thread(command, "list", "--json")
        taken = [entry.alert.key for entry in await node.take()]
        await node.close()
        return found, taken

    (code, printed, _), taken = asyncio.run(look())
    assert (code, len(json.loads(printed)), taken) == (Exit.DONE, 3, ["gone:3"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 910 * SEC_NS),
        ("1m", 940 * SEC_NS),
        ("1970-01-01T00:00:05Z", 5 * SEC_NS),
        ("1970-01-01T00:00:05", 5 * SEC_NS),
        ("1970-01-01T01:00:05+01:00", 5 * SEC_NS),
    ],
)
def test_times_of_the_command_line(text: str, expected: int) -> None:
    assert since_ns(text, 1_000 * SEC_NS) == expected


@pytest.mark.parametrize("text", ["", "5", "yesterday", "5w", "-5s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--since: expected ISO 8601"):
        since_ns(text, 0)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_no_alert_has_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--since: expected a time from 1970 to 2261"):
        since_ns(text, 0)
