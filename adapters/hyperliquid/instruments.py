"""Build Nautilus instruments from the venue's metadata; pure, it fetches and stores nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import CryptoPerpetual, CurrencyPair
from nautilus_trader.model.objects import Currency, Money, Price, Quantity

from adapters.common.currencies import parse_currency
from adapters.hyperliquid import constants
from adapters.hyperliquid.config import HyperliquidProductType
from adapters.hyperliquid.schemas import (
    MarginTier,
    PerpAsset,
    PerpMeta,
    SpotMeta,
    SpotPair,
    SpotToken,
    UserFees,
)

BASE_TIER = UserFees(
    userCrossRate=constants.FEE_PERP_TAKER,
    userAddRate=constants.FEE_PERP_MAKER,
    userSpotCrossRate=constants.FEE_SPOT_TAKER,
    userSpotAddRate=constants.FEE_SPOT_MAKER,
)


def parse_perps(
    meta: PerpMeta,
    dex_index: int,
    tokens: dict[int, SpotToken],
    fees: UserFees,
    ts_init: int,
    report: Callable[[str], None],
) -> list[CryptoPerpetual]:
    """
    Return the perpetuals of one dex that are not delisted.

    Parameters
    ----------
    meta : PerpMeta
        The dex's metadata.
    dex_index : int
        Its position in allPerpMetas; 0 is the venue's own dex.
    tokens : dict[int, SpotToken]
        All tokens by their index, for the collateral.
    fees : UserFees
        The rates of the account, or BASE_TIER.
    ts_init : int
        Nanoseconds; metadata has no time of its own.
    report : Callable[[str], None]
        Told of each record that is left out because it is unlike the venue's documentation.

    """
    collateral = _parse_collateral(meta.collateralToken, tokens)
    if collateral is None:
        report(f"Left out dex {dex_index}: spotMeta has no token {meta.collateralToken}")
        return []
    tables = {table_id: table.marginTiers for table_id, table in meta.marginTables}
    perps = []
    for index, record in enumerate(meta.universe):
        try:
            asset = msgspec.convert(record, PerpAsset)
            if not asset.isDelisted:
                info = {
                    "venue": record,
                    "product_type": _product_type(dex_index).value,
                    "asset_id": perp_asset_id(dex_index, index),
                    "max_leverage": asset.maxLeverage,
                    "margin_tiers": _margin_tiers(asset, tables),
                }
                perps.append(_parse_perp(asset, collateral, info, fees, ts_init))
        except (msgspec.ValidationError, ArithmeticError, ValueError) as e:
            report(f"Left out a perpetual, {e}: {record}")
    return perps


def perp_asset_id(dex_index: int, index: int) -> int:
    """Return the venue's number of the perpetual at `index` in the universe of a dex (0: main)."""
    if dex_index == 0:
        return index
    return constants.ASSET_ID_BUILDER_DEX + dex_index * constants.ASSET_ID_DEX_STEP + index


def _product_type(dex_index: int) -> HyperliquidProductType:
    return HyperliquidProductType.HIP3 if dex_index else HyperliquidProductType.PERP


def _margin_tiers(asset: PerpAsset, tables: dict[int, list[MarginTier]]) -> list[dict[str, Any]]:
    tiers = tables.get(asset.marginTableId) if asset.marginTableId is not None else None
    if tiers is None:
        tiers = [MarginTier(lowerBound=Decimal(0), maxLeverage=asset.maxLeverage)]
    return [
        {"lower_bound": str(tier.lowerBound), "max_leverage": tier.maxLeverage} for tier in tiers
    ]


