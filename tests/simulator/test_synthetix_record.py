"""What is recorded of a Synthetix venue says how the venue speaks, and survives being cut off."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.fault_rules import AnyRule, CorruptChecksum, Maintenance, Silent, Status
from simulator.frame_files import RecordReport, frame_files
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_findings import Finding
from simulator.synthetix_record import RecordOptions, record
from simulator.synthetix_report import report_on, write_report
from simulator.synthetix_ws import Limits
from tests.waiting import eventually

SYMBOLS = ("BTC-USDT", "ETH-USDT")


async def recorded(
    out: Path,
    *rules: AnyRule,
    secs: float = 1.5,
    limits: Limits | None = None,
    dialect: Dialect | None = None,
    until: Callable[[SynthetixVenue], object] | None = None,
) -> dict[str, Finding]:
    """Record a venue that speaks like this and is befallen by that; return what was found.

    It ends after `secs`, or some frames after `until` is so.
    """
    options = VenueOptions(
        speed=5, history_minutes=60, dialect=dialect or Dialect(), limits=limits or Limits()
    )
    async with SynthetixVenue(options).running() as venue:
        for rule in rules:
            venue.faults.add(rule)
        work = RecordOptions(
            symbols=SYMBOLS, out=out, url=venue.http_url, duration_secs=None if until else secs
        )
        reports: list[RecordReport] = []
        recording = asyncio.create_task(record(work, reports.append))
        if until is not None:
            await eventually(lambda: until(venue), 30)
            at = reports[-1].frames
            await eventually(lambda: reports[-1].frames > at + 300, 30)
            recording.cancel()
        await asyncio.wait({recording})
    return found(out)


def asked_last(venue: SynthetixVenue) -> bool:
    """Tell whether the last of all questions has come."""
    asked = {"params": {"action": "getFundingRate", "symbol": "NOTHING-USDT"}}
    return any(received.body == asked for received in venue.received)


def found(out: Path) -> dict[str, Finding]:
    return {finding.id: finding for finding in report_on(out).findings}


DIALECTS = (
    Dialect(),
    Dialect(push="method", prices="ticker", trades="list", decimals="padded", blank_zeros=True),
    Dialect(push="channel", decimals="padded", expires_at="iso"),
)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.push)
async def test_the_dialect_is_found(tmp_path: Path, dialect: Dialect) -> None:
    findings = await recorded(tmp_path, dialect=dialect, until=asked_last)

    assert findings["push dialect"].answer == dialect.push
    assert findings["reply keys"].answer == "both"
    assert findings["trades form"].answer == dialect.trades
    shape = findings["marketPrices shape"].answer
    assert (shape == "ticker") is (dialect.prices == "ticker")
    assert ("update of mid" in shape) is (dialect.prices == "update")
    blank = findings["blank decimals"].counts
    assert "answer getMarkets: response.[].maintenanceMarginTiers.[].maxPositionSize" in blank
    assert ("answer getMarkets: response.[].orderSizeIncrement" in blank) is dialect.blank_zeros
    for nothing in (
        "names of streams that the fact sheet lacks",
        "fields that the fact sheet lacks",
        "entries that this report could not take in",
    ):
        assert findings[nothing].answer == "none"

    assert findings["decimals in books"].answer == dialect.decimals
    ours = findings["our checksum"]
    assert ours.counts["agree"] > 100
    assert ours.counts["disagree"] == 0
    is_short = dialect.decimals == "short"
    same, other = ("shortened", "padded") if is_short else ("padded", "shortened")
    others = findings["other ways to make the checksum"].counts
    assert others[f"differs from ours: {other} strings, cut at the depth"] > 0
    assert others[f"differs from ours: {same} strings, cut at the depth"] == 0
    assert findings["levels that leave the window"].answer == "told as deleted"

    # What only an account shows stays open, and says so.
    assert findings["expiresAt"].answer == "not seen"
    assert "account" in findings["expiresAt"].open
    assert findings["nonce strictness"].answer == "cannot be recorded"


async def test_a_corrupt_checksum_is_counted_and_shown(tmp_path: Path) -> None:
    rule = CorruptChecksum(type="orderbookUpdate", after=50, count=3)
    findings = await recorded(tmp_path, rule, secs=2)

    ours = findings["our checksum"]
    assert ours.counts["disagree"] == 3
    assert ours.example.startswith('{"method":"orderbook_depth_update"')
    assert findings["meseq continuity"].counts.get("gap", 0) == 0


async def test_a_skipped_diff_is_a_gap_and_no_wrong_checksum(tmp_path: Path) -> None:
    findings = await recorded(tmp_path, Silent(type="orderbookUpdate", after=60, count=1), secs=2)

    numbers = findings["meseq continuity"]
    assert numbers.answer.startswith("1 gaps")
    assert numbers.counts["not followed: no snapshot since a gap"] > 0
    assert '"type":"diff"' in numbers.example
    assert findings["our checksum"].counts["disagree"] == 0


async def test_refused_connections_and_subscriptions_are_found(tmp_path: Path) -> None:
    findings = await recorded(tmp_path, limits=Limits(connections=11, subscriptions=5), secs=2)

    assert findings["connections"].answer.startswith("11 at once at most")
    assert any("InvalidStatus 429" in name for name in findings["connections"].counts)
    refused = findings["how a subscription is refused"].counts
    assert any("at most 5 subscriptions" in name for name in refused)


async def test_lost_connections_are_found_with_their_age(tmp_path: Path) -> None:
    findings = await recorded(tmp_path, limits=Limits(lifetime_secs=1), secs=3)

    lives = findings["lifetimes of connections"]
    assert re.search(r"lost after [12] to [12] s", lives.answer)
    assert lives.counts["lost: ConnectionClosedOK connection lifetime exceeded 1000"] >= 13
    assert findings["our checksum"].counts["disagree"] == 0


async def test_refusals_and_their_codes_are_found(tmp_path: Path) -> None:
    rules = (
        Maintenance(type="getMarketPrices", on="info"),
        Status(type="getOpenInterest", on="info", status=502, body="<html>"),
        Status(
            type="getMids", on="info", status=418,
            body='{"status":"error","error":{"code":"TEAPOT"}}',
        ),
    )  # fmt: skip
    findings = await recorded(tmp_path, *rules, until=asked_last)

    codes = findings["error codes"].counts
    assert codes["SERVICE_UNAVAILABLE (HTTP 503) to getMarketPrices"] == 1
    assert codes["VALIDATION_ERROR (HTTP 400) to getNothing"] == 1
    assert findings["error codes that the fact sheet lacks"].answer == "TEAPOT"
    assert findings["answers"].counts["no JSON object"] == 1
    assert findings["answers"].counts["HTTP 502"] == 1


async def test_the_clock_and_the_limits_of_the_venue_are_found(tmp_path: Path) -> None:
    venue = SynthetixVenue(VenueOptions(history_minutes=60))
    async with venue.running():
        options = RecordOptions(symbols=SYMBOLS, out=tmp_path, url=venue.http_url, duration_secs=2)
        await record(options)
    findings = found(tmp_path)

    words = findings["clock of the venue"].answer.split()
    assert words[:3] == ["ahead", "of", "ours"]
    assert abs(int(words[4])) < 500
    assert findings["rate limits"].answer == "ipRateLimit: cap 10000"


async def test_new_fields_are_found(tmp_path: Path) -> None:
    await recorded(tmp_path, secs=1)
    file = tmp_path / "more.jsonl"
    told = {"method": "trade", "channel": "trade", "timestamp": 1, "data": {"fun": None}}
    entry = {"what": "got", "run": 1, "line": "market", "number": 1, "text": json.dumps(told)}
    file.write_text(f"1900000000000000000 {json.dumps(entry)}\n")

    findings = found(tmp_path)

    assert findings["fields that the fact sheet lacks"].counts == {"push trades: data.fun": 1}
    assert findings["null"].counts == {"push trades: data.fun": 1}


async def test_a_torn_recording_is_reported_on(tmp_path: Path) -> None:
    whole = await recorded(tmp_path, secs=1.5)
    (file,) = frame_files(tmp_path)
    file.write_bytes(file.read_bytes()[:-2_000])

    report = report_on(tmp_path)
    written = write_report(report, tmp_path)

    again = {finding.id: finding for finding in report.findings}
    assert again["push dialect"].answer == "both"
    assert 0 < again["our checksum"].counts["agree"] < whole["our checksum"].counts["agree"]
    assert [path.name for path in written] == ["report.md", "report.json"]
    assert "| a | push dialect | both |" in written[0].read_text()
    assert json.loads(written[1].read_bytes())["findings"][0]["id"] == "push dialect"


async def test_what_nobody_foresaw_does_not_end_the_report(tmp_path: Path) -> None:
    await recorded(tmp_path, secs=1)
    strange = ['[]', '{"data":1}', '{"method":7,"channel":"orderbookUpdate","data":[{"a":[1]}]}',
               '{"method":"trade","data":"x"}', '{"status":[],"id":{}}', "\\u0000"]  # fmt: skip
    entries = [
        {"what": "got", "run": 1, "line": "market", "number": 1, "text": text} for text in strange
    ]
    entries.append(
        {"what": "answered", "run": 1, "line": "getMarkets", "text": '{"error":{"code":[]}}'}
    )
    lines = [f"190000000000000000{n} {json.dumps(entry)}\n" for n, entry in enumerate(entries)]
    (tmp_path / "more.jsonl").write_text("".join(lines) + "1900000000000000009 {no JSON\n")

    findings = found(tmp_path)

    assert findings["push dialect"].counts["both"] > 10
    assert findings["entries that this report could not take in"].answer != "none"


async def test_a_killed_line_is_taken_up_again_and_nothing_is_overwritten(tmp_path: Path) -> None:
    reports: list[RecordReport] = []
    async with SynthetixVenue(VenueOptions(history_minutes=60, speed=5)).running() as venue:
        options = RecordOptions(symbols=SYMBOLS, out=tmp_path, url=venue.http_url)
        recording = asyncio.create_task(record(options, reports.append))
        await eventually(lambda: reports and reports[-1].frames > 100)
        await venue.drop_connections()
        await eventually(lambda: reports[-1].reconnects >= 13)
        lost_at = reports[-1].frames
        await eventually(lambda: reports[-1].frames > lost_at + 200)
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording
        first = {file: file.read_bytes() for file in frame_files(tmp_path)}
        await record(
            RecordOptions(symbols=SYMBOLS, out=tmp_path, url=venue.http_url, duration_secs=0.5)
        )

    assert all(file.read_bytes() == content for file, content in first.items())
    assert len(frame_files(tmp_path)) == 2
    assert found(tmp_path)["our checksum"].counts["disagree"] == 0


async def test_books_are_subscribed_anew_so_that_a_gap_heals(tmp_path: Path) -> None:
    async with SynthetixVenue(VenueOptions(history_minutes=60, speed=5)).running() as venue:
        venue.faults.add(Silent(type="orderbookUpdate", after=40, count=1))
        options = RecordOptions(
            symbols=SYMBOLS, out=tmp_path, url=venue.http_url, duration_secs=2.5,
            ask_secs=0.5, file_secs=1,
        )  # fmt: skip
        report = await record(options)

    findings = found(tmp_path)
    assert len(report.files) >= 2
    assert findings["subscriptions"].counts["unsubscribe: taken"] > 0
    assert findings["ping reply"].answer == "{'status': 'pong'}"
    assert findings["our checksum"].counts["disagree"] == 0


def test_a_recording_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected one symbol"):
        RecordOptions(symbols=(), out=tmp_path)
    with pytest.raises(ValueError, match="Expected a URL of HTTP"):
        RecordOptions(symbols=SYMBOLS, out=tmp_path, url="wss://papi.synthetix.io/v1/ws")
