"""Public history of an exchange by way of ccxt, which only this file imports; it signs nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import ccxt

from backtest.candles import Candle
from backtest.errors import BacktestError, SourceError
from backtest.tables import FundingRate

RETRIES_MAX: Final = 5
RETRY_DELAY_MS: Final = 1_000
TIMEOUT_MS: Final = 10_000
_MS_NS: Final = 1_000_000
_DIGITS_MAX: Final = 15  # of a double


class Exchange:
    """
    One market of an exchange.

    Parameters
    ----------
    name : str
        What ccxt calls the exchange.
    symbol : str
        What ccxt calls the market, such as `BTC/USDC:USDC`.
    url : str or None
        Where its API is instead, such as a loopback venue's.

    Raises
    ------
    BacktestError
        There is no such exchange or market.
    SourceError
        It does not answer.

    """

    def __init__(self, name: str, symbol: str, url: str | None = None) -> None:
        if name not in ccxt.exchanges:
            raise BacktestError(f"Expected an exchange that ccxt knows, found {name!r}")
        retries = {
            "maxRetriesOnFailure": RETRIES_MAX,
            "maxRetriesOnFailureDelay": RETRY_DELAY_MS,
        }
        self._client = getattr(ccxt, name)({"timeout": TIMEOUT_MS, "options": retries})
        if url is not None:
            self._client.urls["api"] = dict.fromkeys(("public", "private"), url)
        self._symbol = symbol
        self._call(self._client.load_markets)
        if symbol not in self._client.markets:
            known = [text for text in self._client.symbols if text[:3] == symbol[:3]][:5]
            words = f"Expected a market of {name}, such as {', '.join(known) or 'BTC/USDC:USDC'}"
            raise BacktestError(f"{words}, found {symbol!r}")
        self._market: dict[str, Any] = self._client.market(symbol)

    @property
    def currency(self) -> str:
        """Return what the market is settled in, or else quoted in."""
        return str(self._market["settle"] or self._market["quote"])

    def fee(self, side: str) -> Decimal | None:
        """Return the fee of a maker or taker as a share; None where the exchange does not say."""
        fee = self._market.get(side)
        return None if fee is None else _decimal(fee)

    @property
    def size_decimals(self) -> int | None:
        """Return how many decimals sizes have, where the exchange says so as a step."""
        step = self._market["precision"].get("amount")
        if self._client.precisionMode != ccxt.TICK_SIZE or not step:
            return None
        exponent = _decimal(step).normalize().as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else None

    def candles(self, length: str, from_ns: int, until_ns: int, page: int) -> list[Candle]:
        """
        Ask for candles that have closed, by their first and last open.

        Raises
        ------
        BacktestError
            The exchange has no such candles.
        SourceError
            It does not answer.

        """
        if length not in (self._client.timeframes or {}):
            known = ", ".join(self._client.timeframes or ())
            raise BacktestError(f"Expected a bar length that the exchange has ({known})")
        rows = self._call(
            lambda: self._client.fetch_ohlcv(
                self._symbol, length, from_ns // _MS_NS, page, {"until": until_ns // _MS_NS}
            )
        )
        return [Candle(int(row[0]) * _MS_NS, *map(_decimal, row[1:6])) for row in rows]

    def funding(self, from_ns: int, until_ns: int) -> list[FundingRate]:
        """
        Ask for funding rates.

        Raises
        ------
        BacktestError
            The exchange has none.
        SourceError
            It does not answer.

        """
        if not self._client.has.get("fetchFundingRateHistory"):
            raise BacktestError(f"Expected funding rates of {self._symbol}, found none")
        rows = self._call(
            lambda: self._client.fetch_funding_rate_history(
                self._symbol, -(-from_ns // _MS_NS), None, {"until": until_ns // _MS_NS}
            )
        )
        return [
            FundingRate(int(row["timestamp"]) * _MS_NS, _decimal(row["fundingRate"]))
            for row in rows
        ]

    def now_ns(self) -> int:
        """Return the time by this machine's clock, nanoseconds UTC."""
        return int(self._client.milliseconds()) * _MS_NS

    def _call(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 (ccxt's own tables)
        try:
            return ask()
        except ccxt.NetworkError as e:
            raise SourceError(f"{self._client.id} does not answer: {e}") from e
        except ccxt.BaseError as e:
            raise BacktestError(f"{self._client.id} refuses: {e}") from e


def _decimal(number: float | str) -> Decimal:
    return Decimal(f"{float(number):.{_DIGITS_MAX}g}")
