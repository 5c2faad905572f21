"""Lines that a test adds to the end of the whole run's output, whichever process ran it."""

import pytest

SUMMARY = "summary"
"""The property under which a test records a line (pytest's `record_property`)."""


def write_summaries(reporter: pytest.TerminalReporter) -> None:
    """Write the lines of the tests that have ended."""
    for reports in reporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, words in report.user_properties:
                    if name == SUMMARY:
                        reporter.write_line(str(words))
