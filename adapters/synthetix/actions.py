"""What can be asked of the venue with a signature, as frozen structs in the wire's words; pure."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec


class Side(StrEnum):
    """Which way an order goes."""

    BUY = "buy"
    SELL = "sell"


class OrderKind(StrEnum):
    """The order types that the venue takes; it has no fill-or-kill."""

    LIMIT_GTC = "limitGtc"
    LIMIT_IOC = "limitIoc"
    LIMIT_GTD = "limitGtd"
    MARKET = "market"
    STOP_LOSS = "triggerSl"
    TAKE_PROFIT = "triggerTp"
    TWAP = "twap"


class Grouping(StrEnum):
    """How the orders of one request belong together."""

    NONE = "na"
    NORMAL_TPSL = "normalTpsl"
    """An entry, followed by a take-profit and a stop-loss, or one of them."""
    POSITION_TPSL = "positionTpsl"
    """One or two triggers for the position that stands."""
    TWAP = "twap"


class OrderWire(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """
    One order; what it has no use for is an empty text, and signed as one.

    `{"symbol":"BTC-USDT","side":"buy","orderType":"limitGtc","price":"90000","triggerPrice":"",
    "quantity":"0.01","reduceOnly":false,"isTriggerMarket":false,"clientOrderId":"c-1",
    "closePosition":false,"postOnly":true}`

    Nothing below `close_position` is covered by the signature. `expires_at` is in Unix seconds, of
    a limitGtd order only; a `trigger_price_type` is "mark", the default, or "last".
    """

    symbol: str
    side: Side
    order_type: OrderKind
    price: str
    trigger_price: str
    quantity: str
    reduce_only: bool
    is_trigger_market: bool
    client_order_id: str
    close_position: bool
    post_only: bool = False
    expires_at: int | None = None
    duration_seconds: int | None = None
    interval_seconds: int | None = None
    interval_variance_bps: int | None = None
    size_variance_bps: int | None = None
    trigger_price_type: str | None = None


class _Action(
    msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", tag_field="action"
): ...


class PlaceOrdersAction(_Action, frozen=True, tag="placeOrders"):
    """Place up to 20 orders, each on its own merits."""

    orders: tuple[OrderWire, ...]
    grouping: Grouping


class CancelOrdersAction(_Action, frozen=True, tag="cancelOrders"):
    """Cancel by the venue's ids."""

    order_ids: tuple[str, ...]


class CancelByCloidAction(_Action, frozen=True, tag="cancelOrders"):
    """Cancel by our ids."""

    client_order_ids: tuple[str, ...]


class CancelAllAction(_Action, frozen=True, tag="cancelAllOrders"):
    """Cancel whatever rests of these markets; `*` is all of them."""

    symbols: tuple[str, ...]


class ModifyOrderAction(_Action, frozen=True, tag="modifyOrder"):
    """Change an order by the venue's id; what stays is left empty."""

    order_id: str
    price: str = ""
    quantity: str = ""
    trigger_price: str = ""


class ModifyByCloidAction(_Action, frozen=True, tag="modifyOrder"):
    """Change an order by our id; what stays is left empty."""

    client_order_id: str
    price: str = ""
    quantity: str = ""
    trigger_price: str = ""


class UpdateLeverageAction(_Action, frozen=True, tag="updateLeverage"):
    """Set the leverage of a market, a whole number as a text."""

    symbol: str
    leverage: str


class ScheduleCancelAction(_Action, frozen=True, tag="scheduleCancel"):
    """Cancel all orders unless this comes again within 5 to 86,400 seconds; 0 disarms."""

    timeout_seconds: int


class WithdrawCollateralAction(_Action, frozen=True, tag="withdrawCollateral"):
    """Pay out to an address of Ethereum."""

    symbol: str
    amount: str
    destination: str


class TransferCollateralAction(_Action, frozen=True, tag="transferCollateral"):
    """Move collateral to another sub-account, whose id is `to`."""

    symbol: str
    amount: str
    to: str

    def __post_init__(self) -> None:
        """Write the amount as the server does before it checks the signature."""
        msgspec.structs.force_setattr(self, "amount", decimal_to_wire(Decimal(self.amount)))


class CreateSubaccountAction(_Action, frozen=True, tag="createSubaccount"):
    """Open another sub-account below the one that signs."""

    name: str


class UpdateSubAccountNameAction(_Action, frozen=True, tag="updateSubAccountName"):
    """Rename the sub-account."""

    name: str


class AddDelegatedSignerAction(_Action, frozen=True, tag="addDelegatedSigner"):
    """Let another key act; `expires_at` is in Unix seconds, 0 for never."""

    wallet_address: str
    expires_at: int
    permissions: tuple[str, ...] = ()


class RemoveDelegatedSignerAction(_Action, frozen=True, tag="removeDelegatedSigner"):
    """Let another key act no more."""

    wallet_address: str


class RemoveAllDelegatedSignersAction(_Action, frozen=True, tag="removeAllDelegatedSigners"):
    """Let no other key act."""


class VoluntaryCollateralExchangeAction(_Action, frozen=True, tag="voluntaryCollateralExchange"):
    """Sell another collateral for so much USDT."""

    source_asset: str
    target_usdt_amount: str = msgspec.field(name="targetUSDTAmount")


class Question(msgspec.Struct, frozen=True):
    """A read of the account, such as `getOpenOrders`; its filters are not signed."""

    action: str
    filters: Mapping[str, Any] = {}


type Action = (
    PlaceOrdersAction
    | CancelOrdersAction
    | CancelByCloidAction
    | CancelAllAction
    | ModifyOrderAction
    | ModifyByCloidAction
    | UpdateLeverageAction
    | ScheduleCancelAction
    | WithdrawCollateralAction
    | TransferCollateralAction
    | CreateSubaccountAction
    | UpdateSubAccountNameAction
    | AddDelegatedSignerAction
    | RemoveDelegatedSignerAction
    | RemoveAllDelegatedSignersAction
    | VoluntaryCollateralExchangeAction
    | Question
)


def decimal_to_wire(value: Decimal) -> str:
    """Return the number as the server writes it: no exponent and no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def action_params(action: Action) -> dict[str, Any]:
    """Return the action in the wire's words, its name first."""
    if isinstance(action, Question):
        return {"action": action.action, **action.filters}
    if isinstance(action, PlaceOrdersAction):
        # The same, but with the orders as they are, which are encoded as fast: this must be quick.
        return {"action": "placeOrders", "orders": action.orders, "grouping": action.grouping}
    params: dict[str, Any] = msgspec.to_builtins(action)
    return params


def action_name(action: Action) -> str:
    """Return what the wire calls the action."""
    if isinstance(action, Question):
        return action.action
    return str(type(action).__struct_config__.tag)