def _parse_perp(
    asset: PerpAsset, collateral: Currency, info: dict[str, Any], fees: UserFees, ts_init: int
) -> CryptoPerpetual:
    fee_factor = Decimal(1)
    if info["product_type"] == HyperliquidProductType.HIP3:
        fee_factor = constants.FEE_FACTOR_BUILDER_DEX
        if asset.growthMode == "enabled":
            fee_factor *= constants.FEE_FACTOR_GROWTH_MODE
    margin_init = 1 / Decimal(asset.maxLeverage)
    # The dex stands before the colon and is no part of the underlying: xyz:TSLA.
    base = asset.name.rpartition(":")[2]
    return CryptoPerpetual(
        instrument_id=_instrument_id(f"{asset.name}-USD-PERP"),
        raw_symbol=Symbol(asset.name),
        base_currency=parse_currency(base, constants.MAX_DECIMALS_SPOT),
        quote_currency=collateral,
        settlement_currency=collateral,
        is_inverse=False,
        margin_init=margin_init,
        # "The maintenance margin is half of the initial margin at maximum leverage."
        margin_maint=margin_init / 2,
        maker_fee=fees.userAddRate * fee_factor,
        taker_fee=fees.userCrossRate * fee_factor,
        **_rules(constants.MAX_DECIMALS_PERP, asset.szDecimals, collateral, info, ts_init),
    )


def parse_spot_pairs(
    meta: SpotMeta, fees: UserFees, ts_init: int, report: Callable[[str], None]
) -> list[CurrencyPair]:
    """
    Return all spot pairs; the parameters are those of `parse_perps`.

    Token names are not unique. The pair with the lowest index has the plain symbol, later ones
    carry their index (`PURR@45-USDC-SPOT`), so that a new listing never renames an old one.
    """
    tokens = {token.index: token for token in meta.tokens}
    taken: set[str] = set()
    pairs = []
    for record in meta.universe:
        try:
            pair = msgspec.convert(record, SpotPair)
            base, quote = (tokens[index] for index in pair.tokens)
            symbol = f"{base.name}-{quote.name}-SPOT"
            if symbol in taken:
                symbol = f"{base.name}@{pair.index}-{quote.name}-SPOT"
            taken.add(symbol)
            pairs.append(_parse_spot_pair(pair, symbol, base, quote, record, fees, ts_init))
        except (msgspec.ValidationError, LookupError, ValueError) as e:
            report(f"Left out a spot pair, {e!r}: {record}")
    return pairs


def _parse_spot_pair(
    pair: SpotPair,
    symbol: str,
    base: SpotToken,
    quote: SpotToken,
    record: dict[str, Any],
    fees: UserFees,
    ts_init: int,
) -> CurrencyPair:
    info = {
        "venue": record,
        "product_type": HyperliquidProductType.SPOT.value,
        "asset_id": constants.ASSET_ID_SPOT + pair.index,
    }
    quote_currency = parse_currency(quote.name, quote.weiDecimals)
    return CurrencyPair(
        instrument_id=_instrument_id(symbol),
        raw_symbol=Symbol(pair.name),
        base_currency=parse_currency(base.name, base.weiDecimals),
        quote_currency=quote_currency,
        maker_fee=fees.userSpotAddRate,
        taker_fee=fees.userSpotCrossRate,
        **_rules(constants.MAX_DECIMALS_SPOT, base.szDecimals, quote_currency, info, ts_init),
    )


def _instrument_id(symbol: str) -> InstrumentId:
    return InstrumentId(Symbol(symbol), constants.HYPERLIQUID_VENUE)


def _rules(
    max_decimals: int,
    size_precision: int,
    quote_currency: Currency,
    info: dict[str, Any],
    ts_init: int,
) -> dict[str, Any]:
    """Return what perpetuals and spot pairs state alike; see "Tick and lot size" in the docs."""
    price_precision = max(0, max_decimals - size_precision)
    size_increment = Quantity(Decimal(1).scaleb(-size_precision), size_precision)
    return {
        "price_precision": price_precision,
        "size_precision": size_precision,
        "price_increment": Price(Decimal(1).scaleb(-price_precision), price_precision),
        "size_increment": size_increment,
        "min_quantity": size_increment,
        "min_notional": Money(constants.MIN_NOTIONAL, quote_currency),
        "ts_event": ts_init,
        "ts_init": ts_init,
        "info": info,
    }


def _parse_collateral(index: int, tokens: dict[int, SpotToken]) -> Currency | None:
    token = tokens.get(index)
    if token is not None:
        return parse_currency(token.name, token.weiDecimals)
    return USDC if index == 0 else None
