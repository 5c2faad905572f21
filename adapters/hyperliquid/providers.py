"""Load Hyperliquid's instruments and tell how they change; it knows no stream."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from nautilus_trader.common.component import LiveClock
from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.hyperliquid.config import ALL_PRODUCT_TYPES, HyperliquidProductType
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.instruments import BASE_TIER, parse_perps, parse_spot_pairs
from adapters.hyperliquid.schemas import UserFees

FILTERS = frozenset({"product_types", "dexes", "names"})


@dataclass(frozen=True, slots=True)
class InstrumentChanges:
    """What a look at the venue has brought to light."""

    added: list[Instrument]
    changed: list[Instrument]
    removed: list[Instrument]


class HyperliquidInstrumentProvider(InstrumentProvider):
    """
    The instruments of Hyperliquid: perpetuals, spot pairs and builder-deployed perpetuals.

    Filters, in `InstrumentProviderConfig.filters` or in a call, are all optional lists of which an
    instrument must match one each: `product_types` ("perp", "spot", "hip3"), `dexes` ("xyz"; ""
    is the venue's own) and `names` (symbols or the venue's coins with shell wildcards: "BTC",
    "BTC-*", "xyz:*").

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask.
    clock : LiveClock
        The time of loading.
    config : InstrumentProviderConfig, optional
        What to load on start.
    product_types : frozenset[HyperliquidProductType], default all
        The kinds of market that are ever loaded.
    account_address : str, optional
        The account whose fee rates apply; without it the base tier does.

    """

    def __init__(
        self,
        http: HyperliquidHttpClient,
        clock: LiveClock,
        config: InstrumentProviderConfig | None = None,
        product_types: frozenset[HyperliquidProductType] = ALL_PRODUCT_TYPES,
        account_address: str | None = None,
    ) -> None:
        super().__init__(config)
        self._http = http
        self._clock = clock
        self._product_types = product_types
        self._account_address = account_address
        # The filters under which everything is wanted, or None while only single ids are.
        self._all_filters: dict[str, Any] | None = None

    async def load_all_async(self, filters: dict[str, Any] | None = None) -> None:
        """
        Load every listed instrument that matches the filters, by default those of the config.

        Raises
        ------
        ValueError
            If a filter is unknown.
        VenueError
            If the venue does not tell.

        """
        self._all_filters = dict(filters or self._filters or {})
        for instrument in (await self._fetch()).values():
            if matches(instrument, self._all_filters):
                self._add(instrument)

    async def load_ids_async(
        self, instrument_ids: list[InstrumentId], filters: dict[str, Any] | None = None
    ) -> None:
        """Load these instruments, if they match the filters; raises as `load_all_async` does."""
        table = await self._fetch()
        for instrument_id in instrument_ids:
            instrument = table.get(instrument_id)
            if instrument is None:
                self._log.warning(f"Expected an instrument that Hyperliquid lists: {instrument_id}")
            elif matches(instrument, dict(filters or {})):
                self._add(instrument)

    async def refresh(self) -> InstrumentChanges:
        """
        Look at the venue again, keep what it lists now and return the differences.

        Raises
        ------
        VenueError
            If the venue does not tell; then nothing has changed here either.

        """
        table = await self._fetch()
        held = self._instruments
        wanted = {
            instrument_id: instrument
            for instrument_id, instrument in table.items()
            if instrument_id in held
            or (self._all_filters is not None and matches(instrument, self._all_filters))
        }
        changes = compare_instruments(held, wanted)
        self._instruments = {i: held[i] for i in held if i in wanted}
        for instrument in changes.added + changes.changed:
            self._add(instrument)
        return changes

    def loaded(self, instrument_id: InstrumentId) -> Instrument:
        """
        Return a loaded instrument.

        Raises
        ------
        ValueError
            If it is not loaded.

        """
        instrument = self.find(instrument_id)
        if instrument is None:
            raise ValueError(f"Expected an instrument that is loaded, was {instrument_id}")
        return instrument

    def _add(self, instrument: Instrument) -> None:
        for currency in (instrument.base_currency, instrument.quote_currency):
            self.add_currency(currency)
        self.add(instrument)

    async def _fetch(self) -> dict[InstrumentId, Instrument]:
        metas, spot, fees = await asyncio.gather(
            self._http.all_perp_metas(),
            self._http.spot_meta(),
            self._fetch_fees(),
        )
        ts_init = self._clock.timestamp_ns()
        tokens = {token.index: token for token in spot.tokens}
        instruments: list[Instrument] = []
        for dex_index, meta in enumerate(metas):
            kind = HyperliquidProductType.HIP3 if dex_index else HyperliquidProductType.PERP
            if kind in self._product_types:
                instruments += parse_perps(
                    meta, dex_index, tokens, fees, ts_init, self._log.warning
                )
        if HyperliquidProductType.SPOT in self._product_types:
            instruments += parse_spot_pairs(spot, fees, ts_init, self._log.warning)
        return {instrument.id: instrument for instrument in instruments}

    async def _fetch_fees(self) -> UserFees:
        if self._account_address is None:
            return BASE_TIER
        return await self._http.user_fees(self._account_address)


def matches(instrument: Instrument, filters: Mapping[str, Any]) -> bool:
    """
    Tell whether the instrument passes all filters; see the provider for their meaning.

    Raises
    ------
    ValueError
        If a filter is unknown.

    """
    unknown = set(filters) - FILTERS
    if unknown:
        raise ValueError(f"Expected filters among {sorted(FILTERS)}, was {sorted(unknown)}")
    coin = instrument.raw_symbol.value
    if (
        "product_types" in filters
        and instrument.info["product_type"] not in filters["product_types"]
    ):
        return False
    if "dexes" in filters and coin.rpartition(":")[0] not in filters["dexes"]:
        return False
    texts = (coin, instrument.id.symbol.value)
    return "names" not in filters or any(
        fnmatchcase(text, pattern) for pattern in filters["names"] for text in texts
    )


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
