"""Random trading on the venue: channels, /info and the account's cash agree after every step."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.events import Book
from simulator.exchange.events import Reply
from simulator.exchange.model import (
    Grouping,
    OrderRequest,
    Side,
    Status,
    Tif,
    Trigger,
    TriggerKind,
    TwapRequest,
)
from simulator.exchange.rules import Knobs
from simulator.hyperliquid_feeds import OrderUpdates, UserEvents, UserFills, UserFundings
from simulator.hyperliquid_trading import TradingOptions
from simulator.numbers import truncate
from simulator.wire import Level
from tests.simulator.trading_setup import BUY, ETH, OTHER, SELL, USER, Bench, D, reference
from tests.simulator.venues import START_MS, trade, trades

USERS = (USER, OTHER)
DEPOSIT = D(10_000)
NAMES = st.sampled_from(USERS)
SIDES = st.sampled_from([BUY, SELL])
PRICES = st.integers(1_900, 2_100).map(D)
SIZES = st.integers(1, 400).map(lambda tenths: D(tenths) / 10)
REQUESTS = st.builds(
    OrderRequest,
    asset=st.just(ETH),
    side=SIDES,
    price=PRICES,
    size=SIZES,
    tif=st.sampled_from([Tif.GTC, Tif.ALO, Tif.IOC, Tif.MARKET]),
    reduce_only=st.booleans(),
    trigger=st.one_of(
        st.none(), st.builds(Trigger, st.sampled_from(TriggerKind), PRICES, st.booleans())
    ),
    client_id=st.sampled_from([None, "0x" + "1" * 32, "0x" + "2" * 32]),
)


class Telling(RuleBasedStateMachine):
    """Clients that know only what they were told, beside the venue."""

    @initialize(
        knobs=st.builds(
            Knobs,
            st.booleans(),
            st.booleans(),
            st.booleans(),
            st.sampled_from([Status.CANCELED, Status.IOC_REJECTED]),
        )
    )
    def open(self, knobs: Knobs) -> None:
        accounts = tuple((user, DEPOSIT) for user in USERS)
        self.bench = Bench(TradingOptions(accounts=accounts, knobs=knobs))
        self.elapsed = 0
        self.bench.at(0, reference(0, "2000", "ETH"))

    def tell(self, reply: Reply) -> None:
        self.bench.trading.tell(reply.events)

    @rule(user=NAMES, requests=st.lists(REQUESTS, min_size=1, max_size=3))
    def place(self, user: str, requests: list[OrderRequest]) -> None:
        self.bench.place(*requests, user=user)

    @rule(user=NAMES, side=SIDES, price=PRICES, size=SIZES)
    def bracket(self, user: str, side: Side, price: Decimal, size: Decimal) -> None:
        sign = side.value
        parent = OrderRequest(ETH, side, price, size)
        children = [
            OrderRequest(
                ETH,
                side.opposite,
                price - sign * 100,
                size,
                reduce_only=True,
                trigger=Trigger(kind, price + sign * distance, is_market=True),
            )
            for kind, distance in ((TriggerKind.TAKE_PROFIT, 30), (TriggerKind.STOP, -30))
        ]
        self.bench.place(parent, *children, user=user, grouping=Grouping.NORMAL_TPSL)
        self.bench.place(*children, user=user, grouping=Grouping.POSITION_TPSL)

    @rule(user=NAMES, place=st.integers(0, 5))
    def cancel(self, user: str, place: int) -> None:
        live = list(self.bench.trading.exchange.account(user).live)
        if place < len(live):
            cancels = [(ETH, live[place])]
            self.tell(self.bench.trading.exchange.cancel(user, cancels, self.bench.now_ms))

    @rule(user=NAMES, leverage=st.integers(1, 25), is_isolated=st.booleans())
    def leverage(self, user: str, leverage: int, *, is_isolated: bool) -> None:
        self.tell(
            self.bench.trading.exchange.update_leverage(
                user, ETH, leverage, is_isolated=is_isolated, now=self.bench.now_ms
            )
        )

    @rule(user=NAMES, side=SIDES, size=SIZES)
    def twap(self, user: str, side: Side, size: Decimal) -> None:
        request = TwapRequest(ETH, side, size, 5)
        self.tell(self.bench.trading.exchange.start_twap(user, request, self.bench.now_ms))

    @rule(middle=PRICES, gap=st.integers(1, 5), size=SIZES)
    def book(self, middle: Decimal, gap: int, size: Decimal) -> None:
        bids = tuple(Level(str(middle - gap - step), str(size), 1) for step in range(5))
        asks = tuple(Level(str(middle + gap + step), str(size), 1) for step in range(5))
        self.elapsed += 1
        event = Book("ETH", START_MS + self.elapsed, bids, asks)
        self.bench.at(self.elapsed, event)

    @rule(price=PRICES, size=SIZES)
    def outside_trade(self, price: Decimal, size: Decimal) -> None:
        self.elapsed += 1
        printed = trade(self.elapsed, str(price), str(size), "ETH")
        self.bench.at(self.elapsed, trades(printed))

    @rule(mark=st.integers(1_800, 2_200))
    def mark(self, mark: int) -> None:
        self.elapsed += 1
        self.bench.at(self.elapsed, reference(self.elapsed, str(mark), "ETH"))

    @rule(elapsed=st.integers(1, 40 * 60_000))
    def wait(self, elapsed: int) -> None:
        self.elapsed += elapsed
        self.bench.at(self.elapsed)

    def fills(self, user: str) -> list[dict[str, Any]]:
        frames = self.bench.frames(UserFills(user=user))
        return [fill for frame in frames for fill in frame["fills"]]

    @invariant()
    def fills_are_the_same_everywhere(self) -> None:
        for user in USERS:
            fills = self.fills(user)
            assert self.bench.info(type="userFills", user=user) == fills[::-1]
            events = [e for e in self.bench.frames(UserEvents(user=user)) if "fills" in e]
            assert [fill for event in events for fill in event["fills"]] == fills
            assert len({fill["tid"] for fill in fills}) == len(fills)
            identities = {
                tuple(fill[key] for key in ("hash", "oid", "px", "sz", "time", "startPosition"))
                for fill in fills
            }
            assert len(identities) == len(fills), "Nautilus tells fills apart by these"

    @invariant()
    def orders_are_what_the_channel_said(self) -> None:
        for user in USERS:
            told = [row for frame in self.bench.frames(OrderUpdates(user=user)) for row in frame]
            past = self.bench.info(type="historicalOrders", user=user)
            assert [(r["order"]["oid"], r["status"], r["order"]["sz"]) for r in told] == [
                (r["order"]["oid"], r["status"], r["order"]["sz"]) for r in reversed(past)
            ]
            last = {row["order"]["oid"]: row for row in told}
            is_live = {"open", "triggered"}
            if self.bench.options.knobs.trigger_gives_new_id:
                is_live = {"open"}
            shown = self.bench.info(type="frontendOpenOrders", user=user)
            assert {row["oid"] for row in shown} == {
                oid for oid, row in last.items() if row["status"] in is_live
            }
            filled: dict[int, Decimal] = defaultdict(Decimal)
            for fill in self.fills(user):
                filled[fill["oid"]] += D(fill["sz"])
            for row in shown:
                if not row["isPositionTpsl"]:
                    assert D(row["sz"]) == D(row["origSz"]) - filled[row["oid"]]
            for oid, row in last.items():
                found = self.bench.info(type="orderStatus", user=user, oid=oid)["order"]
                assert found["status"] == row["status"]
                assert found["statusTimestamp"] == row["statusTimestamp"]

    @invariant()
    def the_identities_of_the_state_hold_to_the_digit(self) -> None:
        mark = self.bench.trading.exchange.market(ETH).mark
        for user in USERS:
            state = self.bench.info(type="clearinghouseState", user=user)
            held = [x["position"] for x in state["assetPositions"]]
            worth = sum((D(x["szi"]) * mark for x in held), D(0))
            total, cross = state["marginSummary"], state["crossMarginSummary"]
            assert D(total["accountValue"]) == D(total["totalRawUsd"]) + worth
            kept = max(D(cross["totalMarginUsed"]), D(cross["totalNtlPos"]) / 10)
            assert D(state["withdrawable"]) == truncate(
                max(D(cross["accountValue"]) - kept, D(0)), 6
            )
            for position in held:
                self.check_position(position, mark)

    def check_position(self, position: dict[str, Any], mark: Decimal) -> None:
        size, used = D(position["szi"]), D(position["marginUsed"])
        value, leverage = D(position["positionValue"]), position["leverage"]
        assert value == abs(size) * mark
        if leverage["type"] == "cross":
            assert used == truncate(value / leverage["value"], 6)
        else:
            assert D(leverage["rawUsd"]) == used - size * mark
        entry = value - D(position["unrealizedPnl"]) * D(1).copy_sign(size)
        assert abs(D(position["entryPx"]) - entry / abs(size)) < D("0.01")
        expected = D(position["unrealizedPnl"]) / (entry / leverage["value"])
        assert abs(D(position["returnOnEquity"]) - expected) < D("0.00001")

    @invariant()
    def cash_is_the_deposit_and_what_was_told(self) -> None:
        for user in USERS:
            ledger = self.bench.info(type="userNonFundingLedgerUpdates", user=user, startTime=0)
            if any(row["delta"]["type"] == "liquidation" for row in ledger):
                continue  # the backstop may have seized cash
            cash = DEPOSIT
            size = D(0)
            for fill in self.fills(user):
                signed = D(fill["sz"]) * (1 if fill["side"] == "B" else -1)
                assert D(fill["startPosition"]) == size
                size += signed
                cash -= signed * D(fill["px"]) + D(fill["fee"])
            for frame in self.bench.frames(UserFundings(user=user)):
                cash += sum((D(row["usdc"]) for row in frame["fundings"]), D(0))
            state = self.bench.info(type="clearinghouseState", user=user)
            assert D(state["marginSummary"]["totalRawUsd"]) == cash
            held = state["assetPositions"]
            assert sum((D(x["position"]["szi"]) for x in held), D(0)) == size


TestTelling = Telling.TestCase
TestTelling.settings = settings(max_examples=30, stateful_step_count=30, derandomize=True)
