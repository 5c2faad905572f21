"""The API over real HTTP: who is let in, what is shown, what is done, what is written down."""

import asyncio
import logging

import aiohttp
import msgspec
import pytest

from config.secrets import Secret
from monitor.app import create_app
from monitor.audit import AuditLine
from monitor.auth import Tokens
from monitor.errors import MonitorError
from monitor.feed import Feed
from monitor.metrics import Metrics
from monitor.picture import DeskPicture, State
from monitor.server import serving
from tests.monitor.conftest import CONTROL, READ, Ask
from tests.monitor.fake_desk import ALERT, PICTURE, STRATEGY, TRADE, FakeDesk
from tests.waiting import eventually

SHOWN = (
    *("/api/status", "/api/positions", "/api/orders", "/api/trades"),
    *("/api/equity", "/api/alerts", "/api/events", "/metrics"),
    *("/api/trace?key=alert_eth:1", "/api/chart?strategy=rsi_btc"),
)
PAUSE = "/api/strategies/rsi_btc/pause"


async def test_the_status_is_the_picture(ask: Ask) -> None:
    status, headers, body = await ask("/api/status")

    assert status == 200
    assert msgspec.convert(body, DeskPicture, strict=False) == PICTURE
    assert body["strategies"][0]["position"] == "0.03"  # a decimal stays one on the way
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_each_table_is_shown_on_its_own(ask: Ask) -> None:
    for path, rows in (
        ("/api/positions", PICTURE.positions),
        ("/api/orders", PICTURE.orders),
        ("/api/trades?limit=2", [TRADE, TRADE]),
        ("/api/alerts?limit=1", [ALERT]),
    ):
        status, _, body = await ask(path)
        assert (status, body) == (200, msgspec.json.decode(msgspec.json.encode(rows)))
    assert len((await ask("/api/equity?limit=1"))[2]) == 1


async def test_a_trace_and_a_chart_are_asked_for_by_name(ask: Ask) -> None:
    _, _, steps = await ask("/api/trace?key=alert_eth:1")
    assert [step["kind"] for step in steps] == ["received"]
    assert (await ask("/api/trace"))[0] == 404
    _, _, chart = await ask("/api/chart?strategy=rsi_btc&limit=2")
    assert (chart["strategy"], len(chart["bars"])) == ("rsi_btc", 2)
    assert (chart["bars"][0]["close"], chart["bars"][0]["indicator"]) == ("2", 41.5)
    assert (await ask("/api/chart?strategy=rsi_btc&limit=0"))[0] == 422


@pytest.mark.parametrize("limit", ["0", "5001", "-1", "x", "9" * 30, "٣"])
async def test_an_impossible_limit_is_refused(ask: Ask, limit: str) -> None:
    status, _, body = await ask(f"/api/trades?limit={limit}")
    assert (status, body["code"]) == (422, "bad_limit")


@pytest.mark.parametrize("path", SHOWN)
@pytest.mark.parametrize(("token", "code"), [(None, "no_token"), ("wrong" * 4, "wrong_token")])
async def test_nothing_is_shown_without_a_token(
    ask: Ask, path: str, token: str | None, code: str
) -> None:
    status, headers, body = await ask(path, token=token)
    assert (status, body["code"], headers["www-authenticate"]) == (401, code, "Bearer")


async def test_who_may_command_may_look(ask: Ask) -> None:
    assert (await ask("/api/status", token=CONTROL))[0] == 200


async def test_a_command_is_done_and_written_down(
    ask: Ask, desk: FakeDesk, audit: list[AuditLine]
) -> None:
    status, _, body = await ask(PAUSE, token=CONTROL, method="POST", body=b'{"reason": "news"}')

    assert (status, body["code"], body["strategy"]["state"]) == (200, "done", State.PAUSED)
    (command,) = desk.commands
    assert (command.strategy, command.action) == ("rsi_btc", "pause")
    (line,) = audit
    assert (line.command, line.strategy, line.reason) == ("pause", "rsi_btc", "news")
    assert (line.status, line.code, line.message) == (200, "done", "pause done")
    assert line.source.startswith("127.0.0.1:")


async def test_parameters_reach_the_desk(ask: Ask, desk: FakeDesk) -> None:
    path = "/api/strategies/rsi_btc/parameters"
    body = b'{"parameters": {"period": 9}}'
    assert (await ask(path, token=CONTROL, method="POST", body=body))[0] == 200
    assert desk.commands[0].parameters == {"period": 9}


