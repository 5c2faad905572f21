"""Who may post, by secret and token; and that neither shows."""

import json
import os
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp

from tests.webhook.intake import MemoryIntake
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.errors import WebhookError
from webhook.expiry import Ttl

type Send = Callable[..., Any]

SECRET, TOKEN = "canary-8f3a51", "path-77b0"
BODY = {"strategy": "alerts", "action": "buy", "instrument": "BTC-USD-PERP.VENUE", "id": "1"}
WITH_SECRET = BODY | {"secret": SECRET}
WRONG_SECRET = BODY | {"secret": "guess"}
PATH = "/webhook/tradingview"


def guarded(
    intake: MemoryIntake, token: str | None = None, need: Literal["either", "both"] = "either"
) -> ASGIApp:
    return create_app(intake, Credentials(SECRET, token, need), strategies={"alerts": Ttl()})


@pytest.mark.parametrize(
    ("token", "need", "path", "body", "status"),
    [
        # Without a token the secret may stand in the body or in the path.
        (None, "either", PATH, WITH_SECRET, 200),
        (None, "either", PATH, BODY, 401),
        (None, "either", PATH, WRONG_SECRET, 403),
        (None, "either", f"{PATH}/{SECRET}", BODY, 200),
        (None, "either", f"{PATH}/{SECRET}", WITH_SECRET, 200),
        (None, "either", f"{PATH}/{SECRET}", WRONG_SECRET, 403),
        (None, "either", f"{PATH}/guess", WITH_SECRET, 403),
        # With a token, the path takes that alone.
        (TOKEN, "either", PATH, WITH_SECRET, 200),
        (TOKEN, "either", PATH, BODY, 401),
        (TOKEN, "either", f"{PATH}/{TOKEN}", BODY, 200),
        (TOKEN, "either", f"{PATH}/{TOKEN}", WITH_SECRET, 200),
        (TOKEN, "either", f"{PATH}/{TOKEN}", WRONG_SECRET, 403),
        (TOKEN, "either", f"{PATH}/{TOKEN}", BODY | {"secret": None}, 403),
        (TOKEN, "either", f"{PATH}/{SECRET}", BODY, 404),
        (TOKEN, "either", f"{PATH}/guess", WITH_SECRET, 404),
        (TOKEN, "either", f"{PATH}/{TOKEN}1", WITH_SECRET, 404),
        (TOKEN, "either", f"{PATH}/{TOKEN[:-1]}", WITH_SECRET, 404),
        (TOKEN, "either", f"{PATH}/{TOKEN}/", BODY, 404),
        (TOKEN, "either", f"{PATH}/\ufffdä", BODY, 404),
        (TOKEN, "both", PATH, WITH_SECRET, 404),
        (TOKEN, "both", f"{PATH}/{TOKEN}", WITH_SECRET, 200),
        (TOKEN, "both", f"{PATH}/{TOKEN}", BODY, 401),
        (TOKEN, "both", f"{PATH}/{TOKEN}", WRONG_SECRET, 403),
        (TOKEN, "both", f"{PATH}/guess", WITH_SECRET, 404),
    ],
)
async def test_who_may_post(
    send: Send,
    intake: MemoryIntake,
    token: str | None,
    need: Literal["either", "both"],
    path: str,
    body: dict[str, object],
    status: int,
) -> None:
    found, _, _ = await send(body, path=path, to=guarded(intake, token, need))
    assert found == status
    assert len(intake.alerts) == (status == 200)


async def test_a_wrong_token_looks_as_if_there_were_nothing(
    send: Send, intake: MemoryIntake
) -> None:
    app = guarded(intake, TOKEN)
    for method in ("POST", "GET"):
        wrong = await send(WITH_SECRET, path=f"{PATH}/guess", method=method, to=app)
        nothing = await send(WITH_SECRET, path="/nothing", method=method, to=app)
        assert (wrong[0], wrong[2]) == (nothing[0], nothing[2])
    assert (await send(b"", path=f"{PATH}/{TOKEN}", method="GET", to=app))[0] == 405


