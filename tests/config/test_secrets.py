"""Secrets are read from the environment and seen nowhere else."""

import copy
import json
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable

import msgspec
import pytest
from msgspec.inspect import StructType, type_info

from config.errors import ProfileError
from config.loading import BUILT_IN, describe, load_profile, parse_profile
from config.secrets import SECRET_LENGTH_MIN, Secret, SecretMissing, read_secret
from config.settings import Profile

CANARY = "canary-0123456789-canary"
KEY_CANARY = "0x" + "c0ffee" * 10 + "c0ff"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, "%s".__mod__, ascii])
def test_secret_shows_three_stars(show: Callable[[object], str]) -> None:
    assert show(Secret(CANARY)) == "***"
    assert CANARY not in show([Secret(CANARY)])


@pytest.mark.parametrize(
    "write", [json.dumps, msgspec.json.encode, msgspec.to_builtins, pickle.dumps, copy.deepcopy]
)
def test_secret_cannot_be_written(write: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        write({"secret": Secret(CANARY)})
    assert CANARY not in str(caught.value)


def test_secret_reveals_itself_on_request_only() -> None:
    assert Secret(CANARY).reveal() == CANARY
    assert not hasattr(Secret(CANARY), "__dict__")


def test_secrets_are_equal_when_their_values_are() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(CANARY[:-1])
    assert Secret("\udcff" + CANARY) != Secret("ü" + CANARY)
    assert Secret(CANARY) != CANARY


def test_secret_is_read_from_the_environment() -> None:
    assert read_secret("A_SECRET", {"A_SECRET": CANARY}) == Secret(CANARY)


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, "nothing"),
        ({"A_SECRET": ""}, "nothing"),
        ({"A_SECRET": " " * SECRET_LENGTH_MIN}, "nothing"),
        ({"A_SECRET": CANARY[: SECRET_LENGTH_MIN - 1]}, "15 characters"),
    ],
)
def test_missing_or_short_secret_is_refused_by_its_variable(
    environ: dict[str, str], found: str
) -> None:
    with pytest.raises(SecretMissing) as caught:
        read_secret("A_SECRET", environ)
    assert str(caught.value) == (
        f"environment: A_SECRET: expected a secret of at least 16 characters, found {found}"
    )
    assert isinstance(caught.value, ProfileError)


def test_no_field_of_a_profile_can_hold_a_secret() -> None:
    seen: list[str] = []

    def visit(node: object) -> None:
        seen.append(repr(node))
        if isinstance(node, StructType):
            for field in node.fields:
                visit(field.type)

    visit(type_info(Profile))
    assert seen
    assert not [node for node in seen if Secret.__name__ + "'" in node]


def test_secrets_of_the_environment_reach_no_description(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERPDESK_WEBHOOK_SECRET", CANARY)
    monkeypatch.setenv("PERPDESK_HYPERLIQUID_PRIVATE_KEY", KEY_CANARY)
    for name in BUILT_IN:
        try:
            profile = load_profile(name)
        except ProfileError as e:
            shown = f"{e!r} {e}"
        else:
            shown = f"{profile!r} {profile} {json.dumps(describe(profile))}"
        assert CANARY not in shown
        assert KEY_CANARY not in shown
    assert read_secret("PERPDESK_WEBHOOK_SECRET", os.environ).reveal() == CANARY


@pytest.mark.parametrize(
    ("table", "entry"),
    [
        ("webhook", f'secret = "{CANARY}"'),
        ("webhook", f'secret_env = "{CANARY}"'),
        ("webhook", f'token = "{CANARY}"'),
        ("webhook", f'port = "{KEY_CANARY}"'),
        ("webhook", f'password.deep = [["{CANARY}"]]'),
        ("venues.alpha", f'private_key = "{CANARY}"'),
        ("venues.alpha", f'private_key_env = "{CANARY}"'),
        ("venues.alpha", f"private_key = {KEY_CANARY}"),
        ("venues.alpha", f'account_address_env = "{KEY_CANARY}"'),
        ("venues.alpha", f'network = "{KEY_CANARY}"'),
        ("venues.alpha", f'base_url_http = "https://me:{CANARY}@a.b"'),
        ("venues.alpha", f'base_url_http = "https://a.b/?key={CANARY}"'),
        ("venues.alpha", f'instruments = ["{KEY_CANARY}"]'),
    ],
)
def test_secret_in_a_file_is_refused_and_not_repeated(table: str, entry: str) -> None:
    content = f'environment = "paper"\n[{table}]\n{entry}\n'
    with pytest.raises(ProfileError) as caught:
        parse_profile(content.encode(), "mine.toml")
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert CANARY not in shown
    assert KEY_CANARY not in shown
    assert str(int(KEY_CANARY, 16)) not in shown


def test_config_imports_neither_nautilus_nor_another_room() -> None:
    code = "import sys, config.loading; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms = {"nautilus_trader", "adapters", "simulator", "strategies", "webhook", "desk"}
    assert not rooms & set(done.stdout.split())
