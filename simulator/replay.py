"""Replays a recorded market with its original times; it reads, and makes nothing up but lists."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from simulator.events import Bbo, Context, Event, MinuteCandle
from simulator.frame_files import RecordingError, frame_files, frames
from simulator.recording import (
    Arrival,
    csv_arrivals,
    frame_arrivals,
    is_csv_folder,
    parse_post,
    sniff,
)
from simulator.universe import Universe, perp_entry, perp_meta, spot_token

SNIFFED = 2_000
"""So many events from the beginning tell what a recording holds; a feed speaks up within them."""
MAX_LEVERAGE = {"BTC": 40, "ETH": 25, "SOL": 20, "HYPE": 10}
MAX_LEVERAGE_OTHERS = 3
"""Leverage of coins whose recording lacks the venue's lists."""


class Replay:
    """A source that gives each event at the time at which it was received.

    Parameters
    ----------
    path : Path
        A file or folder of frames, or a folder of CSV recordings.
    start_ms : int, optional
        Where to begin; what was received before becomes history. The recording's first moment by
        default.

    Raises
    ------
    RecordingError
        The path holds no recording.
    """

    def __init__(self, path: Path, start_ms: int | None = None) -> None:
        self._path = path
        head = list(islice(self._read(), SNIFFED))
        if not head:
            raise RecordingError(f"Expected a recording with market data, found none in {path}")
        self.start_ms = head[0][0] if start_ms is None else start_ms
        decimals, kinds = sniff(event for _, event in head)
        self.gives = kinds & {Bbo, Context, MinuteCandle}
        self.universe = _universe(self._lists(), decimals)
        self._arrivals = self._read()
        self._next = next(self._arrivals, None)

    @property
    def finished(self) -> bool:
        """Tell whether the recording is at its end."""
        return self._next is None

    def history(self) -> Iterable[Event]:
        """Give what was received before the start."""
        return self.due(self.start_ms - 1)

    def due(self, now_ms: int) -> Iterator[Event]:
        """Give what was received up to `now_ms` and not given yet."""
        while self._next is not None and self._next[0] <= now_ms:
            event = self._next[1]
            self._next = next(self._arrivals, None)
            yield event

    def _read(self) -> Iterator[Arrival]:
        if is_csv_folder(self._path):
            return csv_arrivals(self._path)
        return frame_arrivals(self._path)

    def _lists(self) -> dict[str, Any]:
        """Return the venue's lists as they were recorded, by the question that they answer."""
        if is_csv_folder(self._path) or not frame_files(self._path):
            return {}
        posts = (parse_post(frame) for _, frame in islice(frames(self._path), SNIFFED))
        return dict(post for post in posts if post is not None)


def _universe(lists: dict[str, Any], decimals: dict[str, int]) -> Universe:
    """Take the recorded lists over, or list the coins that occur."""
    if {"allPerpMetas", "perpDexs", "spotMeta"} <= lists.keys():
        return Universe(lists["allPerpMetas"], lists["perpDexs"], lists["spotMeta"])
    perps = [
        perp_entry(coin, shown, MAX_LEVERAGE.get(coin, MAX_LEVERAGE_OTHERS))
        for coin, shown in decimals.items()
    ]
    tokens = [spot_token(0, "USDC", 8, 8)]
    return Universe([perp_meta(perps)], [None], {"universe": [], "tokens": tokens})
