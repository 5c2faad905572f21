"""Every command of the pages is understood as it stands; test_pages.py runs those that can run."""

import re
import subprocess

import pytest
from cyclopts import App, MissingArgumentError

from desk.cli import app
from tests.docs.not_run import COMMANDS, PAGES, files_named, plain, reason_of
from tests.docs.pages import ROOT, Command, commands_of, every_command

EVERY = every_command()
OURS = [command for command in EVERY if command.ours]
MAKES = [command for command in EVERY if command.text.startswith("make ")]
# What stands for a number in running text.
PLACEHOLDERS = {"N": "1"}


def named(commands: list[Command]) -> list[str]:
    return [f"{command.page}: {command.text[:60]}" for command in commands]


@pytest.mark.parametrize("command", OURS, ids=named(OURS))
def test_each_command_is_understood(command: Command) -> None:
    words = [PLACEHOLDERS.get(word, word) for word in command.ours or ()]
    chain, _, rest = app.parse_commands(words)
    assert chain, f"{command.text}: no such command"
    try:
        app.parse_args(words, exit_on_error=False, print_error=False)
    except MissingArgumentError:
        # In running text a command or an option may be meant as such, `perpdesk run` without any
        # profile.
        if command.is_fenced or (rest and not rest[-1].startswith("--")):
            raise


@pytest.mark.parametrize("command", MAKES, ids=named(MAKES))
def test_each_goal_of_make_is_one(command: Command) -> None:
    done = subprocess.run(
        [*command.words, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_not_run_is_on_a_page() -> None:
    fenced = {plain(command) for command in EVERY if command.is_fenced}
    assert COMMANDS.keys() - fenced == set()
    assert {command.page for command in EVERY if reason_of(command)} >= PAGES.keys()
    assert files_named() == set()


def test_the_readme_lists_every_command() -> None:
    table = (ROOT / "README.md").read_text().partition("\n## Commands\n")[2].partition("\n## ")[0]
    told: set[str] = set()
    for cell in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE):
        group = ""
        for span in re.findall(r"`([^`]*)`", cell):
            names = [word for word in span.split() if word.isalpha() and word.islower()]
            if names[0] == "perpdesk":
                names = names[1:]
                group = names[0] if isinstance(app[names[0]], App) and len(names) > 1 else ""
            elif group:
                names = [group, *names]
            told.add(" ".join(names))
    assert told == leaves(app)


def leaves(group: App) -> set[str]:
    """Return every command with those before it, such as `alerts list`."""
    found: set[str] = set()
    for name in group:
        if name.startswith("-"):
            continue
        inner = leaves(group[name])
        found |= {f"{name} {each}" for each in inner} or {name}
    return found


def test_each_block_of_commands_is_seen() -> None:
    shown = {command.text for command in commands_of(ROOT / "docs" / "operations.md")}
    assert "perpdesk doctor paper --startup run" in shown
    assert "make image" in shown
