"""The prices of one instrument as Nautilus has them, each made once; it reads no texts."""

from nautilus_trader.model.objects import Price

# In a recorded day of BTC books with this limit 99.6 % of all prices were there already.
_PRICES_MAX = 1_000


class Prices(dict[float, Price]):
    """
    The prices of one instrument by their numbers, made when first asked for.

    Books repeat nearly all their prices, and making one costs three times a look-up.
    """

    def __init__(self, precision: int) -> None:
        super().__init__()
        self.precision = precision

    def __missing__(self, number: float) -> Price:
        """Make the price; raise ValueError if it is none."""
        if len(self) >= _PRICES_MAX:
            self.clear()
        price = self[number] = Price(number, self.precision)
        return price
