"""The tables of `make matrix` say what the tests found, case by case."""

import re

import pytest

from tests.matrix import END, ROOT, TABLES, Result, Table, cases_in, cases_of, cell, lines_of
from tests.matrix_rows import EXECUTION, SYNTHETIX_EXECUTION

PASSED = Result("test_e04_x", "passed", "")
FAILED = Result("test_e05_x[a]", "failed", "asked for 970 BTC")


@pytest.mark.parametrize(
    ("test", "cases"),
    [
        ("test_e01_e02_e03_a_market_order", {1, 2, 3}),
        ("test_e05_b1_an_order_in_quote_units", {5}),
        ("test_e80_to_e83_a_node_opens", {80, 81, 82, 83}),
        ("test_e15_to_e19_e73_denied[BUY-e15-e16-fok]", {15, 16}),
        ("test_e17_to_e78_no_setting[e22-to-e25-e72]", {22, 23, 24, 25, 72}),
        ("test_e20_to_e22_rests[STOP_MARKET-BUY]", {20, 21, 22}),
        ("test_d10_d14_the_managed_book", {10, 14}),
        ("test_d15_d21_history_that_is_not_kept[d21]", {21}),
    ],
)
def test_a_test_names_its_cases(test: str, cases: set[int]) -> None:
    assert cases_of(test) == cases


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.venue}-{table.kind}")
def test_every_case_has_one_row(table: Table) -> None:
    cases = sorted(number for title in table.rows for number in cases_in(title))
    assert len(cases) == len(set(cases))
    tens = {"execution": set(range(11)), "data": set(range(1, 8)) | {0}}
    assert {case // 10 for case in cases} == tens[table.kind]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.venue}-{table.kind}")
def test_every_test_of_a_column_has_a_row(table: Table) -> None:
    rows = {number for title in table.rows for number in cases_in(title)}
    for column in table.columns:
        text = "".join(path.read_text() for path in ROOT.glob(column.files))
        tests = re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE)
        assert tests
        for test in tests:
            assert cases_of(test) & rows, test


def test_a_venue_of_its_own_words_has_no_row_beside_the_common_ones() -> None:
    assert list(SYNTHETIX_EXECUTION) == list(EXECUTION)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([], "not run"),
        ([PASSED, PASSED], "pass"),
        ([FAILED], "fails: asked for 970 BTC"),
        ([Result("test_e05_x[b]", "passed", ""), FAILED], "1 of 2 fail: asked for 970 BTC"),
        (
            [FAILED, Result("test_e05_x[b]", "failed", "asked for 0.1 BTC")],
            "fails: asked for 970 BTC",
        ),
        ([FAILED, Result("test_e05_x[a]", "error", "more")], "fails: asked for 970 BTC; more"),
        ([Result("test_e63_x", "skipped", "has none")], "has none"),
        ([PASSED, Result("test_e63_x", "skipped", "has none")], "pass, has none"),
    ],
)
def test_a_cell_says_what_the_tests_found(results: list[Result], words: str) -> None:
    assert cell(results) == words


def test_results_stand_in_the_row_of_their_case() -> None:
    lines = list(lines_of(EXECUTION, {"ours": [PASSED], "theirs": [FAILED]}))
    rows = {row.split(" | ")[0]: row.split(" | ")[2:] for row in lines}
    assert rows["| E04"] == ["pass", "not run |"]
    assert rows["| E05"] == ["not run", "fails: asked for 970 BTC |"]
    assert rows["| E36"] == ["n/a", "n/a |"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.venue}-{table.kind}")
def test_the_page_has_a_place_for_the_table(table: Table) -> None:
    page = table.page.read_text()
    assert page.count(table.start) == 1
    assert page.count(END) == sum(other.venue == table.venue for other in TABLES)
