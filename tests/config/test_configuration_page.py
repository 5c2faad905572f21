"""docs/configuration.md says what the code does."""

import re
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from config.errors import ProfileError
from config.loading import parse_profile
from config.monitor import MonitorSettings
from config.risk import LimitSettings, RiskSettings
from config.secrets import SECRET_LENGTH_MIN
from config.settings import (
    Document,
    LoggingSettings,
    PaperSettings,
    StopSettings,
    StrategySettings,
)
from config.venues import VenueSettings
from config.webhook import TlsSettings, WebhookSettings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text()
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "Top level": Document,
    "`[venues.NAME]`": VenueSettings,
    "`[[strategies]]`": StrategySettings,
    "`[webhook]`": WebhookSettings,
    "`[webhook.tls]`": TlsSettings,
    "`[monitor]`": MonitorSettings,
    "`[risk]`": RiskSettings,
    "`[paper]`": PaperSettings,
    "`[on_stop]`": StopSettings,
    "`[logging]`": LoggingSettings,
}


def rows(title: str) -> dict[str, str]:
    """Return the default that a section's table gives for each key."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|", section, re.MULTILINE))


def block(language: str) -> str:
    return PAGE.split(f"```{language}\n")[1].split("```")[0]


@pytest.mark.parametrize("title", SECTIONS)
def test_page_describes_every_key_and_no_other(title: str) -> None:
    assert list(rows(title)) == list(SECTIONS[title].__struct_fields__)


@pytest.mark.parametrize("title", SECTIONS)
def test_page_gives_every_default(title: str) -> None:
    told = rows(title)
    for field in msgspec.structs.fields(SECTIONS[title]):
        if field.required:
            assert told[field.name] == "required"
        elif isinstance(field.default, str | bool | int):
            assert told[field.name] == f"`{msgspec.json.encode(field.default).decode()}`"
        elif isinstance(field.default, Decimal):
            assert told[field.name] == f"`{field.default}`"


def test_example_is_a_profile() -> None:
    assert parse_profile(block("toml").encode(), "mine.toml").environment == "paper"


def test_refusal_reads_as_the_page_says() -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(block("toml").replace("port =", "prot =").encode(), "mine.toml")
    assert str(caught.value) == block("text").strip()


def test_page_names_the_shortest_secret() -> None:
    assert f"at least {SECRET_LENGTH_MIN} characters" in PAGE


def test_page_says_which_limits_a_narrower_scope_may_have() -> None:
    limits = [field for field in RiskSettings.__struct_fields__ if field in rows("`[risk]`")]
    named = PAGE.split("The first ")[1].split(" of these")[0]
    assert limits[: int(named)] == list(LimitSettings.__struct_fields__)
