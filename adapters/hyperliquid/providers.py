"""Load Hyperliquid's instruments and tell how they change; it knows no stream."""

import asyncio
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from nautilus_trader.common.component import LiveClock
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.instrument_changes import InstrumentChanges
from adapters.common.providers import VenueInstrumentProvider
from adapters.hyperliquid.config import ALL_PRODUCT_TYPES, HyperliquidProductType
from adapters.hyperliquid.constants import HYPERLIQUID
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.instruments import BASE_TIER, parse_perps, parse_spot_pairs
from adapters.hyperliquid.schemas import SpotMeta, UserFees

FILTERS = frozenset({"product_types", "dexes", "names"})


class HyperliquidInstrumentProvider(VenueInstrumentProvider):
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
        super().__init__(HYPERLIQUID, config)
        self._http = http
        self._clock = clock
        self._product_types = product_types
        self._account_address = account_address

    def _matches(self, instrument: Instrument, filters: Mapping[str, Any]) -> bool:
        return matches(instrument, filters)

    async def refresh(self) -> InstrumentChanges:
        """Look at the venue again, whatever it has just told another client; see the base."""
        self._http.forget_shared()
        return await super().refresh()

    async def _fetch(self) -> dict[InstrumentId, Instrument]:
        metas, spot, fees = await asyncio.gather(
            self._http.all_perp_metas(),
            self._fetch_spot(),
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

    async def _fetch_spot(self) -> SpotMeta:
        if self._product_types <= {HyperliquidProductType.PERP}:
            # The collateral of the venue's own dex is token 0, which needs no look.
            return SpotMeta([], [])
        return await self._http.spot_meta()

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
