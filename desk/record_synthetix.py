"""The command that records Synthetix and says what the recording answers."""

from pathlib import Path

from rich.console import Console

from desk.adapter_check import AdapterCheck
from desk.exits import Exit, UsageError, VenueError
from desk.options import Seconds
from desk.output import AsJson, print_json
from desk.record import run_recording
from simulator.frame_files import RecordingError, frame_files
from simulator.synthetix_record import MAINNET_URL, RecordOptions, record
from simulator.synthetix_report import Report, report_on, write_report


def record_synthetix(
    *,
    symbols: str = "BTC-USDT,ETH-USDT",
    out: Path | None = None,
    seconds: Seconds = None,
    url: str = MAINNET_URL,
    report: Path | None = None,
    as_json: AsJson = False,
) -> Exit:
    """
    Record all that Synthetix says in public, and report what it answers of what is not known.

    Orders are not sent and no account is needed. The report, report.md and report.json, stands
    beside the recording.

    Parameters
    ----------
    symbols
        Markets as the venue names them, with commas.
    out
        The folder to write to; recordings are added, none is overwritten.
    seconds
        Stop after this many seconds; without it, at Ctrl-C.
    url
        The base of the venue's API; mainnet when left out.
    report
        Record nothing, but make the report on this folder again.

    """
    if (out is None) == (report is None):
        raise UsageError("Expected either --out or --report, found " + ("both" if out else "none"))
    if report is not None:
        _report(report, as_json=as_json)
        return Exit.DONE
    assert out is not None  # noqa: S101  (one of them is there)
    try:
        options = RecordOptions(
            symbols=tuple(one.strip().upper() for one in symbols.split(",") if one.strip()),
            out=out,
            url=url,
            duration_secs=seconds,
        )
    except ValueError as e:
        raise UsageError(str(e)) from e
    try:
        code, _ = run_recording(lambda show: record(options, show), as_json=as_json)
    finally:
        # Whatever ended the recording, it is what somebody came for.
        if out.is_dir() and frame_files(out):
            made = _report(out, as_json=as_json)
    if not made.heard:
        raise VenueError(f"Expected an answer from {url}, received none")
    return code


def _report(folder: Path, *, as_json: bool) -> Report:
    """Make the report on a folder and show the answers."""
    if not folder.is_dir() or not frame_files(folder):
        raise UsageError(f"Expected a folder with a recording, found none in {folder}")
    try:
        made = report_on(folder, [AdapterCheck()])
    except (RecordingError, OSError) as e:
        raise UsageError(f"Expected a recording in {folder}: {e}") from e
    written = write_report(made, folder)
    if as_json:
        print_json(made)
        return made
    console = Console(highlight=False)
    for finding in made.findings:
        letter = f"({finding.unknown}) " if finding.unknown else ""
        console.print(f"{letter}[bold]{finding.id}[/bold]: ", end="")
        console.print(finding.answer, markup=False)
    console.print(f"Evidence and what remains open: {written[0]}")
    return made
