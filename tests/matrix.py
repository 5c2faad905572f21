"""
Run Nautilus's execution cases over each adapter and print, or write, the table of the outcomes.

`make matrix` prints it; with `ARGS=--write` it is put into the venue's page, too. Every cell comes
from the run: the cases are the same tests, and a failure's words are what the test found. With
`--results FOLDER` the outcomes are kept there, and a column that is there is not run again.
"""

import re
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "venues" / "hyperliquid.md"
START, END = "<!-- written by `make matrix ARGS=--write` -->", "<!-- end of the matrix -->"
CASES = "tests/acceptance/test_exec_tester*.py"


class Column(msgspec.Struct, frozen=True):
    """A column: its title, the files of its cases, and over which adapter they are run."""

    title: str
    files: str
    adapter: str


COLUMNS = (
    Column("ours", CASES, "ours"),
    Column("built-in, Python", CASES, "nautilus"),
    Column("built-in, Rust", "tests/acceptance/rust_cases.py", "ours"),
)
PHRASES_MAX = 2

ROWS = {
    "E01, E02, E03": "market orders; the account's state follows",
    "E04": "market, fill or kill: denied",
    "E05": "quantity in quote units fills in base units",
    "E06": "stopping leaves nothing",
    "E10, E11, E12": "limit orders",
    "E13": "immediate limit that crosses",
    "E14": "immediate limit that does not match: accepted, canceled",
    "E15, E16": "fill or kill: denied",
    "E17, E18, E19": "good till date, day: denied",
    "E20, E21": "stop market rests, and fires",
    "E22 to E27": "stop limit, market and limit if touched rest, and fire",
    "E30 to E33": "modify, cancel and replace",
    "E34": "modify of a trigger",
    "E35": "cancel and replace of a stop",
    "E36": "a venue that cannot modify",
    "E40 to E43": "cancel one, all, individually, in a batch",
    "E44": "cancel of an order that is gone: rejected, then its true end",
    "E50, E51": "brackets, all three accepted",
    "E52": "exits wake with the entry; one ends the other",
    "E53": "post-only entry",
    "E60": "post-only",
    "E61": "reduce-only close",
    "E62": "iceberg: denied",
    "E63": "custom parameters",
    "E70": "post-only that would take: rejected, `due_post_only`",
    "E71": "reduce-only without a position: rejected for it",
    "E72": "trailing stop: denied",
    "E73": "stop of a time in force that the venue has not: denied",
    "E74": "lost answer to a submit: in flight, then the truth",
    "E75": "lost answer to a cancel: the same; a lost cancel",
    "E76": "lost answer to a modify: the same",
    "E77": "lost answer to a list: the same for each",
    "E78": "one refused order of a list: it alone is rejected",
    "E80 to E83": "start and stop",
    "E84": "open orders after a restart, by name, kind and trigger",
    "E85": "fills after a restart, with commission and profit",
    "E86, E87": "long and short after a restart, with average price",
    "E90 to E101": "options",
}


class Result(msgspec.Struct, frozen=True):
    """The outcome of one test, as pytest calls it, and what it found."""

    test: str
    outcome: str
    words: str


def run(column: Column, results: Path) -> None:
    """Run the cases of a column, a process for each file; add their outcomes to `results`."""
    for file in sorted(ROOT.glob(column.files)):
        options = ["--adapter", column.adapter, "--results", str(results)]
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--tb=no", "-rN", str(file), *options],
            cwd=ROOT,
            stdout=sys.stderr,
            check=False,  # a failed case is an outcome
        )


def cases_in(text: str) -> set[int]:
    """Return the numbers of the cases that a title or a test's name is about."""
    words = re.findall(r"e(\d+)|\b(to)\b", text.lower().replace("_", " ").replace("-", " "))
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
    named = "-".join(re.findall(r"e\d+|\bto\b", parameters))
    head = re.match(r"test((_e\d+|_to_e\d+)+)", name)
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


def table(columns: dict[str, list[Result]]) -> Iterator[str]:
    """Yield the lines of the table, from the results under each title."""
    yield f"| case | what | {' | '.join(columns)} |"
    yield "|---" * (2 + len(columns)) + "|"
    for title, what in ROWS.items():
        cases = cases_in(title)
        groups = [[x for x in results if cases_of(x.test) & cases] for results in columns.values()]
        cells = [cell(group) if any(groups) else "n/a" for group in groups]
        yield f"| {title} | {what} | {' | '.join(cells)} |"


def write(lines: Sequence[str]) -> None:
    """Put the table where the page has it."""
    before, rest = PAGE.read_text().split(START)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{START}\n{'\n'.join(lines)}\n{END}{after}")


def main() -> None:
    """Run what has not been run, and print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.results or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        columns = {}
        for column in COLUMNS:
            path = (folder / column.title.replace(", ", "-")).with_suffix(".jsonl").resolve()
            if not path.exists():
                run(column, path)
            columns[column.title] = msgspec.json.Decoder(Result).decode_lines(path.read_bytes())
    lines = list(table(columns))
    if options.write:
        write(lines)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
