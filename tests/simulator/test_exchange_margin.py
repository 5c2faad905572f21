from decimal import Decimal

import pytest

from simulator.exchange import Exchange
from simulator.exchange.events import Denied, Direction, Done, FundingPaid, Liquidated
from simulator.exchange.liquidation import LIQUIDATOR
from simulator.exchange.margin import PositionState
from simulator.exchange.model import Fault, OrderRequest, Side, Status, Tif
from simulator.exchange.rules import FeeTier, VenueRules
from tests.simulator.exchange_setup import (
    BTC,
    BUY,
    ETH,
    NOW,
    SELL,
    D,
    eth,
    exchange,
    fills,
    mark_eth,
    position,
    rules,
    statuses,
    stop,
)


def buy(made: Exchange, size: str, price: str = "2000", account: str = "ann") -> None:
    """Buy from the outside at one price."""
    made.set_book(ETH, [], [(D(price), D(size))], NOW)
    made.place(account, [eth(BUY, price, size, tif=Tif.IOC)], NOW)


def only_position(made: Exchange, account: str = "ann") -> PositionState:
    (state,) = made.account_state(account).positions
    return state


def test_a_captured_account_comes_out_to_the_last_digit() -> None:
    # Fact sheet 2.3, clearinghouseState: long 0.00061 BTC from 50.49083 at mark 78135.
    made = Exchange(now=NOW)
    made.list_market(rules(BTC, 5, (0, 40)), D(78_135))
    made.open_account("ann", fee_scale=D(0))
    made.deposit("ann", D("181.835906"), NOW)
    made.set_book(BTC, [], [(D(82771), D("0.00009")), (D(82772), D("0.00052"))], NOW)
    made.place("ann", [OrderRequest(BTC, BUY, D(82772), D("0.00061"))], NOW)
    state = made.account_state("ann")
    assert state.total == state.cross
    assert state.total.account_value == D("179.007426")
    assert state.total.notional == D("47.66235")
    assert state.total.raw == D("131.345076")
    assert state.total.margin_used == D("2.383117")
    assert state.cross_maintenance == D("0.595779")
    assert state.withdrawable == D("174.241191")
    held = only_position(made)
    assert held.position.size == D("0.00061")
    assert str(held.entry_price).startswith("82771.852")
    assert held.unrealized_pnl == D("-2.82848")
    assert held.return_on_equity == D("-1.1203935447")
    assert held.margin_used == D("2.383117")
    assert held.liquidation_price is None


def test_a_captured_isolated_position_has_the_captured_liquidation_price() -> None:
    # Fact sheet 2.3: 0.2259 ETH at 2213.9, margin 24.88097, maximum leverage 50.
    made = Exchange(now=NOW)
    made.list_market(rules(ETH, 4, (0, 50)), D("2213.9"))
    made.open_account("ann", fee_scale=D(0))
    made.deposit("ann", D(125), NOW)
    made.update_leverage("ann", ETH, 20, is_isolated=True, now=NOW)
    buy(made, "0.2259", "2213.9")
    made.account("ann").positions[ETH].raw = D("-475.23904")
    assert only_position(made).margin_used == D("24.88097")
    assert only_position(made).liquidation_price.quantize(D("1E-8")) == D("2125.00856238")


@pytest.mark.parametrize(
    ("price", "size", "taker", "fee_scale", "builder", "fee"),
    [
        ("2067.2", "0.01", "0.00045", "0.96", "0", "0.00893"),
        ("33.209", "0.73", "0.00045", "0.96", "0.0001", "0.012896"),
        ("2000", "1", "-0.00001", "1", "0", "-0.02"),
    ],
)
def test_fees_are_cut_to_six_decimals_the_builders_apart(
    price: str, size: str, taker: str, fee_scale: str, builder: str, fee: str
) -> None:
    venue = VenueRules(fee_tiers=(FeeTier(D(0), D(taker), D(0)),))
    made = Exchange(venue, now=NOW)
    made.list_market(rules(ETH, 2, (0, 25)), D(price))
    made.open_account("ann", fee_scale=D(fee_scale))
    made.deposit("ann", D(1000), NOW)
    made.set_book(ETH, [], [(D(price), D(size))], NOW)
    order = eth(BUY, price, size, tif=Tif.IOC, builder_rate=D(builder))
    (fill,) = fills(made.place("ann", [order], NOW).events)
    assert fill.fee == D(fee)


