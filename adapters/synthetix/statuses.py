"""Conclude from what the venue tells of a market whether it can be traded; pure, it asks nobody."""

import msgspec
from nautilus_trader.model.enums import MarketStatusAction

from adapters.synthetix.schemas import EdgeStatus, Market, MarketPrice


class MarketState(msgspec.Struct, frozen=True):
    """What Nautilus calls the state of a market, why, and whether orders are taken."""

    action: MarketStatusAction
    reason: str
    is_trading: bool


def market_state(
    market: Market | None, price: MarketPrice | None, edge: EdgeStatus | None
) -> MarketState:
    """
    Return the state of one market; the venue as a whole counts more than the market.

    Parameters
    ----------
    market : Market, optional
        Its record; None if it is not listed any more.
    price : MarketPrice, optional
        Its prices, which tell the hours of a session; None if the venue has none of it.
    edge : EdgeStatus, optional
        The venue's own state; None if it does not tell.

    """
    if edge is not None and edge.maintenance:
        reason = f"maintenance: {edge.message}" if edge.message else "maintenance"
        return MarketState(MarketStatusAction.HALT, reason, is_trading=False)
    if market is None:
        action = MarketStatusAction.NOT_AVAILABLE_FOR_TRADING
        return MarketState(action, "delisted", is_trading=False)
    if not market.isOpen:
        return MarketState(MarketStatusAction.CLOSE, "closed", is_trading=False)
    if price is not None and price.onHours is False:
        return MarketState(MarketStatusAction.PAUSE, "out of hours", is_trading=False)
    if market.isCloseOnly:
        # Positions may still be reduced, so it trades.
        return MarketState(MarketStatusAction.PRE_CLOSE, "close only", is_trading=True)
    return MarketState(MarketStatusAction.TRADING, "open", is_trading=True)
