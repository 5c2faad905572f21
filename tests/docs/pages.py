"""The commands that README.md and docs/ show, found in fenced blocks and in running text."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`((?:\.venv/bin/)?(?:perpdesk|make) [^`]+)`")
# Under these a fence holds a file, a message or a picture. Without a word it may hold a command
# with what it prints, so there only lines that begin like a command are one.
_OTHERS = {"toml", "json", "json broken", "yaml", "text", "python", "mermaid"}
_PROMPT = "$ "
_OURS = re.compile(r"(?:^|(?<=\s)|(?<=bin/))perpdesk (?!-)")


class Command(NamedTuple):
    """A command as a page shows it, without its comment; `page` is relative to the repository."""

    page: str
    text: str
    is_fenced: bool

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)

    @property
    def ours(self) -> list[str] | None:
        """Return what `perpdesk` is told, be it in a container; None where it is told nothing."""
        found = _OURS.search(self.text)
        if found is None:
            return None
        return shlex.split(self.text[found.end() :].removesuffix("&"))


def commands_of(page: Path) -> list[Command]:
    """Return a page's commands: those of its blocks in their order, then those in its text."""
    text, name = page.read_text(), str(page.relative_to(ROOT))
    fenced = [line for info, body in _FENCE.findall(text) for line in _lines(info, body, name)]
    spans = _SPAN.findall(_FENCE.sub("", text))
    return [
        *(Command(name, _without_comment(line), is_fenced=True) for line in fenced),
        *(Command(name, re.sub(r"[\[\]]", "", span), is_fenced=False) for span in spans),
    ]


def every_command() -> list[Command]:
    return [command for page in PAGES for command in commands_of(page)]


def block(page: str, info: str) -> str:
    """Return the first fenced block of a page under this word."""
    text = (ROOT / page).read_text()
    return next(body for found, body in _FENCE.findall(text) if found == info)


def _lines(info: str, body: str, page: str) -> list[str]:
    if info in _OTHERS:
        return []
    assert info in {"", "sh"}, f"{page}: a fence of {info!r}: commands stand under `sh`"
    lines = [line.strip() for line in body.replace("\\\n", " ").splitlines()]
    if info == "sh":
        return [line for line in lines if line]
    lines = [line.removeprefix(_PROMPT) for line in lines]
    return [line for line in lines if line.startswith(("perpdesk ", "make "))]


def _without_comment(line: str) -> str:
    return re.sub(r"\s+#\s.*$", "", line)
