"""Instruments carry the fee rates of the account, and fills cost what they say."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio
from nautilus_trader.common.component import LiveClock
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.instruments import Instrument

from adapters.common.wallet import Wallet
from adapters.synthetix.fees import AccountFees
from adapters.synthetix.http import SynthetixHttpClient, address_governor
from adapters.synthetix.providers import SynthetixInstrumentProvider
from adapters.synthetix.schemas import FeeTier
from adapters.synthetix.wire import Amount
from simulator.fault_rules import ClockSkew, Status
from simulator.synthetix import SynthetixVenue
from tests.acceptance.synthetix_run import BTC, SUB_ACCOUNT, SYNTHETIX, synthetix_venue
from tests.acceptance.trading_run import node_on
from tests.acceptance.under_test import KEY
from tests.waiting import eventually

HALF = Decimal("0.5")
BASE = FeeTier(Amount("0.0002"), Amount("0.0005"))
DISCOUNTED = FeeTier(Amount("0.0001"), Amount("0.00025"))


@pytest_asyncio.fixture
async def venue() -> AsyncIterator[SynthetixVenue]:
    """Run a venue whose one account has half of its fees remitted."""
    async with synthetix_venue() as venue:
        venue.trading.exchange.account(SUB_ACCOUNT).fee_scale = HALF
        yield venue


def http_of(venue: SynthetixVenue) -> SynthetixHttpClient:
    return SynthetixHttpClient(venue.http_url, address_governor(), max_attempts=1)


def fees_of(venue: SynthetixVenue, subaccount_id: str | None = None) -> AccountFees:
    return AccountFees(http_of(venue), Wallet(KEY), LiveClock(), subaccount_id, max_attempts=1)


def provider_of(venue: SynthetixVenue) -> SynthetixInstrumentProvider:
    config = InstrumentProviderConfig(load_all=True)
    return SynthetixInstrumentProvider(http_of(venue), LiveClock(), config, fees_of(venue).rates)


def rates_of(instrument: Instrument) -> FeeTier:
    return FeeTier(Amount(instrument.maker_fee), Amount(instrument.taker_fee))


async def test_the_account_is_asked_for_its_own_rates(venue: SynthetixVenue) -> None:
    assert await fees_of(venue).rates() == DISCOUNTED
    assert await fees_of(venue, SUB_ACCOUNT).rates() == DISCOUNTED


async def test_a_clock_that_is_wrong_does_not_matter(venue: SynthetixVenue) -> None:
    venue.faults.add(ClockSkew(on="request", offset_ms=300_000))
    assert await fees_of(venue).rates() == DISCOUNTED


async def test_a_key_without_the_sub_account_is_told_so(venue: SynthetixVenue) -> None:
    with pytest.raises(ValueError, match="was 7"):
        await fees_of(venue, "7").rates()


async def test_instruments_carry_the_rates_of_the_account(venue: SynthetixVenue) -> None:
    provider = provider_of(venue)
    await provider.load_all_async()
    assert {rates_of(one) for one in provider.list_all()} == {DISCOUNTED}


async def test_a_new_rate_is_a_change_of_the_instruments(venue: SynthetixVenue) -> None:
    provider = provider_of(venue)
    await provider.load_all_async()
    venue.trading.exchange.account(SUB_ACCOUNT).fee_scale = Decimal(1)
    changes = await provider.refresh()
    assert len(changes.changed) == len(provider.list_all()) > 0
    assert {rates_of(one) for one in changes.changed} == {BASE}


async def test_a_refusal_leaves_the_base_tier(venue: SynthetixVenue) -> None:
    venue.faults.add(Status(on="trade", type="getFeeRate", status=403))
    provider = provider_of(venue)
    await provider.load_all_async()
    assert {rates_of(one) for one in provider.list_all()} == {BASE}


async def test_a_later_refusal_leaves_what_was_told(venue: SynthetixVenue) -> None:
    provider = provider_of(venue)
    await provider.load_all_async()
    venue.faults.add(Status(on="trade", type="getFeeRate", status=403))
    changes = await provider.refresh()
    assert changes.changed == []
    assert {rates_of(one) for one in provider.list_all()} == {DISCOUNTED}


async def test_a_fill_costs_what_its_instrument_says(
    venue: SynthetixVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a node, whose cache has the instrument from the data client."""
    async with node_on(venue, tmp_path, monkeypatch, adapter=SYNTHETIX) as run:
        instrument = run.instrument(BTC)
        assert rates_of(instrument) == DISCOUNTED
        quantity = instrument.make_qty("0.01")
        order = run.hand.order_factory.market(BTC, OrderSide.BUY, quantity)
        run.hand.submit_order(order)
        await eventually(lambda: order.status == OrderStatus.FILLED)
        notional = sum(
            (fill.last_qty.as_decimal() * fill.last_px.as_decimal() for fill in fills_of(order)),
            Decimal(0),
        )
        paid = sum((fill.commission.as_decimal() for fill in fills_of(order)), Decimal(0))
        assert paid == pytest.approx(notional * instrument.taker_fee, abs=Decimal("0.00001"))
        assert paid > 0


def fills_of(order: object) -> list[object]:
    return [event for event in order.events if type(event).__name__ == "OrderFilled"]
