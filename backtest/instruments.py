"""The perpetual that history belongs to: its terms as a venue or a person states them. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
from nautilus_trader.model.enums import CurrencyType
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Price, Quantity

from backtest.candles import Candle
from backtest.errors import BacktestError

PRECISION_MAX = 9
"""Nautilus's prices and sizes end at so many decimals in its 64-bit build."""

LEVERAGE_MAX = 10
"""The leverage that an instrument allows where nobody says: what most perpetuals do, or more."""

_CURRENCY_PRECISION = 8


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """
    What history does not tell about an instrument.

    Attributes
    ----------
    currency : str
        What it is quoted and settled in, such as USDC.
    maker_fee, taker_fee : Decimal
        Shares of an order's value.
    max_leverage : int
        The initial margin is a share of 1 / max_leverage, the maintenance margin half of that.

    """

    currency: str
    maker_fee: Decimal
    taker_fee: Decimal
    max_leverage: int = LEVERAGE_MAX

    def __post_init__(self) -> None:
        """Refuse impossible terms."""
        for name in ("maker_fee", "taker_fee"):
            fee = getattr(self, name)
            if not (fee.is_finite() and -1 < fee < 1):
                raise BacktestError(f"Expected a {name} between -1 and 1, found {fee}")
        if self.max_leverage < 1:
            raise BacktestError(f"Expected a max_leverage of 1 or more, found {self.max_leverage}")


def make_perpetual(
    instrument_id: str, terms: Terms, *, price_precision: int, size_precision: int
) -> CryptoPerpetual:
    """
    Return a linear perpetual of these terms, with one step of its last decimal as its increments.

    Raises
    ------
    BacktestError
        The id is none, or a precision is more than Nautilus takes.

    """
    for name, precision in (("price", price_precision), ("size", size_precision)):
        if not 0 <= precision <= PRECISION_MAX:
            found = f"found {precision} ({instrument_id})"
            raise BacktestError(f"Expected at most {PRECISION_MAX} {name} decimals, {found}")
    id_ = parse_instrument_id(instrument_id)
    coin = id_.symbol.value.partition("-")[0]
    size_increment = Quantity(Decimal(1).scaleb(-size_precision), size_precision)
    margin_init = 1 / Decimal(terms.max_leverage)
    return CryptoPerpetual(
        instrument_id=id_,
        raw_symbol=Symbol(coin),
        base_currency=_currency(coin),
        quote_currency=_currency(terms.currency),
        settlement_currency=_currency(terms.currency),
        is_inverse=False,
        price_precision=price_precision,
        size_precision=size_precision,
        price_increment=Price(Decimal(1).scaleb(-price_precision), price_precision),
        size_increment=size_increment,
        min_quantity=size_increment,
        margin_init=margin_init,
        margin_maint=margin_init / 2,
        maker_fee=terms.maker_fee,
        taker_fee=terms.taker_fee,
        ts_event=0,
        ts_init=0,
    )


def parse_instrument_id(text: str) -> InstrumentId:
    """
    Return the id that a text such as `BTC-USD-PERP.HYPERLIQUID` means.

    Raises
    ------
    BacktestError
        It means none.

    """
    symbol, _, venue = text.rpartition(".")
    if not (symbol and venue.isascii() and venue.isalnum()) or not text.isascii():
        raise BacktestError(f"Expected an id such as BTC-USD-PERP.HYPERLIQUID, found {text!r}")
    return InstrumentId.from_str(text)


def price_decimals(candles: Sequence[Candle]) -> int:
    """Return how many decimals the prices of candles have."""
    return _decimals(p for c in candles for p in (c.open, c.high, c.low, c.close))


def size_decimals(candles: Sequence[Candle]) -> int:
    """Return how many decimals the volumes of candles have, but no more than Nautilus takes."""
    return min(PRECISION_MAX, _decimals(candle.volume for candle in candles))


def _decimals(numbers: Iterable[Decimal]) -> int:
    exponents = (number.normalize().as_tuple().exponent for number in numbers)
    return max((-e for e in exponents if isinstance(e, int) and e < 0), default=0)


def _currency(code: str) -> Currency:
    currency = Currency.from_internal_map(code)
    if currency is None:
        currency = Currency(code, _CURRENCY_PRECISION, 0, code, CurrencyType.CRYPTO)
        Currency.register(currency)
    return currency
