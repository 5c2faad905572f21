"""Load a venue's instruments and tell how they change; what it lists, a subclass fetches."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.instrument_changes import InstrumentChanges, compare_instruments


class VenueInstrumentProvider(InstrumentProvider):
    """
    The instruments of one venue, as far as they are wanted.

    Parameters
    ----------
    venue : str
        Its name, for words.
    config : InstrumentProviderConfig, optional
        What to load on start.

    """

    def __init__(self, venue: str, config: InstrumentProviderConfig | None) -> None:
        super().__init__(config)
        self._venue = venue
        # The filters under which everything is wanted, or None while only single ids are.
        self._all_filters: dict[str, Any] | None = None

    @abstractmethod
    async def _fetch(self) -> dict[InstrumentId, Instrument]:
        """Return all that the venue lists; raise VenueError if it does not tell."""

    @abstractmethod
    def _matches(self, instrument: Instrument, filters: Mapping[str, Any]) -> bool:
        """Tell whether an instrument passes all filters; raise ValueError if one is unknown."""

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
            if self._matches(instrument, self._all_filters):
                self._add(instrument)

    async def load_ids_async(
        self, instrument_ids: list[InstrumentId], filters: dict[str, Any] | None = None
    ) -> None:
        """Load these instruments, if they match the filters; raises as `load_all_async` does."""
        table = await self._fetch()
        for instrument_id in instrument_ids:
            instrument = table.get(instrument_id)
            if instrument is None:
                self._log.warning(
                    f"Expected an instrument that {self._venue} lists: {instrument_id}"
                )
            elif self._matches(instrument, dict(filters or {})):
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
            or (self._all_filters is not None and self._matches(instrument, self._all_filters))
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
