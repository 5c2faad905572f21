"""docs/monitor.md says what the code does."""

import re
from pathlib import Path

import msgspec
import pytest

from config.secrets import Secret
from monitor.app import create_app
from monitor.auth import Tokens
from monitor.desk import Done
from monitor.feed import Feed
from monitor.metrics import Metrics
from monitor.picture import (
    AlertPicture,
    BarPicture,
    ChartPicture,
    DeskPicture,
    EquityPicture,
    EquityPoint,
    MarkPicture,
    OrderPicture,
    ParameterPicture,
    PositionPicture,
    SignalPicture,
    StepPicture,
    StrategyPicture,
    TradePicture,
    VenuePicture,
)
from tests.monitor.fake_desk import FakeDesk

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "monitor.md").read_text()
SHAPES: tuple[type[msgspec.Struct], ...] = (
    *(DeskPicture, StrategyPicture, SignalPicture, ParameterPicture, PositionPicture),
    *(OrderPicture, TradePicture, EquityPicture, EquityPoint, VenuePicture, AlertPicture, Done),
    *(StepPicture, ChartPicture, BarPicture, MarkPicture),
)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_field_is_described_and_no_other(shape: type[msgspec.Struct]) -> None:
    section = PAGE.split(f"\n#### {shape.__name__}\n")[1].split("\n#")[0]
    cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    told = re.findall(r"`(\w+)`", " ".join(cells))
    assert sorted(told) == sorted(shape.__struct_fields__)


def test_every_path_is_described(desk: FakeDesk, feed: Feed, metrics: Metrics) -> None:
    tokens = Tokens(Secret("a-read-token-here"), Secret("a-control-token-here"))
    app = create_app(desk, tokens, feed=feed, metrics=metrics, audit=lambda _line: None)
    paths = {getattr(route, "path", "") for route in app.routes}
    told = {f"/{path}" for path in re.findall(r"^\| GET `/([\w/]+)", PAGE, re.MULTILINE)}
    assert told == {path for path in paths if "{id}" not in path}
    actions = {path.rpartition("/")[2] for path in paths if "{id}" in path}
    (line,) = re.findall(r"ACTION is (.*) \|", PAGE)
    assert set(re.findall(r"`(\w+)`", line)) == actions


def test_every_metric_is_described(metrics: Metrics) -> None:
    section = PAGE.split("\n## Metrics\n")[1]
    told = set(re.findall(r"`(perpdesk_\w+)`", section))
    found = set(re.findall(r"^# HELP (\w+)", metrics.exposition().decode(), re.MULTILINE))
    assert told == found
