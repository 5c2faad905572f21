"""The bench's figures as the tables of docs/performance.md, to be put there as they are."""

from collections.abc import Iterable, Iterator, Mapping

from tests.bench import alert_orders, resources, thousand_orders
from tests.bench.rounds import Comparison, Figure
from tests.bench.spread import Spread, row, short


def latency_table(spreads: Mapping[str, Spread]) -> Iterator[str]:
    """Yield percentiles, milliseconds."""
    yield from _head("milliseconds", "of", "p50", "p95", "p99", "most")
    for what, spread in spreads.items():
        yield row(what, f"{spread.count:,}", *spread.cells())


def ratio_table(comparisons: Iterable[Comparison]) -> Iterator[str]:
    """Yield ratios, with what stands above and below the line."""
    yield from _head("ratio of each round", "this", "beside", "ratio")
    for line in comparisons:
        figures = (short(line.ours.median), short(line.theirs.median), _ratio(line.ratio))
        yield row(line.name, *figures)


def orders_at_once_table(found: Iterable[thousand_orders.AtOnce]) -> Iterator[str]:
    """Yield what became of orders that were submitted at once."""
    yield from _head("orders at once", "of", "all accepted, s", "CPU, s", "each: p50, s", "most, s")
    for one in found:
        each = (short(one.each.p50 / 1e3), short(one.each.max / 1e3))
        totals = (short(one.all_ms / 1e3), short(one.cpu_ms / 1e3))
        yield row(one.where, f"{one.orders:,}", *totals, *each)


def alerts_at_once_table(found: Iterable[alert_orders.AtOnce]) -> Iterator[str]:
    """Yield what became of alerts that were posted at once."""
    yield from _head(
        f"alerts over {alert_orders.CONNECTIONS} connections",
        "of",
        "all answered, s",
        "all decided, s",
        "all done, s",
        "the node's CPU, s",
        "an answer: p50, ms",
        "p99, ms",
    )
    for one in found:
        totals = (one.all_answered_ms, one.all_decided_ms, one.all_done_ms, one.cpu_ms)
        answer = (short(one.answered.p50), short(one.answered.p99))
        yield row(one.where, f"{one.alerts:,}", *(short(ms / 1e3) for ms in totals), *answer)


def resource_table(taken: Iterable[resources.Taken]) -> Iterator[str]:
    """Yield what nodes took."""
    yield from _head(
        "node", "instruments", "frames/s", "idle, % of a core", "CPU, % of a core", "MB resident"
    )
    for one in taken:
        load = (str(one.instruments), f"{one.frames_per_sec:,.0f}", short(one.idle_percent))
        yield row(one.who, *load, _ratio(one.percent), f"{one.rss_mb:,.0f}")


def _head(*names: str) -> Iterator[str]:
    yield row(*names)
    yield f"|{'---|' * len(names)}"


def _ratio(figure: Figure) -> str:
    return f"{short(figure.median)} [{short(figure.low)}-{short(figure.high)}]"
