"""What a recording of Synthetix answers, and how its entries read to those who look; no I/O.

The letters are those of the ranked unknowns (fact sheet 12.1).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from simulator.synthetix_entries import Entry, read_entry, read_plan
from simulator.synthetix_record_plan import Plan

EXAMPLE_MAX = 700
"""An example is cut after so many characters."""
FULL_LOOKS = 200
LOOK_EVERY = 20
"""Of what is much alike so many are looked at closely, then each 20th: a recording may be long."""
STREAMS = {
    "market_price_update": "marketPrices",
    "marketPriceUpdate": "marketPrices",
    "priceUpdate": "marketPrices",
    "orderbook_depth_update": "orderbook",
    "orderbookUpdate": "orderbook",
    "trade": "trades",
    "candle_update": "candles",
    "candleUpdate": "candles",
    "liquidation": "liquidations",
}
"""The subscription of each name that a push has under `method` or `channel` (fact sheet 6.3)."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes
    ----------
    id
        A short name that stays: "push dialect".
    unknown
        The letter of the unknown, or "" for one that has none.
    answer
        What was found, in a few words; "not seen" where nothing shows it.
    counts
        The evidence, as how often what was seen.
    example
        One that shows it, as it came.
    open
        What remains to be found out.
    """

    id: str
    unknown: str = ""
    answer: str
    counts: dict[str, int] = {}
    example: str = ""
    open: str = ""


class Heard(msgspec.Struct, frozen=True):
    """An entry as it reads: the JSON in it (None where there is none), and of which stream it is.

    `stream` is the subscription of a push, "" of all else; `ns` when it was received.
    """

    ns: int
    entry: Entry
    plan: Plan
    content: Any
    stream: str

    @property
    def line(self) -> tuple[int, str, int]:
        """Return what tells a connection from any other."""
        return self.entry.run, self.entry.line, self.entry.number

    @property
    def is_reply(self) -> bool:
        """Tell whether it is the reply to a frame of ours."""
        return self.entry.what == "got" and not self.stream and isinstance(self.content, dict)


class Looker(Protocol):
    """Looks at every entry in turn, and says at the end what it found."""

    def look(self, heard: Heard) -> None:
        """Take in an entry."""

    def findings(self) -> Iterable[Finding]:
        """Give what was found."""


class Example:
    """Keeps the first text that it is given."""

    def __init__(self) -> None:
        self.text = ""

    def offer(self, text: str) -> None:
        """Keep a text if there is none yet."""
        if not self.text:
            self.text = text if len(text) <= EXAMPLE_MAX else text[:EXAMPLE_MAX] + "…"


def hear(frames: Iterable[tuple[int, str]], on_unread: Callable[[str], None]) -> Iterator[Heard]:
    """Read the entries of a recording; `on_unread` hears of those that are none.

    What stands before the first plan says nothing.
    """
    plan: Plan | None = None
    for ns, text in frames:
        try:
            entry = read_entry(text)
            plan = read_plan(entry) if entry.what == "begun" else plan
        except msgspec.DecodeError as e:
            on_unread(str(e))
            continue
        if plan is None:
            on_unread("before the first plan")
            continue
        content = _content(entry.text) if entry.text and entry.what != "lost" else None
        yield Heard(ns, entry, plan, content, _stream(entry, content))


def most(counts: Counter[str]) -> str:
    """Name all that occurred, the most frequent first; "not seen" if nothing did."""
    return ", ".join(name for name, _ in counts.most_common()) or "not seen"


def is_closely(count: int) -> bool:
    """Tell whether the count-th of what is much alike is looked at closely."""
    return count <= FULL_LOOKS or count % LOOK_EVERY == 0


def as_json(value: object) -> str:
    """Write anything that was read as JSON again."""
    return msgspec.json.encode(value).decode()


def share(part: int, whole: int) -> str:
    """Write a share: "99.98 % of 12,345"."""
    return f"{100 * part / whole:.2f} % of {whole:,}" if whole else "none seen"


def _content(text: str) -> Any:  # noqa: ANN401  (any JSON)
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def _stream(entry: Entry, content: object) -> str:
    if entry.what != "got" or not isinstance(content, dict) or "data" not in content:
        return ""
    for key in ("method", "channel"):
        name = content.get(key)
        if isinstance(name, str) and name:
            return STREAMS.get(name, name)
    return ""
