"""Nautilus's own Rust node watches an account of the loopback venue and reads every frame of it."""

from decimal import Decimal

from simulator.exchange.events import Event, Reply
from simulator.exchange.model import (
    Grouping,
    OrderRequest,
    Side,
    Tif,
    Trigger,
    TriggerKind,
    TwapRequest,
)
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.hyperliquid_trading import TradingOptions
from tests.acceptance.children import child_of
from tests.waiting import eventually

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
USER = "0x14791697260e4c9a71f18484c9f997b308e59325"
BTC, ETH = 0, 1
BUY, SELL = Side.BUY, Side.SELL


class Hand:
    """Trades for the account past the wire, but tells of it as the wire does."""

    def __init__(self, venue: HyperliquidVenue) -> None:
        self.trading = venue.trading
        self.engine = venue.trading.exchange
        self._clock = venue.clock

    def price(self, asset: int, factor: str) -> Decimal:
        """Return a multiple of the mark in whole USDC."""
        return (self.engine.market(asset).mark * Decimal(factor)).quantize(Decimal(1))

    def place(self, *requests: OrderRequest, grouping: Grouping = Grouping.NONE) -> None:
        self.tell(self.engine.place(USER, requests, self._clock.now_ms(), grouping))

    def cancel_all(self) -> None:
        self.tell(self.engine.cancel_all(USER, self._clock.now_ms()))

    def start_twap(self) -> None:
        request = TwapRequest(BTC, BUY, Decimal("0.1"), 5)
        self.tell(self.engine.start_twap(USER, request, self._clock.now_ms()))

    def pay_funding(self) -> None:
        mark = self.engine.market(BTC).mark
        rate = Decimal("0.0001")
        self.tell(self.engine.apply_funding(BTC, rate, mark, self._clock.now_ms()))

    def liquidate(self) -> None:
        """Let the mark fall until nothing is left of the account's margin."""
        mark = self.price(BTC, "0.1")
        self.tell(self.engine.set_mark(BTC, mark, mark, self._clock.now_ms()))

    def tell(self, done: Reply | list[Event]) -> None:
        self.trading.tell(done.events if isinstance(done, Reply) else done)


def trade_before(hand: Hand) -> None:
    """Leave a position of 0.5 BTC, a resting order and a stop."""
    stop = Trigger(TriggerKind.STOP, hand.price(BTC, "0.8"), is_market=True)
    size = Decimal("0.5")
    cloid = "0x" + "1" * 32
    hand.place(OrderRequest(BTC, BUY, hand.price(BTC, "1.02"), size, Tif.IOC))
    hand.place(OrderRequest(BTC, BUY, hand.price(BTC, "0.7"), size, client_id=cloid))
    hand.place(
        OrderRequest(BTC, SELL, hand.price(BTC, "0.75"), size, reduce_only=True, trigger=stop)
    )


def trade_on(hand: Hand) -> None:
    """Bring about every kind of frame that the account's channels know."""
    one = Decimal(1)
    stop = Trigger(TriggerKind.STOP, hand.price(ETH, "0.9"), is_market=True)
    parent = OrderRequest(ETH, BUY, hand.price(ETH, "1.02"), one, client_id="0x" + "2" * 32)
    child = OrderRequest(ETH, SELL, hand.price(ETH, "0.8"), one, reduce_only=True, trigger=stop)
    hand.place(OrderRequest(ETH, BUY, hand.price(ETH, "0.8"), one))
    hand.place(parent, child, grouping=Grouping.NORMAL_TPSL)
    hand.place(OrderRequest(ETH, SELL, hand.price(ETH, "0.8"), one + one, Tif.MARKET))
    hand.place(OrderRequest(ETH, BUY, hand.price(ETH, "0.8"), one, Tif.IOC))
    hand.place(OrderRequest(ETH, BUY, hand.price(ETH, "1.02"), one, Tif.ALO))
    hand.place(OrderRequest(ETH, BUY, hand.price(ETH, "0.8"), Decimal("0.001")))
    hand.start_twap()
    hand.pay_funding()
    hand.cancel_all()
    hand.liquidate()


async def test_nautilus_rust_adapter_reads_everything_the_account_is_told() -> None:
    trading = TradingOptions(accounts=((USER, Decimal(30_000)),))
    options = VenueOptions(seed=4, history_minutes=100, weight_per_minute=0, trading=trading)
    async with HyperliquidVenue(options).running() as venue:
        await eventually(lambda: venue.market.coin("ETH").book_time)
        hand = Hand(venue)
        trade_before(hand)
        records = venue.trading.records(USER)
        before, fills = len(records.orders), len(records.fills)
        module = "tests.acceptance.nautilus_account"
        async with child_of(module, venue.http_url, venue.ws_url, KEY) as child:
            await child.says("Trader started")
            trade_on(hand)
            await child.says(f"{records.orders[-1].order.oid}")  # of the liquidation
            await child.interrupt()
            log = child.log

    running, stopping, _ = log.partition("Stopping trader")
    assert stopping
    assert "[ERROR]" not in running
    assert f"Received 3 order(s), {fills} fill(s), 1 position(s)" in running
    told = list(records.orders)[before:]
    assert {row.status for row in told} == {
        "open",
        "filled",
        "canceled",
        "reduceOnlyCanceled",
        "iocCancelRejected",
        "badAloPxRejected",
        "minTradeNtlRejected",
    }
    assert all(f"{row.order.oid}" in log for row in told)
    assert any(fill.liquidation for fill in records.fills)
