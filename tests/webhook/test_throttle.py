"""How often one may post, and how long a guesser waits: by a clock that the test moves."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.webhook.intake import MemoryIntake
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.errors import WebhookError
from webhook.expiry import Ttl
from webhook.posting import RequestLimits
from webhook.throttle import (
    FAILURES_FREE,
    FORGET_SECS,
    KEYS_MAX,
    LOCK_SECS_MAX,
    Lockouts,
    Throttle,
)

type Send = Callable[..., Any]

SECRET = "canary-8f3a51"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hits(throttle: Throttle, *pairs: tuple[str, str]) -> list[int | None]:
    """Return, for each pair of source and strategy, None or the seconds to wait."""
    return [_wait_secs(lambda pair=pair: throttle.hit(*pair), "rate_limit") for pair in pairs]


def lock_secs(lockouts: Lockouts, source: str = "a") -> int:
    return _wait_secs(lambda: lockouts.check(source), "locked_out") or 0


def _wait_secs(call: Callable[[], None], code: str) -> int | None:
    try:
        call()
    except WebhookError as e:
        refused = (e.status, e.code)
        secs = e.retry_after_secs
    else:
        return None
    assert refused == (429, code)
    return secs


def test_a_source_may_send_so_many_a_minute(clock: Clock) -> None:
    throttle = Throttle(2, clock)
    assert hits(throttle, ("a", "x"), ("a", "y"), ("a", "z")) == [None, None, 60]
    clock.now += 59.5
    assert hits(throttle, ("a", "q"), ("b", "q")) == [1, None]
    clock.now += 0.5
    assert hits(throttle, ("a", "x")) == [None]


def test_a_strategy_gets_so_many_a_minute(clock: Clock) -> None:
    throttle = Throttle(2, clock)
    assert hits(throttle, ("a", "x"), ("b", "x"), ("c", "x"), ("c", "y")) == [None, None, 60, None]


def test_zero_is_no_limit(clock: Clock) -> None:
    assert hits(Throttle(0, clock), *[("a", "x")] * 1_000) == [None] * 1_000


def test_sources_are_counted_up_to_a_limit(clock: Clock) -> None:
    throttle = Throttle(1, clock)
    for number in range(KEYS_MAX + 100):
        throttle.hit(str(number), str(number))
    assert len(throttle._windows) <= KEYS_MAX


def test_each_wrong_secret_more_doubles_the_time(clock: Clock) -> None:
    lockouts = Lockouts(clock)
    found = []
    for _ in range(FAILURES_FREE + 11):
        lockouts.fail("a")
        found.append(lock_secs(lockouts))
        clock.now += found[-1]
        assert lock_secs(lockouts) == 0
    doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256, LOCK_SECS_MAX, LOCK_SECS_MAX, LOCK_SECS_MAX]
    assert found == [0] * (FAILURES_FREE - 1) + doubled
    assert lock_secs(lockouts, "b") == 0


def test_quiet_time_and_a_right_secret_make_failures_forgotten(clock: Clock) -> None:
    lockouts = Lockouts(clock)
    for _ in range(FAILURES_FREE - 1):
        lockouts.fail("a")
        lockouts.fail("b")
    lockouts.succeed("b")
    clock.now += FORGET_SECS
    lockouts.fail("b")
    assert (lock_secs(lockouts), lock_secs(lockouts, "b")) == (0, 0)
    lockouts.fail("a")
    assert lock_secs(lockouts) == 1
    clock.now += FORGET_SECS + 1
    lockouts.fail("a")
    assert lock_secs(lockouts) == 0


def test_failures_without_end_neither_overflow_nor_grow(clock: Clock) -> None:
    lockouts = Lockouts(clock)
    for _ in range(20_000):
        lockouts.fail("a")
    assert lock_secs(lockouts) == LOCK_SECS_MAX
    for number in range(KEYS_MAX + 100):
        lockouts.fail(f"source-{number}")
    assert len(lockouts._records) <= KEYS_MAX


def alert(number: int, **changes: object) -> dict[str, object]:
    return {
        "strategy": "alerts",
        "action": "buy",
        "instrument": "BTC-USD-PERP.VENUE",
        "id": str(number),
        "secret": SECRET,
    } | changes


async def test_exits_are_never_too_many(send: Send, intake: MemoryIntake) -> None:
    app = create_app(
        intake,
        Credentials(SECRET),
        strategies={"alerts": Ttl()},
        limits=RequestLimits(rate_per_minute=2),
    )
    answers = [await send(alert(number), to=app) for number in range(3)]
    assert [one[0] for one in answers] == [200, 200, 429]
    _, headers, answer = answers[-1]
    assert 1 <= int(headers["retry-after"]) <= 60
    assert answer["code"] == "rate_limit"
    assert answer["message"] == "source: expected at most 2 alerts a minute, exits aside"
    for number in range(10, 20):
        assert (await send(alert(number, action="close"), to=app))[0] == 200
    assert len(intake.alerts) == 12


@pytest.mark.parametrize("token", [None, "path-77b0"])
async def test_a_guesser_is_locked_out_even_with_the_right_secret(
    send: Send, intake: MemoryIntake, token: str | None
) -> None:
    app = create_app(intake, Credentials(SECRET, token), strategies={"alerts": Ttl()})
    wrong = (404 if token else 403, 403)
    for number in range(FAILURES_FREE):
        if number % 2:
            found = await send(alert(0, secret="guess"), to=app)
        else:
            found = await send(alert(0), to=app, path="/webhook/tradingview/guess")
        assert found[0] == wrong[number % 2]
    status, headers, answer = await send(alert(0), to=app)
    assert (status, answer["code"], headers["retry-after"]) == (429, "locked_out", "1")
    assert intake.alerts == []
    assert (await send(alert(0), to=app, client=("192.0.2.8", 1)))[0] == 200


async def test_a_missing_secret_is_no_guess(send: Send) -> None:
    for _ in range(FAILURES_FREE + 2):
        assert (await send({"strategy": "alerts"}))[0] == 401


async def test_strangers_do_not_lock_out_who_has_the_token(
    send: Send, intake: MemoryIntake
) -> None:
    token = "path-77b0"
    app = create_app(intake, Credentials(SECRET, token), strategies={"alerts": Ttl()})
    for _ in range(FAILURES_FREE + 1):
        await send(alert(0), to=app, path="/webhook/tradingview/guess")
    assert (await send(alert(1), to=app))[0] == 429
    path = f"/webhook/tradingview/{token}"
    assert (await send(alert(1), to=app, path=path))[0] == 200
    for _ in range(FAILURES_FREE):
        assert (await send(alert(2, secret="guess"), to=app, path=path))[0] == 403
    assert (await send(alert(2), to=app, path=path))[0] == 429
