"""`make bench`: every comparison in one run, as tables, and as JSON where a file is named."""

from pathlib import Path

import msgspec
from cyclopts import run
from rich.console import Console
from rich.table import Table

from tests.bench import (
    batches,
    flood,
    inbox,
    orders,
    paper,
    parsing,
    rsi,
    signing,
    sockets,
    startup,
    synthetix_book,
    synthetix_signing,
    ticks,
    webhook,
    webhook_http,
    wires,
)
from tests.bench.rounds import Comparison


def bench(*, quick: bool = False, json: Path | None = None) -> None:
    """Measure everything; ratios are what counts, absolute figures are this machine's."""
    rounds = 2 if quick else 7
    console = Console()
    groups = {
        "Frames to objects, CPU us, json + from_str / ours": parsing.measure(rounds, 2_000),
        "With the socket, CPU us a message, ours / Nautilus's Rust client": sockets.measure(
            2 if quick else 5, 8_000 if quick else 40_000, 500 if quick else 3_000
        ),
        "One order's signature, CPU us, ours / theirs": signing.measure(rounds, 4_000),
        "The same on Synthetix": synthetix_signing.measure(rounds, 4_000),
        "Nautilus's order to a signed frame at the socket, CPU us, Synthetix / Hyperliquid": (
            wires.measure(rounds, 4 if quick else 8)
        ),
        "Synthetix's book, a difference to deltas, CPU us, plain / ours": synthetix_book.measure(
            rounds, 1_000 if quick else 10_000
        ),
        "Order parameters to the venue's reply, us, ours / theirs": orders.measure(
            5 if quick else 15, 240 if quick else orders.ORDERS_MAX
        ),
        "Whole nodes, p50 of wall us, ours / theirs": ticks.measure(5 if quick else 20),
        "Paper execution, CPU us a quote, with / without": paper.measure(rounds, 20_000),
        "POST of an alert, CPU us, ours / theirs": webhook_http.measure_cpu(rounds, 600),
        "RSI, CPU us a bar, ours / Nautilus's": rsi.measure(rounds, 20_000),
    }
    for title, lines in groups.items():
        console.print(_table(title, lines))
    console.print(_table("Trading in a flood of alerts, wall us", flood.measure(2 if quick else 5)))
    start, rss_mb = startup.measure(2 if quick else 5)
    console.print(_table("Start, wall ms, ours / theirs", start))
    apart, latencies = webhook.measure(2 if quick else 7, 200 if quick else 1_000)
    console.print(_table("Alert to strategy, wall ms, ours / theirs", apart))
    console.print(f"Idle run: {rss_mb:.0f} MB resident")
    for one in latencies:
        times = f"p50 {one.p50:.2f} ms, p99 {one.p99:.2f} ms"
        console.print(
            f"POST to on_data, {one.where}, {one.posts} posts, {one.at_once} at once: {times}"
        )
    loads = webhook_http.measure_load(1_000 if quick else 4_000, "SQLite")
    rates = inbox.measure(2 if quick else 5, 500 if quick else 2_000)
    for figure in (*loads, *rates):
        console.print(str(figure))
    console.print(f"fsync of this disk: {inbox.measure_fsync():.2f} ms")
    thousand = batches.measure()
    console.print(
        f"{thousand.orders} orders in batches of {batches.BATCH}:"
        f" {thousand.accepted} accepted in {thousand.place_secs:.2f} s,"
        f" {thousand.canceled} canceled in {thousand.cancel_secs:.2f} s,"
        f" {thousand.left_at_venue} left; weight {thousand.weight} of 1,200,"
        f" {thousand.grown_mb:.0f} MB more resident"
    )
    if json is not None:
        everything = groups | {"Start": start, "Idle MB": rss_mb, "POST to on_data": latencies}
        everything |= {"Alert to strategy": apart, "Alerts a second": loads, "Puts a second": rates}
        everything["Batches"] = thousand
        json.write_bytes(msgspec.json.format(msgspec.json.encode(everything)))


def _table(title: str, lines: list[Comparison]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("what", "ours", "theirs", "ratio", "goal"):
        table.add_column(heading)
    for line in lines:
        table.add_row(line.name, str(line.ours), str(line.theirs), str(line.ratio), line.goal)
    return table


if __name__ == "__main__":
    run(bench)
