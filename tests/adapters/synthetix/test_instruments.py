"""Every rule of a market is where Nautilus looks for it; what is no market is left out and told."""

from decimal import Decimal

import pytest
from nautilus_trader.model.enums import CurrencyType
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Money, Price, Quantity

from adapters.synthetix.instruments import BASE_TIER, instrument_id_of, parse_perpetuals
from adapters.synthetix.schemas import FeeTier
from adapters.synthetix.wire import Amount
from tests.adapters.synthetix.conftest import BTC


def parse(fees: FeeTier = BASE_TIER, **changes: object) -> Instrument:
    return parse_perpetuals([BTC | changes], fees, 7, pytest.fail)[0]


def test_all_rules_of_a_market_are_taken_over(btc: Instrument) -> None:
    assert (
        btc.id == InstrumentId.from_str("BTC-USDT-PERP.SYNTHETIX") == instrument_id_of("BTC-USDT")
    )
    assert btc.raw_symbol == Symbol("BTC-USDT")
    codes = (btc.base_currency.code, btc.quote_currency.code, btc.settlement_currency.code)
    assert codes == ("BTC", "USDT", "USDT")
    assert (btc.price_precision, btc.price_increment) == (0, Price.from_str("1"))
    assert (btc.size_precision, btc.size_increment) == (5, Quantity.from_str("0.00001"))
    assert (btc.min_quantity, btc.max_quantity) == (Quantity.from_str("0.00100"), Quantity(100, 5))
    assert (btc.min_notional, btc.min_price) == (
        Money(10, btc.quote_currency),
        Price.from_str("1"),
    )
    assert (btc.margin_init, btc.margin_maint) == (Decimal("0.01"), Decimal("0.005"))
    assert (btc.maker_fee, btc.taker_fee) == (Decimal("0.0002"), Decimal("0.0005"))
    assert (btc.is_inverse, btc.multiplier) == (False, Quantity.from_str("1"))
    assert btc.info["venue"] == BTC
    assert (btc.info["max_leverage"], btc.info["max_market_quantity"]) == (100, "10")
    assert btc.info["margin_tiers"][1] == {
        "lower_bound": "1000001",
        "max_leverage": 50,
        "initial_rate": "0.02",
        "maintenance_rate": "0.01",
        "deduction": "5000",
    }


@pytest.mark.parametrize(
    ("increment", "precision", "written"),
    [
        ("0.1", 1, "0.1"),
        ("0.10", 1, "0.1"),
        ("0.5", 1, "0.5"),
        ("10", 0, "10"),
        ("1E-7", 7, "0.0000001"),
    ],
)
def test_the_tick_gives_the_price_decimals(increment: str, precision: int, written: str) -> None:
    market = parse(priceIncrement=increment)
    assert market.price_precision == precision
    assert market.price_increment == Price.from_str(written)


def test_a_size_step_that_the_venue_tells_is_taken() -> None:
    assert parse(orderSizeIncrement="0.005").size_increment == Quantity.from_str("0.00500")
    assert parse(orderSizeIncrement="").size_increment == Quantity.from_str("0.00001")


def test_limits_that_the_venue_leaves_empty_are_none() -> None:
    market = parse(maxLimitOrderSize="", minNotionalValue="", minOrderPrice="", minOrderSize="")
    assert (market.max_quantity, market.min_notional, market.min_price) == (None, None, None)
    assert market.min_quantity == Quantity.from_str("0.00001")


def test_fees_are_those_of_the_account() -> None:
    market = parse(FeeTier(Amount("0.00003"), Amount("0.0002")))
    assert (market.maker_fee, market.taker_fee) == (Decimal("0.00003"), Decimal("0.0002"))


def test_a_closed_market_is_loaded_and_an_unknown_base_is_registered() -> None:
    market = parse(symbol="WTI-USDT", baseAsset="WTI", settleAsset="", isOpen=False)
    assert market.id == InstrumentId.from_str("WTI-USDT-PERP.SYNTHETIX")
    assert market.base_currency.code == "WTI"
    assert market.base_currency.currency_type == CurrencyType.CRYPTO
    assert market.settlement_currency.code == "USDT"


@pytest.mark.parametrize(
    "changes",
    [
        {"priceIncrement": "0"},
        {"maintenanceMarginTiers": []},
        {"quantityExponent": -1},
        {"quantityExponent": None},
        {"priceIncrement": "x"},
        {"minOrderSize": "-1"},
    ],
)
def test_what_is_unlike_a_market_is_left_out_and_told(changes: dict[str, object]) -> None:
    told: list[str] = []
    parsed = parse_perpetuals([BTC | changes, BTC], BASE_TIER, 1, told.append)
    assert [one.id.value for one in parsed] == ["BTC-USDT-PERP.SYNTHETIX"]
    assert len(told) == 1
    assert told[0].startswith("Left out a market, ")
