"""`perpdesk parity run` of a run that traded alerts: each is replayed when it was given."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from nautilus_trader.model.identifiers import InstrumentId

from backtest.orders import OrderRecord
from backtest.times import in_words
from config.loading import parse_profile
from monitor.audit import AuditLine, AuditLog
from strategies.signals import Action, order_id_of
from tests.backtest.made import HOUR_NS, START_NS, Perpdesk, csv_of, wave
from tests.backtest.recorded import write_run
from webhook.alerts import Alert
from webhook.inbox import Inbox, Outcome, State, Step
from webhook.stores import open_inbox

BTC = "BTC-USD-PERP.HYPERLIQUID"
ETH = "ETH-USDT-PERP.SYNTHETIX"
BARS = 40
MINUTE_NS = 60_000_000_000
CLOSES = [candle.close for candle in wave(BARS)]
PROFILE = """\
environment = "paper"
trader_id = "TEST-001"
runs = "{folder}/runs"
[venues.hyperliquid]
network = "mainnet"
[venues.synthetix]
network = "mainnet"
[[strategies]]
id = "one"
strategy = "alert"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "fixed", size = "0.1" }}
[[strategies]]
id = "two"
strategy = "alert"
[strategies.parameters]
instrument_id = "ETH-USDT-PERP.SYNTHETIX"
sizing = {{ kind = "fixed", size = "0.1" }}
[[strategies]]
id = "both"
strategy = "hedge"
[strategies.parameters]
same = {{ strategy = "one", instrument_id = "BTC-USD-PERP.HYPERLIQUID" }}
opposite = {{ strategy = "two", instrument_id = "ETH-USDT-PERP.SYNTHETIX" }}
[webhook]
[paper]
starting_balances = ["9000 USDC", "8000 USDT"]
"""


class Given(NamedTuple):
    """An alert of the recorded run, so many minutes after the close of a bar, and its outcome."""

    strategy: str
    id: str
    action: Action
    bar: int
    orders: tuple[str, ...] = ()
    reason: str | None = None
    minute: int = 30

    @property
    def key(self) -> str:
        return f"{self.strategy}:{self.id}"

    @property
    def time_ns(self) -> int:
        return START_NS + (self.bar + 1) * HOUR_NS + self.minute * MINUTE_NS


async def _fill(place: Path, alerts: tuple[Given, ...]) -> None:
    inbox = open_inbox(str(place))
    try:
        await inbox.open()
        for given in alerts:
            await _record(inbox, given)
    finally:
        await inbox.close()


async def _record(inbox: Inbox, given: Given) -> None:
    alert = Alert(
        dialect="own",
        key=given.key,
        digest=given.key,
        strategy=given.strategy,
        instrument_id=InstrumentId.from_str(ETH if given.strategy == "two" else BTC),
        action=given.action,
    )
    received_ns = given.time_ns - MINUTE_NS
    # It is too old by the next bar, and was not when the run got it.
    await inbox.put(alert, received_ns, given.time_ns + MINUTE_NS)
    orders = given.orders or (order_id_of(given.key).value,)
    outcome = Outcome(
        state=State.DONE, orders=() if given.reason else orders, reason=given.reason, message="..."
    )
    await inbox.record(
        [
            Step(key=given.key, kind="delivered", ts_ns=given.time_ns),
            Step(key=given.key, kind="done", ts_ns=given.time_ns + 1, outcome=outcome),
        ]
    )


def order(key: str, side: str, bar: int, size: str = "0.1", **changes: object) -> OrderRecord:
    """Return the order of an alert that came half an hour after the close of a bar."""
    time_ns = START_NS + (bar + 1) * HOUR_NS + 30 * MINUTE_NS + 1
    is_two = key.startswith("two") or key.endswith("two")
    values: dict[str, Any] = {
        "key": key,
        "strategy": "two-001" if is_two else "one-000",
        "instrument": ETH if is_two else BTC,
        "kind": "MARKET",
        "side": side,
        "status": "FILLED",
        "time_ns": time_ns,
        "quantity": Decimal(size),
        "filled": Decimal(size),
        "price": CLOSES[bar],
        "trigger": None,
        "last_ns": time_ns,
    }
    return OrderRecord(**values | changes)


def recorded(
    folder: Path,
    perpdesk: Perpdesk,
    alerts: tuple[Given, ...],
    orders: list[OrderRecord],
    text: str = PROFILE,
) -> Path:
    """Return the folder of a run that was given alerts, with history beside it."""
    file = folder / "candles.csv"
    file.write_text(csv_of(wave(BARS)))
    for instrument in (BTC, ETH):
        bars = ("--instrument", instrument, "--bar", "1h", "--data", folder / "data")
        assert perpdesk("data", "import", file, *bars).code == 0
    profile = parse_profile(text.format(folder=folder).encode(), "mine.toml")
    times = (in_words(START_NS) + "+00:00", in_words(START_NS + BARS * HOUR_NS) + "+00:00")
    run = write_run(folder / "runs" / "one", profile, orders, times)
    asyncio.run(_fill(folder / "runs" / "TEST-001.alerts.sqlite", alerts))
    return run


def replayed(perpdesk: Perpdesk, run: Path, *more: str) -> tuple[int, dict[str, Any]]:
    data = run.parent.parent / "data"
    result = perpdesk("parity", "run", run, "--data", data, "--json", *more)
    assert result.output, result.errors
    return result.code, json.loads(result.output)


def test_alerts_are_replayed_when_they_were_given(perpdesk: Perpdesk, tmp_path: Path) -> None:
    alerts = (Given("one", "1", Action.BUY, 5), Given("one", "2", Action.CLOSE, 20))
    orders = [order("one:1", "buy", 5), order("one:2", "sell", 20)]

    code, parity = replayed(perpdesk, recorded(tmp_path, perpdesk, alerts, orders))

    assert code == 0, parity
    assert [pair["key"] for pair in parity["pairs"]] == ["one:1", "one:2"]
    for pair, given in zip(parity["pairs"], alerts, strict=True):
        assert pair["replayed"]["time_ns"] == given.time_ns
        assert round(Decimal(pair["replayed"]["price"]), 6) == CLOSES[given.bar]
    assert parity["matched_percent"] == "100.00"
    (trip,) = parity["trips"]
    assert (trip["entry_worse_bps"], trip["exit_worse_bps"]) == ("0.00", "0.00")
    # The made-up record has paid no fees.
    fees = round(Decimal(trip["replayed"]["fees"]), 6)
    assert round(Decimal(trip["pnl_apart"]), 6) == fees > 0


def test_alerts_before_the_first_price_keep_their_order(perpdesk: Perpdesk, tmp_path: Path) -> None:
    before = -1
    turns = [(Action.BUY, "buy"), (Action.CLOSE, "sell")] * 5
    alerts = tuple(
        Given("one", f"{number}", action, before, minute=number)
        for number, (action, _) in enumerate(turns)
    )
    orders = [
        order(given.key, side, before, time_ns=given.time_ns, last_ns=given.time_ns)
        for given, (_, side) in zip(alerts, turns, strict=True)
    ]

    code, parity = replayed(perpdesk, recorded(tmp_path, perpdesk, alerts, orders))

    assert code == 0, parity
    times = [pair["replayed"]["time_ns"] for pair in parity["pairs"]]
    assert times == sorted(set(times))
    assert [trip["replayed"]["key"] for trip in parity["trips"]] == [
        f"one:{n}" for n in (0, 2, 4, 6, 8)
    ]


def test_each_venue_is_replayed_with_its_own_account(perpdesk: Perpdesk, tmp_path: Path) -> None:
    alerts = (Given("one", "1", Action.BUY, 5), Given("two", "1", Action.SELL, 6))
    orders = [order("one:1", "buy", 5), order("two:1", "sell", 6)]

    code, parity = replayed(perpdesk, recorded(tmp_path, perpdesk, alerts, orders))

    assert code == 0, parity
    assert [pair["replayed"]["instrument"] for pair in parity["pairs"]] == [BTC, ETH]


def test_a_hedge_is_replayed_by_its_legs(perpdesk: Perpdesk, tmp_path: Path) -> None:
    legs = tuple(order_id_of(f"both:1/{name}").value for name in ("one", "two"))
    alerts = (Given("both", "1", Action.BUY, 5, orders=legs),)
    orders = [order("both:1/one", "buy", 5), order("both:1/two", "sell", 5)]

    code, parity = replayed(perpdesk, recorded(tmp_path, perpdesk, alerts, orders))

    assert code == 0, parity
    assert parity["filled"] == 2


def test_what_a_person_held_back_is_not_replayed(perpdesk: Perpdesk, tmp_path: Path) -> None:
    alerts = (
        Given("one", "1", Action.BUY, 5),
        Given("one", "2", Action.BUY, 9, reason="paused"),
        Given("one", "3", Action.SELL, 12, reason="nothing_to_do"),
    )

    code, parity = replayed(
        perpdesk, recorded(tmp_path, perpdesk, alerts, [order("one:1", "buy", 5)])
    )

    assert parity["notes"] == ["one:2: not replayed, the run answered 'paused'"]
    # What the run had no reason for that the replay would not have as well is given to it.
    assert code == 1
    assert [pair["key"] for pair in parity["pairs"] if pair["faults"]] == ["one:3"]


def test_what_was_told_by_hand_within_the_run_is_said(perpdesk: Perpdesk, tmp_path: Path) -> None:
    alerts = (Given("one", "1", Action.BUY, 5),)
    run = recorded(tmp_path, perpdesk, alerts, [order("one:1", "buy", 5)])
    log = AuditLog(run.parent / "TEST-001.audit.jsonl")
    for hours, command, code in (
        (2, "pause", "done"),
        (3, "resume", "forbidden"),
        (2 * BARS, "resume", "done"),
    ):
        time = in_words(START_NS + hours * HOUR_NS) + "+00:00"
        log.add(
            AuditLine(
                time=time, source="", command=command, strategy="one", parameters={}, reason="",
                status=200, code=code, message="",
            )
        )  # fmt: skip
    log.close()

    _, parity = replayed(perpdesk, run)

    assert parity["notes"] == ["one: pause at 2026-01-01 02:00, by hand, is not replayed"]


def test_a_replayed_order_fills_whole_whatever_the_volume(
    perpdesk: Perpdesk, tmp_path: Path
) -> None:
    alerts = (Given("one", "1", Action.BUY, 5),)
    large = order("one:1", "buy", 5, size="200")
    changed = PROFILE.replace('size = "0.1"', 'size = "200"').replace("9000", "90000000")
    run = recorded(tmp_path, perpdesk, alerts, [large], changed)

    code, parity = replayed(perpdesk, run)

    assert wave(BARS)[5].volume < 200 * 4
    assert code == 0, parity
    assert parity["worse_bps"] == "0.00"


def test_an_alert_before_the_first_price_waits_for_it(perpdesk: Perpdesk, tmp_path: Path) -> None:
    alerts = (Given("one", "1", Action.BUY, -1),)

    code, parity = replayed(
        perpdesk, recorded(tmp_path, perpdesk, alerts, [order("one:1", "buy", 0)])
    )

    assert code == 0, parity
    assert parity["pairs"][0]["replayed"]["time_ns"] > START_NS + HOUR_NS


def test_orders_beyond_a_stated_end_are_not_judged(perpdesk: Perpdesk, tmp_path: Path) -> None:
    alerts = (Given("one", "1", Action.BUY, 5), Given("one", "2", Action.CLOSE, 20))
    orders = [order("one:1", "buy", 5), order("one:2", "sell", 21)]
    run = recorded(tmp_path, perpdesk, alerts, orders)

    code, parity = replayed(perpdesk, run, "--end", in_words(START_NS + 10 * HOUR_NS))

    assert code == 0, parity
    assert [pair["key"] for pair in parity["pairs"]] == ["one:1"]
    assert parity["notes"] == ["1 orders are not judged: made before --start or after --end"]


def test_the_share_that_matches_is_told(perpdesk: Perpdesk, tmp_path: Path) -> None:
    alerts = (Given("one", "1", Action.BUY, 5), Given("one", "2", Action.CLOSE, 20))
    orders = [
        order("one:1", "buy", 5),
        order("one:2", "sell", 20),
        order("two:9", "buy", 7),
        order("one:4", "buy", 25),
    ]
    run = recorded(tmp_path, perpdesk, alerts, orders)

    code, parity = replayed(perpdesk, run)

    assert code == 1
    assert parity["matched_percent"] == "66.67"
    assert parity["notes"] == ["1 orders of two are not judged: it is not replayed"]
    shown = perpdesk("parity", "run", run, "--data", tmp_path / "data").output
    assert "66.67 % of 3 orders match, 1 differ" in shown


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("runs/one/orders.csv", "it was killed before it traded"),
        ("runs/TEST-001.alerts.sqlite", "Expected the run's alerts in"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    perpdesk: Perpdesk, tmp_path: Path, missing: str, words: str
) -> None:
    run = recorded(tmp_path, perpdesk, (Given("one", "1", Action.BUY, 5),), [])
    (tmp_path / missing).unlink()

    result = perpdesk("parity", "run", run, "--data", tmp_path / "data")

    assert result.code == 2
    assert words in result.errors


def test_a_demo_is_refused(perpdesk: Perpdesk, tmp_path: Path) -> None:
    run = recorded(tmp_path, perpdesk, (), [])
    config = json.loads((run / "config.json").read_text()) | {"environment": "demo"}
    (run / "config.json").write_text(json.dumps(config))

    result = perpdesk("parity", "run", run, "--data", tmp_path / "data")

    assert result.code == 2
    assert "whose hours pass in seconds" in result.errors