async def test_a_wrong_path_is_refused_before_the_body_is_read(
    send: Send, intake: MemoryIntake
) -> None:
    async def untouched() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    for token, status in ((None, 403), (TOKEN, 404)):
        app = guarded(intake, token)
        assert (await send(untouched(), path=f"{PATH}/guess", to=app))[0] == status


@pytest.mark.parametrize(
    ("secret", "token", "need", "words"),
    [
        ("", None, "either", "Expected a webhook secret, was empty"),
        (SECRET, "", "either", "Expected a webhook token, was empty"),
        (SECRET, None, "both", "Expected a webhook token beside the secret, was none"),
        (SECRET, SECRET, "either", "Expected a webhook token that differs from the secret"),
        (SECRET, "a/b", "either", "Expected a webhook token without a slash"),
    ],
)
def test_credentials_that_guard_nothing_are_refused(
    secret: str, token: str | None, need: Literal["either", "both"], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        Credentials(secret, token, need)
    assert SECRET not in str(caught.value)


def test_credentials_do_not_show() -> None:
    shown = repr(Credentials(SECRET, TOKEN))
    assert SECRET not in shown
    assert TOKEN not in shown


ODD = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30)


@given(secret=ODD, guess=ODD | st.none() | st.integers() | st.lists(ODD))
def test_any_guess_is_compared_without_an_error(secret: str, guess: object) -> None:
    credentials = Credentials(secret)
    if guess == secret:
        credentials.check_body(guess, is_known=False)
        return
    with pytest.raises(WebhookError) as caught:
        credentials.check_body(guess, is_known=False)
    assert caught.value.status == 403
    if isinstance(guess, str):
        with pytest.raises(WebhookError):
            credentials.check_path(guess)


# A secret that is a part of the stars, or of an escape, cannot be told from them.
LONG = st.text(st.characters(codec="utf-8"), min_size=16, max_size=30)


@given(secret=LONG, before=ODD, after=ODD)
def test_a_secret_is_starred_in_every_form(secret: str, before: str, after: str) -> None:
    credentials = Credentials(secret)
    text = f"{before}{secret}{after}"
    forms = [
        text,
        json.dumps(text),
        json.dumps(text, ensure_ascii=False),
        quote(text, safe="", errors="replace"),
    ]
    for form in forms:
        assert secret not in credentials.redact(form)
    assert secret not in json.loads(credentials.redact(json.dumps({"a": f" {secret} "})))["a"]


def test_a_secret_from_an_environment_that_is_no_utf8_is_compared() -> None:
    secret = os.fsdecode(b"\xff" * 16)
    Credentials(secret).check_body(secret, is_known=False)


@pytest.mark.parametrize(
    ("body", "is_clean"),
    [
        (json.dumps(WITH_SECRET), True),
        (json.dumps(WITH_SECRET | {"comment": SECRET}), False),
        (json.dumps(WITH_SECRET | {"comment": f"a{TOKEN}b"}), False),
        (json.dumps(WITH_SECRET | {"comment": "\u00e4"}), False),  # escaped: who knows
        (json.dumps(WITH_SECRET | {"comment": "\u00e4"}, ensure_ascii=False), True),
    ],
)
def test_a_body_is_clean_if_its_secret_stands_in_one_place(body: str, *, is_clean: bool) -> None:
    credentials = Credentials(SECRET, TOKEN)
    assert credentials.is_clean(body.encode(), is_secret_taken=True) is is_clean


def test_a_secret_of_digits_is_starred_as_a_number_too() -> None:
    fields: dict[str, object] = {"quantity": 1234567890123456, "id": 7, "is": True}
    assert Credentials("1234567890123456").redact_fields(fields) == fields | {"quantity": "***"}


def test_fields_are_redacted_at_every_depth() -> None:
    fields: dict[str, object] = {
        "comment": f"see {SECRET}!",
        SECRET: 1,
        "order": {"amount": 1, TOKEN: [TOKEN, {"x": f"a{TOKEN}b"}]},
        "quantity": None,
    }
    assert Credentials(SECRET, TOKEN).redact_fields(fields) == {
        "comment": "see ***!",
        "***": 1,
        "order": {"amount": 1, "***": ["***", {"x": "a***b"}]},
        "quantity": None,
    }
