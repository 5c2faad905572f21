"""What is known at the venue: its markets by symbol, their state, its accounts, and its mood."""

from simulator.market import CoinState, Market
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_markets import PerpMarket, list_markets
from simulator.synthetix_seam import TradingHalf


class Floor:
    """The markets and the trading half, as questions and feeds look at them.

    `maintenance` is what the venue says about its maintenance, and `passing_maintenance` what it
    says of one that befalls only the request that is answered now; None when there is none.
    """

    def __init__(self, market: Market, trading: TradingHalf, dialect: Dialect) -> None:
        self.market = market
        self.trading = trading
        self.dialect = dialect
        self.maintenance: str | None = None
        self.passing_maintenance: str | None = None
        self.close_only: set[str] = set()
        self.markets: dict[str, PerpMarket] = {}
        self._symbols: dict[str, str] = {}  # by coin
        self.refresh()

    @property
    def notice(self) -> str | None:
        """Return what there is to say of maintenance; None when there is none."""
        return self.passing_maintenance or self.maintenance

    def refresh(self) -> None:
        """Take over what the universe lists now, and where positions may only be reduced."""
        self.markets = list_markets(self.market.universe, frozenset(self.close_only))
        self._symbols = {market.coin: symbol for symbol, market in self.markets.items()}

    def symbols(self) -> frozenset[str]:
        """Return the symbols of all markets."""
        return frozenset(self.markets)

    def symbol_of(self, coin: str) -> str | None:
        """Return the symbol of a coin; None for what is no perp here."""
        return self._symbols.get(coin)

    def state(self, perp: PerpMarket) -> CoinState:
        """Return what is known of a market."""
        state = self.market.coin(perp.coin)
        assert state is not None  # noqa: S101  (both lists are made from one universe)
        return state

    def open_markets(self) -> list[PerpMarket]:
        """Return the markets that trade."""
        return [market for market in self.markets.values() if market.is_open]
