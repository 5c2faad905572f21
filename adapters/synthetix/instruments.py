"""Build Nautilus instruments from the venue's markets; pure, it fetches and stores nothing."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity

from adapters.common.currencies import parse_currency
from adapters.synthetix import constants
from adapters.synthetix.schemas import FeeTier, Market
from adapters.synthetix.wire import Amount, convert

BASE_TIER = FeeTier(Amount(constants.FEE_MAKER), Amount(constants.FEE_TAKER))
_SUFFIX = "-PERP"


def instrument_id_of(symbol: str) -> InstrumentId:
    """Return the id of the market that the venue calls so: BTC-USDT is BTC-USDT-PERP.SYNTHETIX."""
    return InstrumentId(Symbol(symbol + _SUFFIX), constants.SYNTHETIX_VENUE)


def parse_perpetuals(
    records: Iterable[dict[str, Any]],
    fees: FeeTier,
    ts_init: int,
    report: Callable[[str], None],
) -> list[CryptoPerpetual]:
    """
    Return the perpetuals, those that are closed at present included.

    Parameters
    ----------
    records : Iterable[dict[str, Any]]
        The answer to getMarkets, as it came.
    fees : FeeTier
        The rates of the account, or BASE_TIER.
    ts_init : int
        Nanoseconds; markets have no time of their own.
    report : Callable[[str], None]
        Told of each record that is left out because it is unlike the venue's documentation.

    """
    perpetuals = []
    for record in records:
        try:
            perpetuals.append(_parse_perpetual(convert(record, Market), record, fees, ts_init))
        except (msgspec.ValidationError, ArithmeticError, ValueError) as e:
            report(f"Left out a market, {e}: {record}")
    return perpetuals


def parse_markets(records: Iterable[dict[str, Any]]) -> dict[str, Market]:
    """Return the markets by symbol; those that are unlike the documentation are left out."""
    markets = {}
    for record in records:
        with suppress(msgspec.ValidationError):
            market = convert(record, Market)
            markets[market.symbol] = market
    return markets


def _parse_perpetual(
    market: Market, record: dict[str, Any], fees: FeeTier, ts_init: int
) -> CryptoPerpetual:
    tiers = market.maintenanceMarginTiers
    if not tiers or market.priceIncrement <= 0 or market.quantityExponent < 0:
        raise ValueError(f"Expected margin tiers, a tick and size decimals of {market.symbol}")
    price_precision = _decimals(market.priceIncrement)
    size_precision = market.quantityExponent
    # "Not in proto, default to 0": the venue does not know its size step, its decimals are it.
    size_step = market.orderSizeIncrement or Decimal(1).scaleb(-size_precision)
    settlement = parse_currency(
        market.settleAsset or market.quoteAsset, constants.CURRENCY_PRECISION
    )
    return CryptoPerpetual(
        instrument_id=instrument_id_of(market.symbol),
        raw_symbol=Symbol(market.symbol),
        base_currency=parse_currency(market.baseAsset, constants.CURRENCY_PRECISION),
        quote_currency=parse_currency(market.quoteAsset, constants.CURRENCY_PRECISION),
        settlement_currency=settlement,
        is_inverse=False,
        price_precision=price_precision,
        size_precision=size_precision,
        price_increment=_price(market.priceIncrement, price_precision),
        size_increment=_quantity(size_step, size_precision),
        multiplier=Quantity.from_str(f"{market.contractSize.normalize():f}"),
        min_quantity=_quantity(market.minOrderSize or size_step, size_precision),
        max_quantity=(
            _quantity(market.maxLimitOrderSize, size_precision)
            if market.maxLimitOrderSize
            else None
        ),
        min_notional=(
            Money.from_decimal(market.minNotionalValue, settlement)
            if market.minNotionalValue
            else None
        ),
        min_price=_price(market.minOrderPrice, price_precision) if market.minOrderPrice else None,
        margin_init=Decimal(tiers[0].initialMarginRequirement),
        margin_maint=Decimal(tiers[0].maintenanceMarginRequirement),
        maker_fee=Decimal(fees.makerFeeRate),
        taker_fee=Decimal(fees.takerFeeRate),
        ts_event=ts_init,
        ts_init=ts_init,
        info={
            "venue": record,
            "max_leverage": max(tier.maxLeverage for tier in tiers),
            "max_market_quantity": str(market.maxMarketOrderSize or ""),
            "margin_tiers": [
                {
                    "lower_bound": str(tier.minPositionSize),
                    "max_leverage": tier.maxLeverage,
                    "initial_rate": str(tier.initialMarginRequirement),
                    "maintenance_rate": str(tier.maintenanceMarginRequirement),
                    "deduction": str(tier.maintenanceDeductionValue),
                }
                for tier in tiers
            ],
        },
    )


def _decimals(step: Decimal) -> int:
    return len(f"{step.normalize():f}".partition(".")[2])


def _price(number: Decimal, precision: int) -> Price:
    return Price.from_str(f"{number:.{precision}f}")


def _quantity(number: Decimal, precision: int) -> Quantity:
    return Quantity.from_str(f"{number:.{precision}f}")