@pytest.mark.parametrize(("token", "wanted"), [(None, 401), ("x" * 20, 401), (READ, 403)])
async def test_a_reader_commands_nothing_and_the_attempt_is_written_down(
    ask: Ask, desk: FakeDesk, audit: list[AuditLine], token: str | None, wanted: int
) -> None:
    status, _, _ = await ask(PAUSE, token=token, method="POST", body=b'{"reason": "mine"}')

    assert status == wanted
    assert desk.commands == []
    assert [(line.status, line.reason) for line in audit] == [(wanted, "")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "no_json"),
        (b'{"parameters": {"a": ' + b"[" * 10_000, 400, "no_json"),
        (b"[]", 422, "bad_body"),
        (b'{"reason": 5}', 422, "bad_body"),
        (b'{"paramters": {}}', 422, "bad_body"),
        (b'{"parameters": {"period": 9}}', 422, "bad_body"),  # not with a pause
        (b'{"reason": "' + b"x" * 201 + b'"}', 422, "bad_body"),
        (b" " * 16_385, 413, "too_long"),
    ],
)
async def test_a_body_that_means_nothing_is_refused_and_written_down(
    ask: Ask, desk: FakeDesk, audit: list[AuditLine], body: bytes, status: int, code: str
) -> None:
    answer, _, problem = await ask(PAUSE, token=CONTROL, method="POST", body=body)

    assert (answer, problem["code"]) == (status, code)
    assert desk.commands == []
    assert [(line.status, line.code) for line in audit] == [(status, code)]


async def test_what_the_desk_refuses_is_answered_and_written_down(
    ask: Ask, desk: FakeDesk, audit: list[AuditLine]
) -> None:
    desk.refusal = MonitorError(409, "moving", "An order is under way")
    status, _, body = await ask(PAUSE, token=CONTROL, method="POST")
    assert (status, body) == (409, {"code": "moving", "message": "An order is under way"})
    assert [(line.status, line.message) for line in audit] == [(409, "An order is under way")]


async def test_a_command_is_done_although_its_audit_cannot_be_written(
    desk: FakeDesk, feed: Feed, metrics: Metrics, session: aiohttp.ClientSession
) -> None:
    def full(_line: AuditLine) -> None:
        raise OSError(28, "No space left on device")

    tokens = Tokens(Secret(READ), Secret(CONTROL))
    app = create_app(desk, tokens, feed=feed, metrics=metrics, audit=full)
    async with serving(app, "127.0.0.1", 0) as base:
        headers = {"authorization": f"Bearer {CONTROL}"}
        async with session.post(f"{base}{PAUSE}", headers=headers) as answer:
            assert answer.status == 200
    assert len(desk.commands) == 1


async def test_after_many_wrong_tokens_nobody_is_let_in_for_a_while(ask: Ask) -> None:
    for _ in range(20):
        assert (await ask("/api/status", token="wrong" * 4))[0] == 401
    assert (await ask("/api/status"))[0] == 429


async def test_paths_and_methods_that_are_none(ask: Ask) -> None:
    status, _, body = await ask("/api/nothing")
    assert (status, body["code"]) == (404, "not_found")
    status, headers, body = await ask(PAUSE, token=CONTROL)
    assert (status, body["code"], headers["allow"]) == (405, "method", "POST")
    assert (await ask("/api/strategies/rsi_btc/sell", token=CONTROL, method="POST"))[0] == 404


async def test_a_lost_store_is_said(ask: Ask, desk: FakeDesk) -> None:
    desk.is_store_lost = True
    status, _, body = await ask("/api/alerts")
    assert (status, body["code"]) == (503, "no_store")


async def test_health_and_readiness_need_no_token_and_say_what_is_wrong(
    ask: Ask, desk: FakeDesk
) -> None:
    assert [(await ask(path, token=None))[0] for path in ("/health", "/ready")] == [200, 200]

    broken = msgspec.structs.replace(STRATEGY, state=State.DEGRADED, last_error="it raised")
    desk.shown = msgspec.structs.replace(PICTURE, strategies=(broken,))
    assert (await ask("/health", token=None))[0] == 200
    status, _, body = await ask("/ready", token=None)
    assert (status, body["code"]) == (503, "unavailable")
    assert body["troubles"] == ["strategy rsi_btc is degraded: it raised"]

    desk.in_trouble = ["the node has stopped"]
    assert (await ask("/health", token=None))[0] == 503


async def test_events_are_sent_as_they_happen_and_known_ones_again(
    url: str, session: aiohttp.ClientSession, feed: Feed
) -> None:
    for text in ("one", "two"):
        feed.tell("line", msgspec.json.encode({"text": text}))
    headers = {"authorization": f"Bearer {READ}", "last-event-id": "1"}
    async with session.get(f"{url}/api/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.content
        assert await lines.readline() == b": still here\n"
        await lines.readline()
        assert [await lines.readline() for _ in range(4)] == [
            b"id: 2\n",
            b"event: line\n",
            b'data: {"text":"two"}\n',
            b"\n",
        ]
        feed.tell("status", b"{}", is_kept=False)
        assert [await lines.readline() for _ in range(2)] == [b"event: status\n", b"data: {}\n"]
        assert feed.has_listeners
    await eventually(lambda: not feed.has_listeners)


async def test_the_end_lets_listeners_go(
    url: str, session: aiohttp.ClientSession, feed: Feed
) -> None:
    async with session.get(
        f"{url}/api/events", headers={"authorization": f"Bearer {READ}"}
    ) as answer:
        await answer.content.readline()
        feed.close()
        assert (await asyncio.wait_for(answer.content.read(), 5)).strip() == b""


async def test_no_token_is_in_any_log(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await ask("/api/status", token=CONTROL)
    await ask(PAUSE, token="nearly-" + CONTROL, method="POST")
    ours = [record for record in caplog.records if "aiohttp" not in record.name]
    assert not [r for r in ours if CONTROL in r.getMessage()]
