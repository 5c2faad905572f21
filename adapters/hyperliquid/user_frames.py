"""The frames of the streams that tell of one Hyperliquid account, with its own field names; pure.

Unknown fields are ignored, and money is Decimal, as in `user_schemas`.

Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions.
"""

# ruff: noqa: N815 - fields are called what the venue calls them

import msgspec

from adapters.hyperliquid.account_schemas import ClearinghouseState, SpotClearinghouseState
from adapters.hyperliquid.replies import WsPost
from adapters.hyperliquid.schemas import WsError, WsPong, WsSubscriptionResponse
from adapters.hyperliquid.user_schemas import (
    FrontendOrder,
    FundingPayment,
    Liquidation,
    NonUserCancel,
    OrderUpdate,
    TwapHistory,
    TwapSliceFill,
    UserFill,
)


class UserEvents(msgspec.Struct, frozen=True):
    """The data of a user frame: one of these keys, or one that is not known here."""

    fills: list[UserFill] = []
    funding: FundingPayment | None = None
    liquidation: Liquidation | None = None
    nonUserCancel: list[NonUserCancel] = []
    twapHistory: list[TwapHistory] = []
    twapSliceFills: list[TwapSliceFill] = []


class FillsData(msgspec.Struct, frozen=True):
    """`{"isSnapshot":true,"user":"0x61fb","fills":[...]}`, oldest first; later without the flag."""

    user: str
    fills: list[UserFill]
    isSnapshot: bool = False


class FundingsData(msgspec.Struct, frozen=True):
    """`{"isSnapshot":true,"user":"0x61fb","fundings":[...]}`."""

    user: str
    fundings: list[FundingPayment]
    isSnapshot: bool = False


class TwapHistoryData(msgspec.Struct, frozen=True):
    """`{"isSnapshot":true,"user":"0x61fb","history":[...]}`."""

    user: str
    history: list[TwapHistory]
    isSnapshot: bool = False


class TwapSliceFillsData(msgspec.Struct, frozen=True):
    """`{"isSnapshot":true,"user":"0x61fb","twapSliceFills":[...]}`."""

    user: str
    twapSliceFills: list[TwapSliceFill]
    isSnapshot: bool = False


class ClearinghouseData(msgspec.Struct, frozen=True):
    """`{"dex":"","user":"0x61fb","clearinghouseState":{...}}`."""

    user: str
    clearinghouseState: ClearinghouseState
    dex: str = ""


class OpenOrdersData(msgspec.Struct, frozen=True):
    """
    `{"dex":"","user":"0x..","orders":[...]}`: all that rests on one dex, newest first.

    The orders are as they came, for OPEN_ORDERS_DECODER: most lists are overtaken by the next.
    """

    user: str
    orders: msgspec.Raw
    dex: str = ""


class SpotStateData(msgspec.Struct, frozen=True):
    """`{"user":"0x61fb","spotState":{"balances":[...]}}`."""

    user: str
    spotState: SpotClearinghouseState


class WsOrderUpdates(msgspec.Struct, frozen=True, tag_field="channel", tag="orderUpdates"):
    """A frame of stream orderUpdates; there is no snapshot, and it does not name the user."""

    data: list[OrderUpdate]

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("orderUpdates", "")


class WsUser(msgspec.Struct, frozen=True, tag_field="channel", tag="user"):
    """A frame of stream userEvents; there is no snapshot, and it does not name the user."""

    data: UserEvents

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("userEvents", "")


class WsUserFills(msgspec.Struct, frozen=True, tag_field="channel", tag="userFills"):
    """A frame of stream userFills; the first after subscribing holds the recent past."""

    data: FillsData

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("userFills", "")


class WsUserFundings(msgspec.Struct, frozen=True, tag_field="channel", tag="userFundings"):
    """A frame of stream userFundings; the first after subscribing holds the recent past."""

    data: FundingsData

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("userFundings", "")


class WsTwapHistory(msgspec.Struct, frozen=True, tag_field="channel", tag="userTwapHistory"):
    """A frame of stream userTwapHistory; the first after subscribing holds the recent past."""

    data: TwapHistoryData

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("userTwapHistory", "")


class WsTwapSliceFills(msgspec.Struct, frozen=True, tag_field="channel", tag="userTwapSliceFills"):
    """A frame of stream userTwapSliceFills; the first after subscribing holds the recent past."""

    data: TwapSliceFillsData

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("userTwapSliceFills", "")


class WsClearinghouse(msgspec.Struct, frozen=True, tag_field="channel", tag="clearinghouseState"):
    """A frame of stream clearinghouseState: the whole state of one dex."""

    data: ClearinghouseData

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("clearinghouseState", "")


class WsSpotState(msgspec.Struct, frozen=True, tag_field="channel", tag="spotState"):
    """A frame of stream spotState: all tokens of the account."""

    data: SpotStateData

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("spotState", "")


class WsOpenOrders(msgspec.Struct, frozen=True, tag_field="channel", tag="openOrders"):
    """A frame of stream openOrders: the whole list, with every change of it."""

    data: OpenOrdersData

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""
        return ("openOrders", "")


OPEN_ORDERS_DECODER = msgspec.json.Decoder(list[FrontendOrder], strict=False)

WsUserStream = (
    WsOrderUpdates
    | WsUser
    | WsUserFills
    | WsUserFundings
    | WsTwapHistory
    | WsTwapSliceFills
    | WsClearinghouse
    | WsSpotState
    | WsOpenOrders
)
WsUserMessage = WsUserStream | WsPong | WsError | WsSubscriptionResponse | WsPost
USER_WS_DECODER: msgspec.json.Decoder[WsUserMessage] = msgspec.json.Decoder(
    WsUserMessage, strict=False
)
