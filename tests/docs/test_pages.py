"""The commands of the pages run as they stand, page by page, each in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.loopback import MadeUpAccount, VenueUrls, loopback_venue
from tests.docs.not_run import reason_of
from tests.docs.pages import PAGES, ROOT, Command, commands_of
from tests.docs.stage import Stage

# What a page says that one sees; it is looked for until it is there.
SEEN = {
    "perpdesk doctor mine.toml": "0 failures",
    "perpdesk doctor mine-testnet.toml": "0 failures",
    "perpdesk alerts show alert_eth:first --profile mine.toml": "order_filled",
    "perpdesk positions --profile mine.toml": "long",
    "perpdesk trades --profile mine.toml": "alert_eth",
}


def run_here(page: Path) -> list[Command]:
    return [each for each in commands_of(page) if each.is_fenced and reason_of(each) is None]


RUN = [page for page in PAGES if run_here(page)]


@pytest.fixture(scope="module")
def venue() -> Iterator[tuple[VenueUrls, MadeUpAccount]]:
    account = MadeUpAccount.new()
    with loopback_venue("hyperliquid", account.options) as urls:
        yield urls, account


@pytest.fixture
def stage(tmp_path: Path, venue: tuple[VenueUrls, MadeUpAccount]) -> Iterator[Stage]:
    opened = Stage(tmp_path, *venue)
    yield opened
    opened.clear()


@pytest.mark.parametrize("page", RUN, ids=[str(page.relative_to(ROOT)) for page in RUN])
def test_every_command_of_the_page_runs(page: Path, stage: Stage) -> None:
    for command in run_here(page):
        words = SEEN.get(command.text)
        done = stage.call(command.text) if words is None else stage.until(command.text, words)
        assert done.code == 0, (command, done.output)
    stage.stop_desk()
