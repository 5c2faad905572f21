"""The instruments that one client trades, by what the venue calls them; it places no order."""

from collections.abc import Mapping

from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Currency

from adapters.hyperliquid.providers import HyperliquidInstrumentProvider


class LoadedInstruments:
    """
    What the provider has loaded; nothing until `load`.

    Parameters
    ----------
    provider : HyperliquidInstrumentProvider
        Loads them.
    cache : Cache
        Receives those that it lacks, and knows the instruments of orders.

    """

    def __init__(self, provider: HyperliquidInstrumentProvider, cache: Cache) -> None:
        self._provider = provider
        self._cache = cache
        self._by_coin: dict[str, Instrument] = {}
        self._collaterals = {"": USDC}  # of the venue's own dex, whatever is loaded

    async def load(self) -> None:
        """Load what the settings want; raises what the provider does."""
        await self._provider.initialize()
        for currency in self._provider.currencies().values():
            self._cache.add_currency(currency)
        for instrument in self._provider.list_all():
            coin = instrument.raw_symbol.value
            self._by_coin[coin] = instrument
            if dex := _dex_of(coin):
                self._collaterals[dex] = instrument.get_settlement_currency()
            if self._cache.instrument(instrument.id) is None:
                self._cache.add_instrument(instrument)

    @property
    def collaterals(self) -> Mapping[str, Currency]:
        """
        What each dex is margined in: the venue's own, which is "", and those of the instruments.

        It grows as they load.
        """
        return self._collaterals

    def of_coin(self, coin: str) -> Instrument | None:
        """Return the instrument of a coin, None if it is not loaded."""
        return self._by_coin.get(coin)

    def is_on_main_dex(self, client_order_id: str) -> bool:
        """Return whether an order is one of the venue's own dex, as far as the cache knows it."""
        order = self._cache.order(ClientOrderId(client_order_id))
        instrument = None if order is None else self._cache.instrument(order.instrument_id)
        return instrument is not None and not _dex_of(instrument.raw_symbol.value)


def _dex_of(coin: str) -> str:
    return coin.rpartition(":")[0]