def test_closed_profit_leaves_fees_out() -> None:
    # Fact sheet 2.3, userFills: 0.01 ETH bought at 2080.2, sold at 2067.2, closedPnl -0.13.
    made = exchange()
    buy(made, "0.01", "2080.2")
    made.set_book(ETH, [(D("2067.2"), D(1))], [], NOW)
    (fill,) = fills(made.place("ann", [eth(SELL, "2067.2", "0.01", tif=Tif.IOC)], NOW).events)
    assert (fill.start_position, fill.closed_pnl) == (D("0.01"), D("-0.13"))
    assert fill.direction is Direction.CLOSE_LONG


def test_a_flip_closes_one_side_and_opens_the_other() -> None:
    made = exchange()
    buy(made, "1", "2000")
    made.set_book(ETH, [(D(2010), D(3))], [], NOW)
    (fill,) = fills(made.place("ann", [eth(SELL, "2010", "3", tif=Tif.IOC)], NOW).events)
    assert (fill.direction, fill.closed_pnl) == (Direction.LONG_TO_SHORT, 10)
    held = only_position(made)
    assert (held.position.size, held.entry_price) == (-2, 2010)


def test_a_partial_close_keeps_the_entry_price() -> None:
    made = exchange()
    buy(made, "2", "2000")
    buy(made, "1", "2009")
    made.set_book(ETH, [(D(2006), D(1))], [], NOW)
    (fill,) = fills(made.place("ann", [eth(SELL, "2006", "1", tif=Tif.IOC)], NOW).events)
    assert fill.closed_pnl == 3
    assert only_position(made).entry_price == 2003


def test_the_fee_tier_follows_the_volume_of_fourteen_days() -> None:
    tiers = (FeeTier(D(0), D("0.0004"), D(0)), FeeTier(D(1000), D("0.0003"), D(0)))
    made = exchange(VenueRules(fee_tiers=tiers))
    later = NOW + 14 * 86_400_000

    def fee(now: int) -> Decimal:
        made.set_book(ETH, [], [(D(2000), D(1))], now)
        order = eth(BUY, "2000", "1", tif=Tif.IOC)
        return fills(made.place("ann", [order], now).events)[0].fee

    assert [fee(NOW), fee(NOW), fee(later)] == [D("0.8"), D("0.6"), D("0.8")]


def test_maintenance_rises_by_tiers_without_a_jump() -> None:
    btc = rules(BTC, 5, (0, 40), (10_000, 25), (50_000, 10))
    assert btc.maintenance(D(8_000)) == D(100)
    assert btc.maintenance(D(10_000)) == D(125)
    # rate 1/20 less the deductions 10000 * (1/50 - 1/80) + 50000 * (1/20 - 1/50)
    assert btc.maintenance(D(60_000)) == D(60_000) / 20 - D(75) - D(1_500)


def test_a_position_may_not_reach_a_tier_below_its_leverage() -> None:
    made = Exchange(now=NOW)
    made.list_market(rules(ETH, 4, (0, 25), (10_000, 10)), D(2000))
    made.open_account("ann")
    made.deposit("ann", D(10_000), NOW)
    refused = made.place("ann", [eth(BUY, "2000", "5")], NOW).outcomes[0]
    assert refused.status is Status.MAX_POSITION_REJECTED
    made.update_leverage("ann", ETH, 10, is_isolated=False, now=NOW)
    assert statuses(made.place("ann", [eth(BUY, "2000", "5")], NOW).events)[0][1] is Status.OPEN


def test_leverage_is_an_integer_of_the_market_and_needs_margin() -> None:
    made = exchange()
    invalid = Denied(Fault.INVALID_LEVERAGE)
    for leverage in (0, 26):
        reply = made.update_leverage("ann", ETH, leverage, is_isolated=False, now=NOW)
        assert reply.outcomes == (invalid,)
    buy(made, "50")
    reply = made.update_leverage("ann", ETH, 5, is_isolated=False, now=NOW)
    assert reply.outcomes == (Denied(Fault.INSUFFICIENT_MARGIN),)
    reply = made.update_leverage("ann", ETH, 25, is_isolated=False, now=NOW)
    assert reply.outcomes == (Done(),)
    assert only_position(made).margin_used == 4_000


