"""`perpdesk parity run`: a recorded run's reports, as Nautilus writes them, beside its replay."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backtest.catalog import History
from backtest.engine import run
from backtest.orders import OrderRecord, read_records
from backtest.parity_run import compare_runs
from config.loading import load_profile
from desk.backtest_plan import Window, make_plan
from tests.backtest.made import HOUR_NS, START_NS, Perpdesk, given
from tests.backtest.recorded import COLUMNS, cut, write_run

# Of a real paper run.
ROW = (
    "O-20261126-150729-001-000-1,DEMO-001,rsi_btc-000,BTC-USD-PERP.HYPERLIQUID,HYPERLIQUID-1-001,"
    "BTC-USD-PERP.HYPERLIQUID-rsi_btc-000,HYPERLIQUID-001,T-b119d8f2309f6745-001,MARKET,SELL,"
    "0.01043,GTC,False,False,0.01043,TAKER,95831.0,0.0,['0.44978280 USDC'],NO_TRIGGER,FILLED,"
    "NO_CONTINGENCY,,,,,,,['rsi_btc-000:1795696980000000000'],"
    "c783694f-967a-47ae-853e-db00b9e1dcff,1795705649668084919,1795705649666377676,,,,"
)

type Change = Callable[[list[OrderRecord]], list[OrderRecord]]


def test_a_report_of_nautilus_is_read(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{COLUMNS}\n{ROW}\n")

    assert read_records(file) == [
        OrderRecord(
            key="rsi_btc-000:1795696980000000000",
            strategy="rsi_btc-000",
            instrument="BTC-USD-PERP.HYPERLIQUID",
            kind="MARKET",
            side="sell",
            status="FILLED",
            time_ns=1795705649668084919,
            quantity=Decimal("0.01043"),
            filled=Decimal("0.01043"),
            price=Decimal("95831.0"),
            trigger=None,
            fees=Decimal("0.44978280"),
            last_ns=1795705649666377676,
        )
    ]


def recorded(folder: Path, perpdesk: Perpdesk, change: Change = list) -> tuple[Path, Path]:
    """Return the folder of a run that went as the backtest does, but for a change; and its data."""
    file, data = given(folder, perpdesk, count=300)
    profile = load_profile(str(file))
    plan, _ = make_plan(profile, History(data), Window())
    times = ("2026-01-01T01:00:00.000000001+00:00", "2026-01-13T12:00:00.5+00:00")
    return write_run(folder / "runs" / "one", profile, change(run(plan).orders), times), data


def compared(
    perpdesk: Perpdesk, runs: Path, data: Path, *options: str
) -> tuple[int, dict[str, Any]]:
    where = ("--runs", runs.parent, "--data", data)
    result = perpdesk("parity", "run", runs.name, *where, *options, "--json")
    assert result.output, result.errors
    return result.code, json.loads(result.output)


def test_a_run_that_went_as_its_replay_is_equal(perpdesk: Perpdesk, tmp_path: Path) -> None:
    runs, data = recorded(tmp_path, perpdesk)

    code, parity = compared(perpdesk, runs, data)

    assert code == 0, [pair for pair in parity["pairs"] if pair["faults"]]
    assert parity["filled"] > 5
    assert parity["worse_bps"] == "0.00"
    assert any(pair["key"].endswith(" STOP") for pair in parity["pairs"])


def test_worse_prices_are_measured_and_are_no_fault(perpdesk: Perpdesk, tmp_path: Path) -> None:
    def worse(orders: list[OrderRecord]) -> list[OrderRecord]:
        # Buys a basis point dearer, sells one cheaper.
        factors = {"buy": Decimal("1.0001"), "sell": Decimal("0.9999")}
        return [
            msgspec.structs.replace(order, price=order.price and order.price * factors[order.side])
            for order in orders
        ]

    code, parity = compared(perpdesk, *recorded(tmp_path, perpdesk, worse))

    assert code == 0
    assert parity["worse_bps"] == "1.00"


def test_a_missing_order_and_another_size_are_faults(perpdesk: Perpdesk, tmp_path: Path) -> None:
    changed: list[str] = []

    def change(orders: list[OrderRecord]) -> list[OrderRecord]:
        decisions = [order for order in orders if order.kind == "MARKET"]
        missing, larger = decisions[3], decisions[6]
        changed.extend((missing.key, larger.key))
        return [
            msgspec.structs.replace(order, quantity=order.quantity * 2)
            if order is larger
            else order
            for order in orders
            if order is not missing
        ]

    code, parity = compared(perpdesk, *recorded(tmp_path, perpdesk, change))

    faults = {pair["key"]: pair["faults"] for pair in parity["pairs"]}
    assert code == 1
    assert faults[changed[0]] == ["only in the replay"]
    assert faults[changed[1]][0].startswith("a size of")


def test_what_one_has_filled_and_the_other_not_is_a_fault() -> None:
    filled = OrderRecord(
        key="s:1",
        strategy="s",
        instrument="i",
        kind="MARKET",
        side="buy",
        status="FILLED",
        time_ns=1,
        quantity=Decimal(1),
        filled=Decimal(1),
        price=Decimal(100),
        trigger=None,
    )
    refused = msgspec.structs.replace(filled, status="DENIED", filled=Decimal(0), price=None)

    parity = compare_runs([refused], [filled], Decimal(0))

    assert parity.pairs[0].faults == ["DENIED beside FILLED"]
    assert not parity.is_equal


def test_the_window_is_the_runs_own(perpdesk: Perpdesk, tmp_path: Path) -> None:
    runs, data = recorded(tmp_path, perpdesk)
    early = "time,venue,currency,equity\n2026-01-01T01:00:00+00:00,V,USDC,1\n"
    (runs / "equity.csv").write_text(early + "2026-01-05T00:00:00+00:00,V,USDC,1\n")

    _, parity = compared(perpdesk, runs, data)

    last_ns = max(pair["replayed"]["time_ns"] for pair in parity["pairs"] if pair["replayed"])
    assert last_ns <= START_NS + 4 * 24 * HOUR_NS
    assert any(pair["faults"] == ["only in the recorded run"] for pair in parity["pairs"])


CUT = "2026-01-09T00:00:00+00:00"
CUT_NS = START_NS + 8 * 24 * HOUR_NS


def until_cut(orders: list[OrderRecord]) -> list[OrderRecord]:
    return [order for order in orders if order.time_ns <= CUT_NS]


@pytest.mark.parametrize("end", [(), ("--end", "2026-01-12")], ids=["no end", "a later end"])
def test_a_killed_run_is_judged_until_it_was_cut(
    perpdesk: Perpdesk, tmp_path: Path, end: tuple[str, ...]
) -> None:
    runs, data = recorded(tmp_path, perpdesk, until_cut)
    cut(runs, CUT)

    code, parity = compared(perpdesk, runs, data, *end)

    assert code == 0, [pair for pair in parity["pairs"] if pair["faults"]]
    assert parity["filled"] > 2
    last_ns = max(pair["replayed"]["time_ns"] for pair in parity["pairs"])
    assert CUT_NS - 24 * HOUR_NS < last_ns <= CUT_NS
    assert parity["notes"][0].startswith(
        "The run was cut, or still goes on: its record ends at 2026-01-09 00:00"
    )


def test_an_order_that_a_killed_run_lacks_is_a_fault(perpdesk: Perpdesk, tmp_path: Path) -> None:
    runs, data = recorded(tmp_path, perpdesk, lambda orders: until_cut(orders)[1:])
    cut(runs, CUT)

    code, _ = compared(perpdesk, runs, data)

    assert code == 1


def test_a_run_that_was_killed_while_it_wrote_its_report_was_cut(
    perpdesk: Perpdesk, tmp_path: Path
) -> None:
    runs, data = recorded(tmp_path, perpdesk, until_cut)
    cut(runs, CUT)
    (runs / "orders.csv").write_text(f"{COLUMNS}\n")

    code, parity = compared(perpdesk, runs, data)

    assert code == 0
    assert parity["filled"] > 2


def test_a_record_that_is_none_is_named(perpdesk: Perpdesk, tmp_path: Path) -> None:
    runs, data = recorded(tmp_path, perpdesk)
    (runs / "record.sqlite").write_text("nonsense, and more of it than a header has")

    result = perpdesk("parity", "run", runs, "--data", data)

    assert result.code == 2
    assert "Expected the record of a run in" in result.errors


def test_a_run_without_stops_is_read(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    columns = COLUMNS.split(",")
    first = columns.index("trigger_price")
    shorter = [",".join(line.split(",")[:first]) for line in (COLUMNS, ROW)]
    file.write_text("\n".join(shorter))

    (order,) = read_records(file)

    assert order.trigger is None


def test_a_person_gets_both_sides(perpdesk: Perpdesk, tmp_path: Path) -> None:
    runs, data = recorded(tmp_path, perpdesk)

    result = perpdesk("parity", "run", runs, "--data", data)

    assert "recorded worse by +0.00 bps on average" in result.output
    assert "0 differ" in result.output


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "Expected the folder of a run"), ("{", "Expected the configuration of a run")],
)
def test_a_run_that_is_none_is_named(
    perpdesk: Perpdesk, tmp_path: Path, content: str | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "none").mkdir()
        (tmp_path / "none" / "config.json").write_text(content)

    result = perpdesk("parity", "run", "none", "--runs", tmp_path)

    assert result.code == 2
    assert words in result.errors
