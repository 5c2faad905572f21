"""What the venue tells only when it is asked: funding rates and the states of markets."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.core.data import Data
from nautilus_trader.model.data import FundingRateUpdate, InstrumentStatus
from nautilus_trader.model.instruments import Instrument

from adapters.common.chores import Chores
from adapters.common.errors import VenueError
from adapters.synthetix.config import SynthetixDataClientConfig
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.instruments import parse_markets
from adapters.synthetix.parsing import parse_funding_rate
from adapters.synthetix.schemas import EdgeStatus
from adapters.synthetix.statuses import MarketState, market_state


class MarketPolls:
    """
    Ask for the funding rates and states that are wanted, and emit what is new.

    Each kind is asked for at a steady pace, and at once when it is first wanted.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which everything runs.
    clock : LiveClock
        Stamps what is emitted: the venue's answers have no time of their own.
    http : SynthetixHttpClient
        Where to ask.
    config : SynthetixDataClientConfig
        The pace.
    emit : Callable[[Data], None]
        Receives what is new.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: LiveClock,
        http: SynthetixHttpClient,
        config: SynthetixDataClientConfig,
        emit: Callable[[Data], None],
    ) -> None:
        self._now_ns = clock.timestamp_ns
        self._http = http
        self._config = config
        self._emit = emit
        self._log = Logger(type(self).__name__)
        self._chores = Chores(loop, self._log)
        # By the venue's name of the market, with what was told last.
        self._rates: dict[str, tuple[Instrument, FundingRateUpdate | None]] = {}
        self._states: dict[str, tuple[Instrument, MarketState | None]] = {}
        self._asked = {"funding": asyncio.Event(), "status": asyncio.Event()}

    def start(self) -> None:
        """Begin to ask."""
        secs = self._config.funding_interval_secs
        funding = self._repeat(self._ask_rates, self._asked["funding"], secs)
        self._chores.start(funding, "synthetix funding rates")
        secs = self._config.status_interval_secs
        status = self._repeat(self._ask_states, self._asked["status"], secs)
        self._chores.start(status, "synthetix market states")

    async def end(self) -> None:
        """Ask no more."""
        await self._chores.end()

    def want_rate(self, instrument: Instrument) -> None:
        """Begin to emit the funding rate of this market."""
        self._rates[instrument.raw_symbol.value] = (instrument, None)
        self._asked["funding"].set()

    def drop_rate(self, symbol: str) -> None:
        """Emit it no more."""
        self._rates.pop(symbol, None)

    def want_state(self, instrument: Instrument) -> None:
        """Begin to emit the state of this market."""
        self._states[instrument.raw_symbol.value] = (instrument, None)
        self._asked["status"].set()

    def drop_state(self, symbol: str) -> None:
        """Emit it no more."""
        self._states.pop(symbol, None)

    async def _repeat(
        self, ask: Callable[[], Awaitable[None]], asked: asyncio.Event, interval_secs: float
    ) -> None:
        while True:
            asked.clear()
            try:
                await ask()
            except VenueError as e:
                self._log.warning(f"Will ask again in {interval_secs:g} s: {e}")
            with suppress(TimeoutError):
                async with asyncio.timeout(interval_secs):
                    await asked.wait()

    async def _ask_rates(self) -> None:
        for symbol, (instrument, last) in list(self._rates.items()):
            rate = await self._http.funding_rate(symbol)
            update = parse_funding_rate(rate, instrument, self._now_ns())
            is_news = last is None or _terms(update) != _terms(last)
            if is_news and symbol in self._rates:
                self._rates[symbol] = (instrument, update)
                self._emit(update)

    async def _ask_states(self) -> None:
        if not self._states:
            return
        edge = await self._edge_status()
        markets = parse_markets(await self._http.markets())
        prices = await self._http.market_prices()
        for symbol, (instrument, last) in list(self._states.items()):
            state = market_state(markets.get(symbol), prices.get(symbol), edge)
            if state != last:
                self._states[symbol] = (instrument, state)
                self._emit(self._status(instrument, state))

    async def _edge_status(self) -> EdgeStatus | None:
        try:
            return await self._http.edge_status()
        except VenueError as e:
            self._log.warning(f"The venue does not tell whether it is open: {e}")
            return None

    def _status(self, instrument: Instrument, state: MarketState) -> InstrumentStatus:
        now = self._now_ns()
        return InstrumentStatus(
            instrument.id, state.action, now, now, state.reason, is_trading=state.is_trading
        )


def _terms(update: FundingRateUpdate) -> tuple[object, ...]:
    return (update.rate, update.next_funding_ns)
