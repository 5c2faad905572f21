"""The venue's own books of an account after a run, beside ours; no part of the trading."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec
from nautilus_trader.core.nautilus_pyo3 import HttpClient

from desk.exits import VenueError

TOLERANCE: Final = Decimal("0.01")  # a cent, in dollars
HTTP_OK: Final = 200


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """
    What an account earned and holds, told by the venue and by us, in dollars.

    Attributes
    ----------
    pnl_venue, pnl_ours
        Earned by closed trades, after fees and without funding.
    equity_venue, equity_ours
        What the account is worth at the end.
    funding
        Received, or paid if negative; in the equity of both.
    orders, positions
        How many the venue still has open.

    """

    pnl_venue: Decimal
    pnl_ours: Decimal
    equity_venue: Decimal
    equity_ours: Decimal
    funding: Decimal
    orders: int
    positions: int

    @property
    def is_settled(self) -> bool:
        """Whether both say the same to the cent and nothing is open at the venue."""
        differences = (self.pnl_venue - self.pnl_ours, self.equity_venue - self.equity_ours)
        is_same = all(abs(difference) <= TOLERANCE for difference in differences)
        return is_same and not (self.orders or self.positions)

    def in_words(self) -> list[str]:
        """Return the lines to print."""
        lines = [
            _line("P&L after fees", self.pnl_venue, self.pnl_ours),
            _line("equity", self.equity_venue, self.equity_ours),
        ]
        if self.funding:
            lines.append(f"funding, in the equity alone: {self.funding:+.6f}")
        if self.orders or self.positions:
            lines.append(f"the venue still has {self.orders} orders and {self.positions} positions")
        return lines


def _line(what: str, venue: Decimal, ours: Decimal) -> str:
    return (
        f"{what}: venue says {venue:,.6f}, we say {ours:,.6f}, difference {abs(venue - ours):.6f}"
    )


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


async def compare_books(
    url: str, address: str, *, pnl: Sequence[Decimal], equity: Decimal
) -> Comparison:
    """
    Ask a Hyperliquid venue for the account's books and set them beside ours.

    Parameters
    ----------
    url
        The venue's REST address, without path.
    address
        The account, all of whose history is of one run (at most 2,000 fills).
    pnl
        What each of our trades earned after fees.
    equity
        What we think the account is worth.

    Raises
    ------
    VenueError
        The venue does not answer, or not as expected.

    """
    client = HttpClient()
    state = await _ask(client, url, {"type": "clearinghouseState", "user": address}, _State)
    fills = await _ask(client, url, {"type": "userFills", "user": address}, list[_Fill])
    since_ever = {"type": "userFunding", "user": address, "startTime": 0}
    funding = await _ask(client, url, since_ever, list[_Funding])
    orders = await _ask(client, url, {"type": "openOrders", "user": address}, list[msgspec.Raw])
    return Comparison(
        pnl_venue=sum((fill.closed_pnl - fill.fee for fill in fills), Decimal(0)),
        pnl_ours=sum(pnl, Decimal(0)),
        equity_venue=state.margin_summary.account_value,
        equity_ours=equity,
        funding=sum((payment.delta.usdc for payment in funding), Decimal(0)),
        orders=len(orders),
        positions=len(state.asset_positions),
    )


async def _ask[T](
    client: HttpClient, url: str, question: Mapping[str, object], type_: type[T]
) -> T:
    response = await client.post(
        f"{url}/info",
        headers={"Content-Type": "application/json"},
        body=msgspec.json.encode(question),
    )
    if response.status != HTTP_OK:
        raise VenueError(f"The venue refused {question['type']} with {response.status}")
    try:
        return msgspec.json.decode(response.body, type=type_, strict=False)
    except msgspec.DecodeError as e:
        raise VenueError(f"Expected {question['type']} to be answered as documented: {e}") from e
