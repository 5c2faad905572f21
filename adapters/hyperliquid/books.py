"""Read the whole books of a Hyperliquid account, without a client that runs; it changes nothing."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec
from nautilus_trader.core.nautilus_pyo3 import HttpClient, HttpError, HttpTimeoutError

from adapters.common.books import AccountBooks
from adapters.common.errors import OutcomeUnknown, VenueRefused

HTTP_OK: Final = 200


class _MarginSummary(msgspec.Struct, frozen=True, rename="camel"):
    account_value: Decimal


class _State(msgspec.Struct, frozen=True, rename="camel"):
    margin_summary: _MarginSummary
    asset_positions: list[msgspec.Raw]


class _Fill(msgspec.Struct, frozen=True, rename="camel"):
    closed_pnl: Decimal  # before fees, although the venue's page says after
    fee: Decimal


class _FundingDelta(msgspec.Struct, frozen=True):
    usdc: Decimal


class _Funding(msgspec.Struct, frozen=True):
    delta: _FundingDelta


async def read_books(url: str, address: str) -> AccountBooks:
    """
    Ask a Hyperliquid venue for the books of an account.

    Parameters
    ----------
    url : str
        The venue's REST address, without path.
    address : str
        The account, all of whose history is of one run (at most 2,000 fills).

    Raises
    ------
    VenueRefused
        If the venue answers with another status than 200.
    OutcomeUnknown
        If it does not answer, or not as documented.

    """
    client = HttpClient()
    state = await _ask(client, url, {"type": "clearinghouseState", "user": address}, _State)
    fills = await _ask(client, url, {"type": "userFills", "user": address}, list[_Fill])
    since_ever = {"type": "userFunding", "user": address, "startTime": 0}
    funding = await _ask(client, url, since_ever, list[_Funding])
    orders = await _ask(client, url, {"type": "openOrders", "user": address}, list[msgspec.Raw])
    return AccountBooks(
        pnl=sum((fill.closed_pnl - fill.fee for fill in fills), Decimal(0)),
        equity=state.margin_summary.account_value,
        funding=sum((payment.delta.usdc for payment in funding), Decimal(0)),
        orders=len(orders),
        positions=len(state.asset_positions),
    )


async def _ask[T](
    client: HttpClient, url: str, question: Mapping[str, object], type_: type[T]
) -> T:
    kind = question["type"]
    try:
        response = await client.post(
            f"{url}/info",
            headers={"Content-Type": "application/json"},
            body=msgspec.json.encode(question),
        )
    except (HttpTimeoutError, HttpError) as e:
        raise OutcomeUnknown(f"No answer to {kind} from {url}: {e}") from e
    if response.status != HTTP_OK:
        raise VenueRefused(f"The venue refused {kind} with {response.status}")
    try:
        return msgspec.json.decode(response.body, type=type_, strict=False)
    except msgspec.DecodeError as e:
        raise OutcomeUnknown(f"Expected {kind} to be answered as documented: {e}") from e