def test_isolating_a_position_moves_its_margin_and_back() -> None:
    made = exchange()
    buy(made, "10")
    cash = made.account("ann").raw
    made.update_leverage("ann", ETH, 10, is_isolated=True, now=NOW)
    assert only_position(made).margin_used == 2_000
    assert made.account_state("ann").cross.margin_used == 0
    made.update_leverage("ann", ETH, 10, is_isolated=False, now=NOW)
    assert made.account("ann").raw == cash


def test_an_isolated_position_gives_back_its_share_when_closed() -> None:
    made = exchange()
    made.update_leverage("ann", ETH, 10, is_isolated=True, now=NOW)
    buy(made, "10")
    assert made.account("ann").positions[ETH].raw == 2_000 - 20_000
    made.set_book(ETH, [(D(2100), D(10))], [], NOW)
    before = made.account("ann").raw
    (fill,) = fills(made.place("ann", [eth(SELL, "2100", "5", tif=Tif.IOC)], NOW).events)
    assert made.account("ann").raw == before + 1_500 - fill.fee
    (fill,) = fills(made.place("ann", [eth(SELL, "2100", "5", tif=Tif.IOC)], NOW).events)
    assert made.account("ann").positions[ETH].raw == 0


@pytest.mark.parametrize(("amount", "is_done"), [("-1000", True), ("-1001", False), ("7", True)])
def test_isolated_margin_can_be_removed_down_to_its_floor(amount: str, *, is_done: bool) -> None:
    made = exchange()
    made.update_leverage("ann", ETH, 20, is_isolated=True, now=NOW)
    buy(made, "10")
    made.update_isolated_margin("ann", ETH, D(2_000), NOW)  # equity 3,000, floor 2,000
    (outcome,) = made.update_isolated_margin("ann", ETH, D(amount), NOW).outcomes
    assert (outcome == Done()) is is_done


def test_isolated_margin_needs_an_isolated_position() -> None:
    made = exchange()
    buy(made, "1")
    reply = made.update_isolated_margin("ann", ETH, D(1), NOW)
    assert reply.outcomes == (Denied(Fault.NOT_ISOLATED),)


def test_what_is_pledged_cannot_be_withdrawn() -> None:
    made = exchange()
    buy(made, "10")
    free = made.account_state("ann").withdrawable
    assert free == D(10_000) - D(9) - D(2_000)
    too_much = made.withdraw("ann", free + 1, NOW)
    assert too_much.outcomes == (Denied(Fault.INSUFFICIENT_MARGIN),)
    assert made.withdraw("ann", free, NOW).outcomes == (Done(),)


def test_funding_is_paid_on_the_oracle_by_longs_when_the_rate_is_positive() -> None:
    made = exchange()
    buy(made, "1")
    made.place("bob", [eth(BUY, "2000", "2")], NOW)
    made.place("cat", [eth(SELL, "2000", "2")], NOW)
    events = made.apply_funding(ETH, D("0.0000125"), D("2001.23456"), NOW)
    assert events == [
        FundingPaid("ann", ETH, D("-0.025015"), D(1), D("0.0000125"), NOW),
        FundingPaid("bob", ETH, D("-0.05003"), D(2), D("0.0000125"), NOW),
        FundingPaid("cat", ETH, D("0.05003"), D(-2), D("0.0000125"), NOW),
    ]


def test_funding_is_counted_since_ever_since_open_and_since_change() -> None:
    made = exchange()
    buy(made, "1")
    made.apply_funding(ETH, D("0.001"), D(2000), NOW)
    buy(made, "1")
    made.apply_funding(ETH, D("0.001"), D(2000), NOW)
    held = made.account("ann").positions[ETH]
    assert (held.funding_all_time, held.funding_since_open, held.funding_since_change) == (6, 6, 4)
    made.set_book(ETH, [(D(2000), D(3))], [], NOW)
    made.place("ann", [eth(SELL, "2000", "3", tif=Tif.IOC)], NOW)
    assert (held.funding_all_time, held.funding_since_open, held.funding_since_change) == (6, 0, 0)


