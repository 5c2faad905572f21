"""What holds for every order and every set of limits."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from risk.controls import CONTROLS, first_refusal
from risk.exposure import Holding, only_reduces, worst_gross, worst_position
from risk.limits import Limits, Scope, bounds_of
from risk.pace import WINDOW_NS, Pace
from risk.picture import Picture, Totals

amounts = st.decimals(min_value=0, max_value=10_000, places=2)
signed = st.decimals(min_value=-100, max_value=100, places=2)
counts = st.integers(min_value=0, max_value=50)


def maybe[T](some: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | some


limits = st.builds(
    Limits,
    order_size_max=maybe(amounts),
    order_notional_max=maybe(amounts),
    price_collar_percent=maybe(amounts),
    position_size_max=maybe(amounts),
    position_notional_max=maybe(amounts),
    leverage_max=maybe(amounts),
    gross_notional_max=maybe(amounts),
    open_orders_max=maybe(counts),
    orders_per_minute_max=maybe(counts),
    data_age_secs_max=maybe(amounts),
)
totals = st.builds(Totals, gross=amounts, open_orders=counts, recent_orders=counts)
pictures = st.builds(
    Picture,
    is_buy=st.booleans(),
    size=amounts,
    price=maybe(amounts),
    is_limit=st.booleans(),
    mark=maybe(amounts),
    data_age_secs=maybe(amounts),
    multiplier=st.sampled_from([Decimal(1), Decimal("0.01")]),
    position_after=signed,
    venue_gross=amounts,
    adds_exposure=st.booleans(),
    equity=maybe(signed),
    totals=st.fixed_dictionaries(dict.fromkeys(Scope, totals)),
)
scoped = st.dictionaries(st.sampled_from(Scope), limits)
holdings = st.builds(
    Holding,
    instrument=st.sampled_from("ab"),
    venue=st.just("v"),
    strategy=st.sampled_from("st"),
    signed=signed,
    price=amounts,
    is_order=st.booleans(),
)


@given(pictures, scoped, limits, st.sampled_from(Scope))
def test_one_more_limit_never_lets_more_pass(
    picture: Picture, given_: dict[Scope, Limits], more: Limits, scope: Scope
) -> None:
    before = given_.get(scope, Limits())
    stricter = {
        name: value if old is None else (old if value is None else min(old, value))
        for (name, old), value in zip(asdict(before).items(), asdict(more).values(), strict=True)
    }
    was_refused = first_refusal(picture, bounds_of(given_)) is not None
    is_refused = first_refusal(picture, bounds_of(given_ | {scope: Limits(**stricter)}))
    assert is_refused is not None or not was_refused


@given(pictures, scoped)
def test_a_refusal_tells_a_number_past_its_limit(
    picture: Picture, given_: dict[Scope, Limits]
) -> None:
    for control in CONTROLS:
        refusal = control(picture, bounds_of(given_))
        if refusal is None or refusal.limit is None:
            continue
        assert refusal.found is not None
        assert refusal.found > refusal.limit
        assert refusal.scope in given_
        assert refusal.limit in map(as_decimal, asdict(given_[refusal.scope]).values())


def as_decimal(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


@given(pictures, scoped)
def test_a_passed_order_keeps_every_limit_of_every_scope(
    picture: Picture, given_: dict[Scope, Limits]
) -> None:
    if first_refusal(picture, bounds_of(given_)) is not None:
        return
    for scope, its in given_.items():
        assert its.order_size_max is None or picture.size <= its.order_size_max
        assert its.order_notional_max is None or picture.notional <= its.order_notional_max
        after = abs(picture.position_after)
        assert its.position_size_max is None or after <= its.position_size_max
        open_orders = picture.totals[scope].open_orders
        assert its.open_orders_max is None or open_orders < its.open_orders_max
        if picture.adds_exposure:
            gross = picture.totals[scope].gross
            assert its.gross_notional_max is None or gross <= its.gross_notional_max


@given(pictures, scoped, amounts)
def test_a_larger_order_is_never_refused_less(
    picture: Picture, given_: dict[Scope, Limits], more: Decimal
) -> None:
    larger = replace(picture, size=picture.size + more)
    was_refused = first_refusal(picture, bounds_of(given_)) is not None
    assert first_refusal(larger, bounds_of(given_)) is not None or not was_refused


@given(signed, signed, signed)
def test_what_only_reduces_never_opens_nor_turns(
    position: Decimal, waiting: Decimal, order: Decimal
) -> None:
    waiting = abs(waiting).copy_sign(order)
    if only_reduces(position, waiting, order):
        after = position + waiting + order
        assert position * after >= 0
        assert abs(position + order) < abs(position)


@given(signed, signed)
def test_closing_a_position_only_reduces(position: Decimal, part: Decimal) -> None:
    size = min(abs(part), abs(position))
    if size:
        assert only_reduces(position, Decimal(0), -size.copy_sign(position))


@given(st.lists(holdings, max_size=8))
def test_exposure_is_the_worst_of_all_ways_to_fill(given_: list[Holding]) -> None:
    worst = worst_gross(given_)
    for fills in range(2 ** sum(each.is_order for each in given_)):
        values: dict[str, Decimal] = {}
        prices: dict[str, Decimal] = {}
        number = 0
        for each in given_:
            is_filled = not each.is_order or bool(fills >> number & 1)
            number += each.is_order
            net = values.get(each.instrument, Decimal(0))
            values[each.instrument] = net + (each.signed if is_filled else 0)
            prices[each.instrument] = max(prices.get(each.instrument, Decimal(0)), each.price)
        assert sum(abs(values[i]) * prices[i] for i in values) <= worst


@given(st.lists(holdings, max_size=8), st.booleans())
def test_the_worst_position_counts_orders_of_one_side(given_: list[Holding], long: bool) -> None:
    worst = worst_position(given_, is_long=long)
    net = sum((each.signed for each in given_ if not each.is_order), Decimal(0))
    assert worst >= net if long else worst <= net


@given(st.lists(st.integers(min_value=0, max_value=3 * WINDOW_NS)))
def test_the_pace_counts_the_last_minute(times: list[int]) -> None:
    pace = Pace()
    for index, now in enumerate(sorted(times)):
        before = [t for t in sorted(times)[:index] if t > now - WINDOW_NS]
        assert pace.count(now) == len(before)
        pace.add(now)
