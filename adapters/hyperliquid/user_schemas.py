"""The orders, fills, fundings and TWAPs of one Hyperliquid account, as the venue writes them; pure.

Money, prices and sizes are Decimal: the bookkeeping is exact, and these messages are few. Unknown
fields are ignored, and texts that may grow (a status, a direction) are str: a new word of the venue
must not cost the whole frame. Times are Unix milliseconds unless said otherwise.

They are the same in answers and on streams, whose frames are in `user_frames`.

Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api and its pages
info-endpoint/perpetuals (REST) and websocket/subscriptions (streams).
"""

# ruff: noqa: N815 - fields are called what the venue calls them

from decimal import Decimal
from typing import Literal

import msgspec

# B buys and A sells.
type Side = Literal["A", "B"]


class FrontendOrder(msgspec.Struct, frozen=True):
    """
    One order (frontendOpenOrders, historicalOrders, orderStatus, and shorter elsewhere).

    `{"coin":"INJ","side":"A","limitPx":"9.2037","sz":"12.5","oid":3184595907,
    "timestamp":1700126022555,"triggerCondition":"Price above 10.004","isTrigger":true,
    "triggerPx":"10.004","children":[],"isPositionTpsl":false,"reduceOnly":true,
    "orderType":"Take Profit Market","origSz":"12.5","tif":null,"cloid":null}`

    `sz` is what remains (0 of a trigger that takes the size of its position); of a market trigger
    `limitPx` is only the bound of its slippage. Stream orderUpdates and openOrders leave out what
    stands after `timestamp` but origSz and cloid: there orderType is None, and a trigger looks like
    a limit order.
    """

    coin: str
    side: Side
    limitPx: Decimal
    sz: Decimal
    oid: int
    timestamp: int
    origSz: Decimal | None = None
    cloid: str | None = None
    reduceOnly: bool = False
    orderType: str | None = None
    tif: str | None = None
    isTrigger: bool = False
    triggerPx: Decimal = Decimal(0)
    triggerCondition: str = "N/A"
    isPositionTpsl: bool = False
    children: list["FrontendOrder"] = []

    @property
    def size(self) -> Decimal:
        """The whole size; 0 of a trigger that takes the size of its position."""
        return self.sz if self.origSz is None else self.origSz


class OrderUpdate(msgspec.Struct, frozen=True):
    """
    An order with its status since when (orderUpdates, historicalOrders, orderStatus).

    `{"order":{...},"status":"iocCancelRejected","statusTimestamp":1755863118217}`; the statuses are
    listed in `reports.order_state`.
    """

    order: FrontendOrder
    status: str
    statusTimestamp: int


class OrderStatusReply(msgspec.Struct, frozen=True, tag_field="status", tag="order"):
    """`{"status":"order","order":{"order":{...},"status":"open","statusTimestamp":1742488}}`."""

    order: OrderUpdate


class UnknownOid(msgspec.Struct, frozen=True, tag_field="status", tag="unknownOid"):
    """`{"status":"unknownOid"}`: no such order, or one placed a moment ago."""


class FillLiquidation(msgspec.Struct, frozen=True):
    """`{"liquidatedUser":"0x3608","markPx":"66607.0","method":"market"}`, or "backstop"."""

    liquidatedUser: str
    markPx: Decimal
    method: str


class UserFill(msgspec.Struct, frozen=True):
    """
    One fill of the account (userFills, userFillsByTime, and streams user and userFills).

    `{"coin":"ETH","px":"2067.2","sz":"0.01","side":"A","time":1770524192528,
    "startPosition":"0.01","dir":"Close Long","closedPnl":"-0.13","hash":"0x5b19",
    "oid":315449302232,"crossed":true,"fee":"0.00893","tid":343484124188045,"cloid":"0x0003",
    "feeToken":"USDC","twapId":null}`

    crossed is the taker; a negative fee is a rebate; fee holds builderFee; closedPnl holds no fee.
    tid is 0 of dust conversions and was absent before 2024, as feeToken was. A liquidation is
    written on the fill of either side.
    """

    coin: str
    px: Decimal
    sz: Decimal
    side: Side
    time: int
    startPosition: Decimal
    dir: str
    closedPnl: Decimal
    oid: int
    crossed: bool
    fee: Decimal
    tid: int = 0
    hash: str = ""
    feeToken: str | None = None
    builderFee: Decimal | None = None
    cloid: str | None = None
    twapId: int | None = None
    liquidation: FillLiquidation | None = None


class FundingPayment(msgspec.Struct, frozen=True):
    """
    An hour's funding of one position (streams userFundings and user); usdc below zero was paid.

    `{"time":1770069600099,"coin":"BTC","usdc":"0.000502","szi":"0.00061",
    "fundingRate":"-0.0000104821","nSamples":null}`
    """

    time: int
    coin: str
    usdc: Decimal
    szi: Decimal
    fundingRate: Decimal
    nSamples: int | None = None


class FundingDelta(msgspec.Struct, frozen=True):
    """A FundingPayment without its time, as userFunding has it."""

    coin: str
    usdc: Decimal
    szi: Decimal
    fundingRate: Decimal
    nSamples: int | None = None


class FundingRecord(msgspec.Struct, frozen=True):
    """`{"time":1681948800000,"hash":"0xe3f4","delta":{"type":"funding","coin":"APE", ...}}`."""

    time: int
    delta: FundingDelta

    @property
    def payment(self) -> FundingPayment:
        """The same as the streams tell it."""
        delta = self.delta
        return FundingPayment(
            self.time, delta.coin, delta.usdc, delta.szi, delta.fundingRate, delta.nSamples
        )


class TwapState(msgspec.Struct, frozen=True):
    """
    How far a TWAP has come; `timestamp` is its start in milliseconds.

    `{"coin":"BTC","user":"0x31ca","side":"B","sz":"0.1","executedSz":"0.02",
    "executedNtl":"1655.4","minutes":30,"reduceOnly":false,"randomize":true,
    "timestamp":1755863117780}`
    """

    coin: str
    side: Side
    sz: Decimal
    executedSz: Decimal
    executedNtl: Decimal
    minutes: int
    timestamp: int
    reduceOnly: bool = False
    randomize: bool = False
    user: str = ""


class TwapStatus(msgspec.Struct, frozen=True):
    """`{"status":"activated"}`, finished, terminated, `{"status":"error","description":".."}`."""

    status: str
    description: str | None = None


class TwapHistory(msgspec.Struct, frozen=True):
    """
    A change of a TWAP's status (twapHistory, userTwapHistory); `time` is in seconds.

    `{"time":1755863117,"state":{...},"status":{"status":"finished"},"twapId":77738308}`
    """

    time: int
    state: TwapState
    status: TwapStatus
    twapId: int | None = None


class TwapSliceFill(msgspec.Struct, frozen=True):
    """`{"fill":{...},"twapId":77738308}`."""

    fill: UserFill
    twapId: int


class Liquidation(msgspec.Struct, frozen=True):
    """`{"lid":1,"liquidator":"0x","liquidated_user":"0x","liquidated_ntl_pos":"1.0", ...}`."""

    lid: int
    liquidator: str
    liquidated_user: str
    liquidated_ntl_pos: Decimal
    liquidated_account_value: Decimal


class NonUserCancel(msgspec.Struct, frozen=True):
    """An order that the venue itself has canceled: `{"coin":"BTC","oid":123}`."""

    coin: str
    oid: int
