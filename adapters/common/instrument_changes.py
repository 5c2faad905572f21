"""How the instruments that a venue lists differ from those of before; it asks no venue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument


@dataclass(frozen=True, slots=True)
class InstrumentChanges:
    """What a look at the venue has brought to light."""

    added: list[Instrument]
    changed: list[Instrument]
    removed: list[Instrument]


def compare_instruments(
    old: Mapping[InstrumentId, Instrument], new: Mapping[InstrumentId, Instrument]
) -> InstrumentChanges:
    """Return how the new table differs from the old one; the times of loading do not count."""
    return InstrumentChanges(
        added=[new[i] for i in new if i not in old],
        changed=[new[i] for i in new if i in old and _content(new[i]) != _content(old[i])],
        removed=[old[i] for i in old if i not in new],
    )


def _content(instrument: Instrument) -> dict[str, Any]:
    content: dict[str, Any] = type(instrument).to_dict(instrument)
    del content["ts_event"], content["ts_init"]
    return content
