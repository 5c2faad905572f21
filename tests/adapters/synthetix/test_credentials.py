"""Which sub-account a key trades, or in words what to set instead; asked of a loopback venue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from adapters.common.wallet import Wallet
from adapters.synthetix.credentials import check_credentials
from adapters.synthetix.http import SynthetixHttpClient, address_governor
from simulator.synthetix_directory import FIRST_SUB_ACCOUNT
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.synthetix_run import synthetix_venue

OWNER, OTHER, DELEGATE, NOBODY = (Wallet(digit * 64).address for digit in "1234")
CASH = Decimal(1_000)
FIRST, SECOND, THIRD = (str(FIRST_SUB_ACCOUNT + place) for place in range(3))


@asynccontextmanager
async def asked() -> AsyncIterator[SynthetixHttpClient]:
    trading = TradingOptions(
        accounts=((OWNER, CASH), (OTHER, CASH), (OTHER, CASH)), delegates=((DELEGATE, OWNER),)
    )
    async with synthetix_venue(trading=trading) as venue:
        yield SynthetixHttpClient(venue.http_url, address_governor())


async def test_an_owner_of_one_and_whoever_names_his_own_are_let_pass() -> None:
    async with asked() as http:
        assert await check_credentials(http, OWNER) == FIRST
        assert await check_credentials(http, OTHER, THIRD) == THIRD
        assert await check_credentials(http, DELEGATE, FIRST) == FIRST


@pytest.mark.parametrize(
    ("address", "subaccount_id", "words"),
    [
        (OTHER, None, f"set subaccount_id to one of {SECOND}, {THIRD}"),
        (DELEGATE, None, f"only a delegate: set subaccount_id to {FIRST}"),
        (DELEGATE, SECOND, f"a delegate of \\({FIRST}\\), was {SECOND}"),
        (OWNER, SECOND, f"owns \\({FIRST}\\)"),
        (NOBODY, None, "has no sub-account: deposit first"),
    ],
)
async def test_a_wrong_combination_is_told_with_its_remedy(
    address: str, subaccount_id: str | None, words: str
) -> None:
    async with asked() as http:
        with pytest.raises(ValueError, match=words):
            await check_credentials(http, address, subaccount_id)
