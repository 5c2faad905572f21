"""
Run Nautilus's cases over the adapters and print, or write, the tables of the outcomes.

`make matrix` prints them, `make matrix ARGS=synthetix` those of one venue; with `--write` they are
put into the venue's page, too. Every cell comes from the run: the cases are the same tests, and a
failure's words are what the test found. With `--results FOLDER` the outcomes are kept there, and a
column that is there is not run again.
"""

import re
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from tests.matrix_rows import EXECUTION, SYNTHETIX_DATA, SYNTHETIX_EXECUTION

ROOT = Path(__file__).parents[1]
END = "<!-- end of the matrix -->"
PHRASES_MAX = 2


class Column(msgspec.Struct, frozen=True):
    """A column: its title, the files of its cases, and over which adapter, if any do."""

    title: str
    files: str
    adapter: str | None = None


class Table(msgspec.Struct, frozen=True):
    """A table: what its cases are about, of which venue, its columns, and what each row says."""

    kind: str
    venue: str
    columns: tuple[Column, ...]
    rows: Mapping[str, str]

    @property
    def page(self) -> Path:
        """Where it is written."""
        return ROOT / "docs" / "venues" / f"{self.venue}.md"

    @property
    def start(self) -> str:
        """The line of the page before it; END comes after it."""
        return f"<!-- {self.kind}: written by `make matrix ARGS=--write` -->"

    def results(self, folder: Path, column: Column) -> Path:
        """Return the file that keeps the outcomes of a column."""
        title = column.title.replace(", ", "-")
        return folder / f"{self.venue}-{self.kind}-{title}.jsonl"


TABLES = (
    Table(
        "execution",
        "hyperliquid",
        (
            Column("ours", "tests/acceptance/test_exec_tester*.py", "hyperliquid"),
            Column("built-in, Python", "tests/acceptance/test_exec_tester*.py", "nautilus"),
            Column("built-in, Rust", "tests/acceptance/rust_cases.py"),
        ),
        EXECUTION,
    ),
    Table(
        "data",
        "synthetix",
        (Column("ours", "tests/acceptance/test_synthetix_data_tester.py"),),
        SYNTHETIX_DATA,
    ),
    Table(
        "execution",
        "synthetix",
        (Column("ours", "tests/acceptance/test_exec_tester*.py", "synthetix"),),
        SYNTHETIX_EXECUTION,
    ),
)


class Result(msgspec.Struct, frozen=True):
    """The outcome of one test, as pytest calls it, and what it found."""

    test: str
    outcome: str
    words: str


def run(column: Column, results: Path) -> None:
    """Run the cases of a column, a process for each file; add their outcomes to `results`."""
    for file in sorted(ROOT.glob(column.files)):
        options = ["--results", str(results)]
        options += [f"--adapter={column.adapter}"] if column.adapter else []
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--tb=no", "-rN", str(file), *options],
            cwd=ROOT,
            stdout=sys.stderr,
            check=False,  # a failed case is an outcome
        )


def cases_in(text: str) -> set[int]:
    """Return the numbers of the cases that a title or a test's name is about."""
    words = re.findall(r"[de](\d+)|\b(to)\b", text.lower().replace("_", " ").replace("-", " "))
    numbers: set[int] = set()
    first = last = None
    for number, to in words:
        if to:
            first = last
        else:
            last = int(number)
            numbers |= set(range(last if first is None else first, last + 1))
            first = None
    return numbers


def cases_of(test: str) -> set[int]:
    """Return the cases of a test: its parameter's, if that names some, or else its own."""
    name, _, parameters = test.partition("[")
    named = "-".join(re.findall(r"\b[de]\d+|\bto\b", parameters))
    head = re.match(r"test((_[de]\d+|_to_[de]\d+)+)", name)
    assert head is not None, f"Expected the case in the name of {name}"
    return cases_in(named or head[1])


def cell(results: Sequence[Result]) -> str:
    """Say in a few words what came of some tests."""
    if not results:
        return "not run"
    failed = [result for result in results if result.outcome in {"failed", "error"}]
    phrases = {re.sub(r"[\d.]+", "#", result.words): result.words for result in reversed(failed)}
    found = list(reversed(phrases.values()))
    words = "; ".join(found[:PHRASES_MAX]) + ("; ..." if len(found) > PHRASES_MAX else "")
    if not failed:
        skipped = sorted({result.words for result in results if result.outcome == "skipped"})
        passes = any(result.outcome == "passed" for result in results)
        return ", ".join((["pass"] if passes else []) + skipped)
    tests = len({result.test for result in results})
    count = len({result.test for result in failed})
    verdict = "fails" if count == tests else f"{count} of {tests} fail"
    return f"{verdict}: {words}".replace("|", "\\|")


def lines_of(rows: Mapping[str, str], columns: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """Yield the lines of a table, from the results under each title."""
    yield f"| case | what | {' | '.join(columns)} |"
    yield "|---" * (2 + len(columns)) + "|"
    for title, what in rows.items():
        cases = cases_in(title)
        groups = [[x for x in results if cases_of(x.test) & cases] for results in columns.values()]
        cells = [cell(group) if any(groups) else "n/a" for group in groups]
        yield f"| {title} | {what} | {' | '.join(cells)} |"


def write(table: Table, lines: Sequence[str]) -> None:
    """Put the table where the page has it."""
    before, rest = table.page.read_text().split(table.start)
    _, after = rest.split(END, 1)
    table.page.write_text(f"{before}{table.start}\n{'\n'.join(lines)}\n{END}{after}")


def main() -> None:
    """Run what has not been run, and print the tables."""
    venues = list(dict.fromkeys(table.venue for table in TABLES))
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("venues", nargs="*", metavar="VENUE", help=" or ".join(venues))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    if unknown := set(options.venues) - set(venues):
        parser.error(f"expected venues among {venues}, found {sorted(unknown)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.results or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            if table.venue in (options.venues or venues):
                lines = list(lines_of(table.rows, outcomes(table, folder)))
                if options.write:
                    write(table, lines)
                sys.stdout.write("\n".join([f"{table.venue}, {table.kind}", *lines, "", ""]))


def outcomes(table: Table, folder: Path) -> dict[str, list[Result]]:
    """Return the results under each title of a table; what has not been run is run."""
    columns = {}
    for column in table.columns:
        path = table.results(folder, column).resolve()
        if not path.exists():
            run(column, path)
        columns[column.title] = msgspec.json.Decoder(Result).decode_lines(path.read_bytes())
    return columns


if __name__ == "__main__":
    main()
