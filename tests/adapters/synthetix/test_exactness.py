"""A book's numbers are floats on their way, and exact: what the venue wrote is what comes out."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.common.prices import Prices
from adapters.synthetix.order_book import BookChange, OrderBookState
from adapters.synthetix.parsing import parse_order_book_deltas
from tests.adapters.synthetix.test_order_book import frame

DIGITS_MAX = 15


@st.composite
def written(draw: st.DrawFn) -> tuple[str, int]:
    """Draw a positive number as the venue writes it, padded or not, and its decimals."""
    decimals = draw(st.integers(0, 8))
    digits = draw(st.integers(1, DIGITS_MAX))
    # Nautilus holds no number above 17 million million.
    units_max = min(10**digits - 1, 17_000_000_000_000 * 10**decimals)
    text = f"{Decimal(draw(st.integers(1, units_max))).scaleb(-decimals):f}"
    if "." in text and draw(st.booleans()):
        text = text.rstrip("0").rstrip(".")
    return text, decimals


@given(written(), written())
@example(("9999999.99999999", 8), ("0.1", 5))
@example(("9999999999.99999", 5), ("1234567890123.45", 2))
def test_a_number_of_a_book_is_the_decimal_that_was_written(
    price: tuple[str, int], quantity: tuple[str, int]
) -> None:
    book = OrderBookState(10)
    assert isinstance(book.apply(frame(1, [(price[0], quantity[0])])), BookChange)
    ((price_number, quantity_number),) = book.bids

    assert Price(price_number, price[1]) == Price.from_str(f"{Decimal(price[0]):.{price[1]}f}")
    assert Quantity(quantity_number, quantity[1]).as_decimal() == Decimal(quantity[0])


@given(st.integers(1, 10**DIGITS_MAX - 2), st.integers(0, 8))
def test_neighbours_are_two_levels_in_their_order(units: int, decimals: int) -> None:
    lower, upper = (f"{Decimal(n).scaleb(-decimals):f}" for n in (units, units + 1))
    book = OrderBookState(10)
    book.apply(frame(1, [(lower, "1"), (upper, "2")], [(upper, "2"), (lower, "1")]))

    assert [quantity for _, quantity in book.bids] == [2, 1]
    assert [quantity for _, quantity in book.asks] == [1, 2]


def test_what_is_remembered_of_prices_changes_nothing(btc: Instrument) -> None:
    book, prices = OrderBookState(10), Prices(btc.price_precision)
    for meseq, size in enumerate(("1.5", "0.00001"), 1):
        change = book.apply(frame(meseq, [("99999.0", size)], prev=meseq - 1 or None))
        assert isinstance(change, BookChange)
        remembered = parse_order_book_deltas(change.levels, btc, meseq, 5, 9, prices)
        assert remembered is not None
        fresh = parse_order_book_deltas(change.levels, btc, meseq, 5, 9)
        assert fresh is not None
        assert remembered.deltas == fresh.deltas
        (delta,) = remembered.deltas
        assert (str(delta.order.price), delta.order.size) == ("99999", Quantity.from_str(size))
