"""What the venue tells of an account as frozen structs with its own field names; no Nautilus type.

Unknown fields are ignored; an Amount is 0 where the venue leaves it empty.
"""

# ruff: noqa: N815 - fields are called what the venue calls them

import msgspec

from adapters.synthetix.replies import OrderRef
from adapters.synthetix.wire import Amount, Id, Moment


class AccountOrder(msgspec.Struct, frozen=True):
    """
    One order (getOpenOrders, getOrderHistory); open ones have no status.

    The two write differently: `"side":"buy","type":"stopMarket"` and `"side":"Long","type":"Stop
    Market","status":"Cancelled","updateTime":...`; see `reports` for what both mean.
    """

    symbol: str
    side: str
    type: str
    quantity: Amount
    order: OrderRef = OrderRef()
    orderId: Id | None = None
    price: Amount = Amount(0)
    triggerPrice: Amount = Amount(0)
    triggerPriceType: str = ""
    timeInForce: str = ""
    reduceOnly: bool = False
    postOnly: bool = False
    closePosition: bool = False
    createdTime: Moment = Moment(0)
    updatedTime: Moment = Moment(0)
    updateTime: Moment = Moment(0)
    expiresAt: Moment = Moment(0)
    filledQuantity: Amount = Amount(0)
    filledPrice: Amount = Amount(0)
    status: str = "placed"
    cancelReason: str = ""
    triggeredByLiquidation: bool = False

    @property
    def venue_id(self) -> str:
        """The venue's id as a text; the flat one is on its way out."""
        return str(self.order.venueId or self.orderId or "")

    @property
    def client_id(self) -> str:
        """The client's id, empty if it has none."""
        return str(self.order.clientId or "")


class AccountTrade(msgspec.Struct, frozen=True):
    """
    One fill (getTrades, and the event `trade`).

    `{"tradeId":"7","order":{"venueId":"1","clientId":"c-1"},"symbol":"BTC-USDT","side":"buy",
    "price":"100001","quantity":"0.004","fee":"0.2","timestamp":1704067200000,"maker":false}`
    """

    tradeId: Id
    symbol: str
    side: str
    price: Amount
    quantity: Amount
    order: OrderRef = OrderRef()
    orderId: Id | None = None
    fee: Amount = Amount(0)
    realizedPnl: Amount = Amount(0)
    maker: bool = False
    timestamp: Moment = Moment(0)
    tradedAt: Moment = Moment(0)
    triggeredByLiquidation: bool = False

    @property
    def venue_id(self) -> str:
        """The venue's id of the order as a text."""
        return str(self.order.venueId or self.orderId or "")

    @property
    def client_id(self) -> str:
        """The client's id of the order, empty if it has none."""
        return str(self.order.clientId or "")


class TradePage(msgspec.Struct, frozen=True):
    """A page of fills (getTrades): `{"trades":[...],"hasMore":false,"total":1}`."""

    trades: list[AccountTrade] | None = None
    hasMore: bool = False


class FundingSummary(msgspec.Struct, frozen=True):
    """What payments come to: `{"netFunding":"-0.12","totalPayments":"3"}`."""

    netFunding: Amount = Amount(0)


class FundingPayments(msgspec.Struct, frozen=True):
    """The payments of an account, and what they come to (getFundingPayments)."""

    summary: FundingSummary = FundingSummary()


class Position(msgspec.Struct, frozen=True):
    """
    One position (getPositions); its quantity is positive and its side long or short.

    `{"symbol":"BTC-USDT","side":"long","entryPrice":"100001","quantity":"0.004",
    "usedMargin":"40","maintenanceMargin":"2","updatedAt":1704067200000}`
    """

    symbol: str
    side: str
    quantity: Amount
    entryPrice: Amount = Amount(0)
    usedMargin: Amount = Amount(0)
    maintenanceMargin: Amount = Amount(0)
    updatedAt: Moment = Moment(0)

    @property
    def signed(self) -> Amount:
        """The quantity, below zero of a short position."""
        size = abs(self.quantity)
        return Amount(size if self.side.lower() in {"long", "buy"} else -size)


class Collateral(msgspec.Struct, frozen=True):
    """`{"symbol":"USDT","quantity":"1000","withdrawable":"900","pendingWithdraw":"0"}`."""

    symbol: str
    quantity: Amount
    withdrawable: Amount = Amount(0)


class MarginSummary(msgspec.Struct, frozen=True):
    """The account as a whole in USDT; debt is what it owes."""

    accountValue: Amount = Amount(0)
    availableMargin: Amount = Amount(0)
    maintenanceMargin: Amount = Amount(0)
    initialMargin: Amount = Amount(0)
    debt: Amount = Amount(0)


class MarketPreferences(msgspec.Struct, frozen=True):
    """`{"leverages":{"BTC-USDT":20}}`."""

    leverages: dict[str, int] = {}


class SubAccount(msgspec.Struct, frozen=True):
    """One sub-account with its money, margins, positions and leverages (getSubAccount)."""

    subAccountId: Id
    collaterals: list[Collateral] = []
    crossMarginSummary: MarginSummary = MarginSummary()
    positions: list[Position] = []
    marketPreferences: MarketPreferences = MarketPreferences()
