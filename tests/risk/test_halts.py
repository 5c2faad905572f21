"""Halts outlive whoever made them, until they are lifted; what cannot be read halts."""

from decimal import Decimal
from pathlib import Path

import pytest

from risk.events import Cause, Halt
from risk.halts import ALL, HaltFiles
from risk.losses import EquityMarks

KILL = Halt(cause=Cause.KILL, words="a test", ts_event=1)
LOSS = Halt(cause=Cause.DAILY_LOSS, words="12 %", ts_event=2)
FLATTEN = Halt(cause=Cause.KILL, words="all of it", flatten=True, ts_event=3)
MARKS = EquityMarks(day="2026-11-26", day_start=Decimal("10.5"), peak=Decimal(11))


@pytest.fixture
def files(tmp_path: Path) -> HaltFiles:
    return HaltFiles(tmp_path / "not" / "yet")


def test_a_halt_is_read_by_those_it_is_for(files: HaltFiles) -> None:
    assert files.read("A-1") is None
    files.write("A-1", LOSS)
    assert HaltFiles(files.folder).read("A-1") == LOSS
    assert files.read("B-1") is None
    files.write(ALL, KILL)
    assert files.read("B-1") == KILL


def test_the_first_halt_stays_unless_more_is_asked_for(files: HaltFiles) -> None:
    files.write(ALL, KILL)
    files.write(ALL, Halt(cause=Cause.KILL, words="later", ts_event=9))
    assert files.read("A-1") == KILL
    files.write(ALL, FLATTEN)
    assert files.read("A-1") == FLATTEN
    files.write(ALL, KILL)
    assert files.read("A-1") == FLATTEN


def test_of_two_halts_the_one_that_closes_positions_counts(files: HaltFiles) -> None:
    files.write(ALL, KILL)
    files.write("A-1", FLATTEN)
    assert files.read("A-1") == FLATTEN


def test_all_are_lifted_at_once_and_losses_are_forgiven(files: HaltFiles) -> None:
    for desk, halt in ((ALL, KILL), ("A-1", LOSS), ("B-1", KILL)):
        files.write(desk, halt)
        files.write_marks(desk, MARKS)

    assert files.lift() == {ALL: KILL, "A-1": LOSS, "B-1": KILL}
    assert (files.read("A-1"), files.read("B-1")) == (None, None)
    assert files.read_marks("A-1") is None
    assert files.read_marks("B-1") == MARKS
    assert files.lift() == {}


@pytest.mark.parametrize("content", [b"", b"stop!", b'{"cause": "other"}'])
def test_a_file_that_cannot_be_read_halts_and_can_be_lifted(
    files: HaltFiles, content: bytes
) -> None:
    files.folder.mkdir(parents=True)
    (files.folder / "all.halt.json").write_bytes(content)

    halt = files.read("A-1")

    assert halt is not None
    assert "cannot be read" in halt.words
    assert files.lift()
    assert files.read("A-1") is None


def test_marks_that_cannot_be_read_are_unknown(files: HaltFiles) -> None:
    assert files.read_marks("A-1") is None
    files.write_marks("A-1", MARKS)
    assert files.read_marks("A-1") == MARKS
    (files.folder / "A-1.equity.json").write_bytes(b"{")
    assert files.read_marks("A-1") is None
