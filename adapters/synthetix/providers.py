"""Load Synthetix's instruments; it knows no stream."""

from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from nautilus_trader.common.component import LiveClock
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.errors import VenueRefused
from adapters.common.providers import VenueInstrumentProvider
from adapters.synthetix.constants import SYNTHETIX
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.instruments import BASE_TIER, parse_perpetuals
from adapters.synthetix.schemas import FeeTier

FILTERS = frozenset({"names"})


class SynthetixInstrumentProvider(VenueInstrumentProvider):
    """
    The perpetuals of Synthetix, those that are closed at present included.

    The filter, in `InstrumentProviderConfig.filters` or in a call, is an optional list `names`:
    symbols or the venue's names with shell wildcards ("BTC-USDT", "BTC-*").

    Parameters
    ----------
    http : SynthetixHttpClient
        Where to ask.
    clock : LiveClock
        The time of loading.
    config : InstrumentProviderConfig, optional
        What to load on start.
    fees : Callable[[], Awaitable[FeeTier]], optional
        Asks for the fee rates of an account; without it the base tier's apply. It may raise
        VenueError, and ValueError for a key that has no account.

    """

    def __init__(
        self,
        http: SynthetixHttpClient,
        clock: LiveClock,
        config: InstrumentProviderConfig | None = None,
        fees: Callable[[], Awaitable[FeeTier]] | None = None,
    ) -> None:
        super().__init__(SYNTHETIX, config)
        self._http = http
        self._clock = clock
        self._ask_fees = fees
        self._own_fees: FeeTier | None = None

    def _matches(self, instrument: Instrument, filters: Mapping[str, Any]) -> bool:
        return matches(instrument, filters)

    async def _fetch(self) -> dict[InstrumentId, Instrument]:
        records = await self._http.markets()
        fees = await self._fees()
        ts_init = self._clock.timestamp_ns()
        perpetuals = parse_perpetuals(records, fees, ts_init, self._log.warning)
        return {instrument.id: instrument for instrument in perpetuals}

    async def _fees(self) -> FeeTier:
        """Return the account's rates, or those that stand for them while it is told none."""
        if self._ask_fees is not None:
            try:
                self._own_fees = await self._ask_fees()
            except VenueRefused as e:
                stand_in = "the base tier" if self._own_fees is None else "the last answer"
                self._log.warning(f"The account's fees are not told, {stand_in} is taken: {e}")
        return self._own_fees or await self._base_tier()

    async def _base_tier(self) -> FeeTier:
        try:
            tiers = await self._http.tiers()
        except VenueRefused as e:
            self._log.warning(f"The fees of the base tier are those of the documentation: {e}")
            return BASE_TIER
        return min(tiers, key=lambda tier: tier.minTradeVolume, default=BASE_TIER)


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
    texts = (instrument.raw_symbol.value, instrument.id.symbol.value)
    return "names" not in filters or any(
        fnmatchcase(text, pattern) for pattern in filters["names"] for text in texts
    )
