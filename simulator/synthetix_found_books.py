"""What the books of a recorded Synthetix show: decimals, checksums, numbers, and their window."""

from collections import Counter
from collections.abc import Iterator
from statistics import median

import msgspec

from simulator.synthetix_findings import Example, Finding, Heard, is_closely, most, share
from simulator.synthetix_found_checksums import (
    CANDIDATES,
    BookError,
    Decimals,
    RecordedBook,
    read_levels,
)
from simulator.synthetix_record_plan import DEPTH_USUAL

MS = 1_000_000
GAPS_KEPT = 100_000
"""Times between frames are kept up to this many a line."""


class _Stream:
    """One book on one connection; not known before its first snapshot and after a gap."""

    def __init__(self, depth: int) -> None:
        self.book = RecordedBook(depth)
        self.is_known = False
        self.meseq: int | None = None
        self.frames = 0
        self.looks = 0
        self.ns = 0


class Books:
    """Looks at the pushes of books."""

    def __init__(self) -> None:
        self._streams: dict[tuple[object, str], _Stream] = {}
        self._decimals: dict[str, Decimals] = {}
        self._frames: Counter[str] = Counter()
        self._meseq: Counter[str] = Counter()
        self._agreed: Counter[str] = Counter()
        self._tried: Counter[str] = Counter()
        self._telling: Counter[str] = Counter()
        self._window: Counter[str] = Counter()
        self._sides: Counter[str] = Counter()
        self._written: Counter[str] = Counter()
        self._zeros: Counter[str] = Counter()
        self._extra: Counter[str] = Counter()
        self._gaps_ms: dict[str, list[float]] = {}
        self._wrong, self._gap, self._padded, self._broken = (Example() for _ in range(4))

    def look(self, heard: Heard) -> None:
        """Take in an entry."""
        if heard.entry.what == "answered" and heard.entry.line == "getMarkets":
            self._learn_decimals(heard.content)
        if heard.stream != "orderbook":
            return
        try:
            self._look_at(heard)
        except (BookError, msgspec.ValidationError) as e:
            self._frames[f"unreadable: {e}"] += 1
            self._broken.offer(heard.entry.text)

    def _learn_decimals(self, content: object) -> None:
        rows = content.get("response") if isinstance(content, dict) else None
        for row in rows if isinstance(rows, list) else []:
            match row:
                case {"symbol": str(symbol), "priceExponent": int(p), "quantityExponent": int(q)}:
                    self._decimals[symbol] = Decimals(p, q)

    def _look_at(self, heard: Heard) -> None:
        frame = msgspec.convert(heard.content, _Frame)
        symbol = str(frame.data.get("symbol"))
        stream = self._streams.setdefault((heard.line, symbol), _Stream(depth_of(heard)))
        self._count_gap(heard.entry.line, stream, heard.ns)
        self._frames[frame.type or "no type"] += 1
        is_snapshot = frame.type == "snapshot"
        self._look_at_number(stream, frame, heard, is_snapshot=is_snapshot)
        for name in ("met", "provenanceMissing", "needsResync", "seq", "prevSeq"):
            self._extra[name] += name in heard.content
        stream.frames += 1
        if is_closely(stream.frames):
            self._look_at_strings(heard, frame.data, symbol)
        if not stream.is_known:
            self._frames["not followed: no snapshot since a gap"] += 1
            return
        self._look_at_levels(stream, frame.data, is_snapshot=is_snapshot)
        self._look_at_checksum(stream, frame.checksum, symbol, heard.entry.text)

    def _count_gap(self, line: str, stream: _Stream, ns: int) -> None:
        gaps = self._gaps_ms.setdefault(line, [])
        if stream.ns and len(gaps) < GAPS_KEPT:
            gaps.append((ns - stream.ns) / MS)
        stream.ns = ns

    def _look_at_number(
        self, stream: _Stream, frame: "_Frame", heard: Heard, *, is_snapshot: bool
    ) -> None:
        before, stream.meseq = stream.meseq, frame.meseq
        if before is None:
            self._meseq["first frame: " + (frame.type or "no type")] += 1
        if frame.meseq is None:
            self._meseq["no meseq"] += 1
        elif before is not None and not is_snapshot:
            verdict = "follows"
            if frame.prev_meseq != before:
                verdict = "repeated" if frame.meseq == before else "gap"
                stream.is_known = False
                self._gap.offer(f"after meseq {before}: {heard.entry.text}")
            self._meseq[verdict] += 1
            self._meseq["step of 1" if frame.meseq == before + 1 else "other step"] += 1
        elif before is not None:
            forward = "forward" if frame.meseq >= before else "backward"
            self._meseq[f"snapshot goes {forward}"] += 1
        stream.is_known = stream.is_known or is_snapshot

    def _look_at_strings(self, heard: Heard, data: dict[str, object], symbol: str) -> None:
        decimals = self._decimals.get(symbol)
        for name in ("bids", "asks"):
            self._sides[_side_form(data, name)] += 1
            for price, size in read_levels(data.get(name)):
                price_form = _form(price, None if decimals is None else decimals.price)
                self._written[f"price {price_form}"] += 1
                if size.strip("0."):
                    size_form = _form(size, None if decimals is None else decimals.size)
                    self._written[f"quantity {size_form}"] += 1
                    if "padded" in (price_form, size_form):
                        self._padded.offer(heard.entry.text)
                else:
                    self._zeros[f"nothing is {size!r}"] += 1

    def _look_at_levels(
        self, stream: _Stream, data: dict[str, object], *, is_snapshot: bool
    ) -> None:
        book = stream.book
        before = {"bids": len(book.bids), "asks": len(book.asks)}
        prices = {"bids": set(book.bids), "asks": set(book.asks)}
        seen = book.take(data, is_snapshot=is_snapshot)
        if is_snapshot:
            return
        self._window["deletions of levels not in the book"] += seen["gone unknown"]
        for name, side in (("bids", book.bids), ("asks", book.asks)):
            came = len(side.keys() - prices[name])
            if before[name] <= book.depth and before[name] + came > book.depth:
                left = "told as deleted" if len(side) <= book.depth else "left to the client"
                self._window[left] += 1

    def _look_at_checksum(
        self, stream: _Stream, checksum: str | None, symbol: str, text: str
    ) -> None:
        if checksum is None:
            self._tried["no checksum"] += 1
            return
        decimals = self._decimals.get(symbol)
        is_ours = stream.book.checksum(CANDIDATES[0]) == checksum.lower()
        self._tried["frames"] += 1
        self._agreed["frames"] += is_ours
        if not is_ours:
            self._wrong.offer(text)
        stream.looks += 1
        if is_ours and not is_closely(stream.looks):
            return
        found = stream.book.agrees(checksum, decimals)
        for name, agrees in found.items():
            self._tried[name] += 1
            self._agreed[name] += agrees
            self._telling[name] += agrees != is_ours

    def findings(self) -> Iterator[Finding]:
        """Give what was found."""
        yield Finding(
            id="decimals in books",
            unknown="b",
            answer=self._decimals_answer(),
            counts=dict(self._written + self._zeros),
            example=self._padded.text,
            open="" if self._written else "no level came",
        )
        yield self._checksum_finding()
        yield Finding(
            id="other ways to make the checksum",
            unknown="b",
            answer="; ".join(
                f"{name}: {share(self._agreed[name], self._tried[name])}"
                for name in CANDIDATES
                if self._tried[name]
            )
            or "not seen",
            counts={f"differs from ours: {name}": self._telling[name] for name in CANDIDATES[1:]},
            open="where nothing differs, the frames do not tell the ways apart",
        )
        gaps = self._meseq["gap"]
        followed = self._meseq["follows"] + gaps + self._meseq["repeated"]
        yield Finding(
            id="meseq continuity",
            unknown="b",
            answer=f"{gaps} gaps, follows in {share(self._meseq['follows'], followed)}",
            counts=dict(self._meseq + self._frames),
            example=self._gap.text or self._broken.text,
            open="" if followed else "no difference came",
        )
        window = {name: self._window[name] for name in ("told as deleted", "left to the client")}
        yield Finding(
            id="levels that leave the window",
            unknown="b",
            answer=most(+Counter(window)) if any(window.values()) else "not seen",
            counts=dict(self._window),
            open="" if any(window.values()) else "no level was pushed out of a full side",
        )
        yield Finding(
            id="sides of a book",
            answer=most(self._sides),
            counts=dict(self._sides),
        )
        yield Finding(
            id="other keys of a book's envelope",
            answer=most(+self._extra) if +self._extra else "none",
            counts=dict(self._extra),
        )
        yield Finding(
            id="how often books come",
            answer="; ".join(
                f"{line}: median {median(gaps):.0f} ms"
                for line, gaps in sorted(self._gaps_ms.items())
                if gaps
            )
            or "not seen",
            counts={line: len(gaps) for line, gaps in self._gaps_ms.items()},
        )

    def _decimals_answer(self) -> str:
        padded = sum(n for name, n in self._written.items() if name.endswith("padded"))
        short = sum(n for name, n in self._written.items() if name.endswith("short"))
        if padded and short:
            return "mixed: padded and short"
        return "padded" if padded else "short" if short else "cannot be told"

    def _checksum_finding(self) -> Finding:
        frames, agreed = self._tried["frames"], self._agreed["frames"]
        return Finding(
            id="our checksum",
            unknown="b",
            answer=f"agrees in {share(agreed, frames)}" if frames else "not seen",
            counts={
                "agree": agreed,
                "disagree": frames - agreed,
                "without a checksum": self._tried["no checksum"],
            },
            example=self._wrong.text,
            open="" if frames else "no book with a checksum could be followed",
        )


class _Frame(msgspec.Struct, frozen=True):
    data: dict[str, object]
    type: str = ""
    meseq: int | None = None
    prev_meseq: int | None = msgspec.field(default=None, name="prevMeseq")
    checksum: str | None = None


def depth_of(heard: Heard) -> int:
    """Return the depth that the line of a book asked for."""
    wanted = heard.plan.lines.get(heard.entry.line, [])
    depth = wanted[0].get("depth") if wanted else None
    return depth if isinstance(depth, int) else DEPTH_USUAL


def _side_form(data: dict[str, object], name: str) -> str:
    if name not in data:
        return "missing"
    side = data[name]
    if side is None:
        return "null"
    return ("levels" if side else "[]") if isinstance(side, list) else type(side).__name__


def _form(text: str, decimals: int | None) -> str:
    """Return how a number is written: short, padded, or in a way that both would write alike."""
    _, point, rest = text.partition(".")
    if rest.endswith("0"):
        return "padded"
    if decimals is None:
        return "of unknown length"
    if len(rest) < decimals:
        return "short"
    return "of full length" if point else "whole"