def test_an_account_below_maintenance_is_sold_into_the_book() -> None:
    made = exchange()
    buy(made, "40")
    made.place("ann", [eth(BUY, "1500", "1"), stop(SELL, "1000", "900", "1")], NOW)
    made.place("bob", [eth(BUY, "1780", "40")], NOW)
    events = mark_eth(made, "1780")
    assert statuses(events)[:2] == [
        (101, Status.LIQUIDATED_CANCELED),
        (102, Status.LIQUIDATED_CANCELED),
    ]
    sold, bought = fills(events)
    assert sold.liquidation == bought.liquidation
    assert (sold.liquidation.account, sold.liquidation.mark) == ("ann", 1780)
    assert sold.liquidation.method == "market"
    assert position(made, "ann") == 0
    (told,) = [x for x in events if isinstance(x, Liquidated)]
    assert (told.notional, told.account_value, told.seized) == (71_200, D("1164"), 0)


def test_a_large_position_is_sold_in_a_fifth_and_then_whole() -> None:
    made = exchange()
    made.deposit("ann", D(10_000), NOW)
    buy(made, "100")
    made.set_book(ETH, [(D(1835), D(500))], [], NOW)
    mark_eth(made, "1835")
    assert position(made, "ann") == 80
    made.set_mark(ETH, D(1835), D(1835), NOW + 1)
    assert position(made, "ann") == 80, "the fifth has healed the account"
    made.set_mark(ETH, D(1829), D(1829), NOW + 30_000 - 1)
    assert position(made, "ann") == 0


def test_below_two_thirds_of_maintenance_the_backstop_takes_positions_and_cash() -> None:
    made = exchange()
    buy(made, "40")
    made.set_book(ETH, [(D(1770), D(40))], [], NOW)
    events = mark_eth(made, "1770")  # value 764, maintenance 1,416
    (told,) = [x for x in events if isinstance(x, Liquidated)]
    assert (told.method, told.positions) == ("backstop", ((ETH, D(40)),))
    assert made.account("ann").raw == 0
    assert position(made, "ann") == 0
    assert position(made, LIQUIDATOR) == 40
    assert made.account_state(LIQUIDATOR).total.account_value == told.seized
    given, taken = fills(events)
    assert given.liquidation.method == taken.liquidation.method == "backstop"


def test_an_isolated_position_takes_no_more_than_its_margin_with_it() -> None:
    made = exchange()
    made.update_leverage("ann", ETH, 20, is_isolated=True, now=NOW)
    buy(made, "10")
    made.place("ann", [OrderRequest(BTC, BUY, D(90_000), D("0.001"))], NOW)
    before = made.account("ann").raw
    made.set_book(ETH, [(D(1500), D(10))], [], NOW)
    events = mark_eth(made, "1935")  # equity 350, maintenance 387: sold at 1500
    paid = sum((x.fee for x in fills(events)), D(0))
    (told,) = [x for x in events if isinstance(x, Liquidated)]
    assert (told.asset, told.seized) == (ETH, -4_000 - paid)
    assert made.account("ann").raw == before
    assert list(made.account("ann").live) == [101], "orders of other markets stay"


def test_triggers_fire_before_the_liquidation_of_the_same_mark() -> None:
    made = exchange()
    buy(made, "40")
    made.place("ann", [stop(SELL, "1790", "1700", "40", reduce_only=True)], NOW)
    made.set_book(ETH, [(D(1780), D(40))], [], NOW)
    events = mark_eth(made, "1780")
    assert not [x for x in events if isinstance(x, Liquidated)]
    assert statuses(events)[-1] == (101, Status.FILLED)


def test_a_liquidated_order_meets_the_side_it_needs() -> None:
    made = exchange()
    made.set_book(ETH, [(D(2000), D(40))], [], NOW)
    made.place("ann", [eth(SELL, "2000", "40", tif=Tif.IOC)], NOW)
    made.set_book(ETH, [], [(D(2215), D(40))], NOW)
    (fill,) = fills(mark_eth(made, "2215"))
    assert (fill.side, position(made, "ann")) == (Side.BUY, 0)


def test_an_isolated_order_that_would_be_liquidated_at_once_lacks_margin() -> None:
    made = exchange()
    made.update_leverage("ann", ETH, 25, is_isolated=True, now=NOW)
    made.set_book(ETH, [], [(D(2100), D(1))], NOW)
    (outcome,) = made.place("ann", [eth(BUY, "2100", "1", tif=Tif.IOC)], NOW).outcomes
    assert outcome.status is Status.MARGIN_REJECTED
