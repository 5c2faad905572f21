"""Every link of the pages to another page or a file leads somewhere; the web is not asked."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT

_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"`([\w.-]+/[\w./-]*)`")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", _CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_CODE.sub("", page.read_text())):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = _FILE.findall(_CODE.sub("", page.read_text()))
    ours = [name for name in named if (ROOT / name.partition("/")[0]).is_dir()]
    # A reader's own runs lie there too.
    assert [name for name in ours if not (ROOT / name).exists() and name != "runs/"] == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        links = [link.partition("#")[0] for link in _LINK.findall(page.read_text())]
        found = [(page.parent / link).resolve() for link in links if link.endswith(".md")]
        ahead += [each for each in found if each in PAGES]
    numbered = set((ROOT / "docs" / "decisions").glob("*.md"))  # the README links their folder
    assert set(PAGES) - numbered - reached == set()
