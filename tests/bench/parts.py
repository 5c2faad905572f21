"""The parts of `make bench` by name: what each measures, how long, and how it is shown."""

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from tests.bench import (
    alert_orders,
    batches,
    flood,
    inbox,
    orders,
    pages,
    paper,
    parsing,
    resources,
    rsi,
    signing,
    sockets,
    startup,
    synthetix_book,
    synthetix_signing,
    thousand_orders,
    tick_load,
    ticks,
    webhook,
    webhook_http,
    wires,
)
from tests.bench.rounds import Comparison

type Result = object
"""What msgspec writes as JSON."""

type Part = Callable[[Console, bool], Result]
"""Measures, quickly or not, and prints."""


def _compared(title: str, measure: Callable[[bool], list[Comparison]]) -> Part:
    def part(console: Console, quick: bool) -> Result:
        lines = measure(quick)
        console.print(_table(title, lines))
        return lines

    return part


def _start(console: Console, quick: bool) -> Result:
    start, rss_mb = startup.measure(2 if quick else 5)
    console.print(_table("Start, wall ms, ours / theirs", start))
    console.print(f"Idle run: {rss_mb:.0f} MB resident")
    return {"Start": start, "Idle MB": rss_mb}


def _webhook(console: Console, quick: bool) -> Result:
    apart, latencies = webhook.measure(2 if quick else 7, 200 if quick else 1_000)
    console.print(_table("Alert to strategy, wall ms, ours / theirs", apart))
    for one in latencies:
        times = f"p50 {one.p50:.2f} ms, p99 {one.p99:.2f} ms"
        console.print(
            f"POST to on_data, {one.where}, {one.posts} posts, {one.at_once} at once: {times}"
        )
    return {"Alert to strategy": apart, "POST to on_data": latencies}


def _inbox(console: Console, quick: bool) -> Result:
    loads = webhook_http.measure_load(1_000 if quick else 4_000, "SQLite")
    rates = inbox.measure(2 if quick else 5, 500 if quick else 2_000)
    for figure in (*loads, *rates):
        console.print(str(figure))
    console.print(f"fsync of this disk: {inbox.measure_fsync():.2f} ms")
    return {"Alerts a second": loads, "Puts a second": rates}


def _batches(console: Console, _quick: bool) -> Result:
    thousand = batches.measure()
    console.print(
        f"{thousand.orders} orders in batches of {batches.BATCH}:"
        f" {thousand.accepted} accepted in {thousand.place_secs:.2f} s,"
        f" {thousand.canceled} canceled in {thousand.cancel_secs:.2f} s,"
        f" {thousand.left_at_venue} left; weight {thousand.weight} of 1,200,"
        f" {thousand.grown_mb:.0f} MB more resident"
    )
    return thousand


def _tick_load(console: Console, quick: bool) -> Result:
    measured = tick_load.measure(2 if quick else 7, 20 if quick else 50)
    beside = f"{tick_load.COINS - 1} coins, {tick_load.FRAMES_BESIDE} frames/s"
    _show(console, f"Tick to wire; load: {beside}", pages.latency_table(measured.spreads))
    _show(console, "", pages.ratio_table(measured.comparisons))
    return measured


def _alert_orders(console: Console, quick: bool) -> Result:
    rounds, alerts, at_once = (1, 10, 200) if quick else (3, 40, 1_000)
    measured = alert_orders.measure(rounds, alerts, at_once, quick=quick)
    _show(console, "Alert to order at the venue", pages.latency_table(measured.spreads))
    _show(console, "", pages.ratio_table(measured.comparisons))
    _show(console, "", pages.alerts_at_once_table(measured.at_once))
    return measured


def _thousand(console: Console, quick: bool) -> Result:
    measured = thousand_orders.measure(2 if quick else 3, 200 if quick else 1_000)
    _show(console, "One order to its acceptance", pages.latency_table(measured.spreads))
    _show(console, "", pages.ratio_table(measured.comparisons))
    _show(console, "", pages.orders_at_once_table(measured.at_once))
    return measured


def _resources(console: Console, quick: bool) -> Result:
    measured = resources.measure(1 if quick else 3, 2.0)
    _show(console, "CPU and memory", pages.resource_table(measured.taken))
    _show(console, "", pages.ratio_table(measured.comparisons))
    return measured


def _rounds(quick: bool) -> int:
    return 2 if quick else 7


PARTS: dict[str, Part] = {
    "parsing": _compared(
        "Frames to objects, CPU us, json + from_str / ours",
        lambda quick: parsing.measure(_rounds(quick), 2_000),
    ),
    "sockets": _compared(
        "With the socket, CPU us a message, ours / Nautilus's Rust client",
        lambda quick: sockets.measure(
            2 if quick else 5, 8_000 if quick else 40_000, 500 if quick else 3_000
        ),
    ),
    "signing": _compared(
        "One order's signature, CPU us, ours / theirs",
        lambda quick: signing.measure(_rounds(quick), 4_000),
    ),
    "synthetix-signing": _compared(
        "The same on Synthetix", lambda quick: synthetix_signing.measure(_rounds(quick), 4_000)
    ),
    "wires": _compared(
        "Nautilus's order to a signed frame at the socket, CPU us, Synthetix / Hyperliquid",
        lambda quick: wires.measure(_rounds(quick), 4 if quick else 8),
    ),
    "synthetix-book": _compared(
        "Synthetix's book, a difference to deltas, CPU us, plain / ours",
        lambda quick: synthetix_book.measure(_rounds(quick), 1_000 if quick else 10_000),
    ),
    "orders": _compared(
        "Order parameters to the venue's reply, us, ours / theirs",
        lambda quick: orders.measure(5 if quick else 15, 240 if quick else orders.ORDERS_MAX),
    ),
    "ticks": _compared(
        "Whole nodes, p50 of wall us, ours / theirs",
        lambda quick: ticks.measure(5 if quick else 20),
    ),
    "paper": _compared(
        "Paper execution, CPU us a quote, with / without",
        lambda quick: paper.measure(_rounds(quick), 20_000),
    ),
    "webhook-cpu": _compared(
        "POST of an alert, CPU us, ours / theirs",
        lambda quick: webhook_http.measure_cpu(_rounds(quick), 600),
    ),
    "rsi": _compared(
        "RSI, CPU us a bar, ours / Nautilus's", lambda quick: rsi.measure(_rounds(quick), 20_000)
    ),
    "flood": _compared(
        "Trading in a flood of alerts, wall us", lambda quick: flood.measure(2 if quick else 5)
    ),
    "start": _start,
    "webhook": _webhook,
    "inbox": _inbox,
    "batches": _batches,
    "tick-load": _tick_load,
    "alert-orders": _alert_orders,
    "thousand-orders": _thousand,
    "resources": _resources,
}
"""In this order they are run."""


def _table(title: str, lines: list[Comparison]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("what", "ours", "theirs", "ratio", "goal"):
        table.add_column(heading)
    for line in lines:
        table.add_row(line.name, str(line.ours), str(line.theirs), str(line.ratio), line.goal)
    return table


def _show(console: Console, title: str, lines: Iterable[str]) -> None:
    console.print(title, style="italic")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
