"""The instruments that one client trades, by what the venue calls them; it places no order."""

from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.instruments import Instrument

from adapters.synthetix.providers import SynthetixInstrumentProvider


class LoadedInstruments:
    """
    What the provider has loaded; nothing until `load`.

    Parameters
    ----------
    provider : SynthetixInstrumentProvider
        Loads them.
    cache : Cache
        Receives those that it lacks.

    """

    def __init__(self, provider: SynthetixInstrumentProvider, cache: Cache) -> None:
        self._provider = provider
        self._cache = cache
        self._by_symbol: dict[str, Instrument] = {}

    async def load(self) -> None:
        """Load what the settings want; raises what the provider does."""
        await self._provider.initialize()
        for currency in self._provider.currencies().values():
            self._cache.add_currency(currency)
        for instrument in self._provider.list_all():
            self._by_symbol[instrument.raw_symbol.value] = instrument
            if self._cache.instrument(instrument.id) is None:
                self._cache.add_instrument(instrument)

    def of_symbol(self, symbol: str) -> Instrument | None:
        """Return the instrument of a market, None if it is not loaded."""
        return self._by_symbol.get(symbol)
