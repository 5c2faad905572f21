"""What of the wire nobody has seen live: a client must understand the venue under each setting."""

from decimal import Decimal
from typing import Literal

import msgspec

type Push = Literal["both", "method", "channel"]
type Prices = Literal["update", "ticker"]
type TradesForm = Literal["object", "list"]
type Decimals = Literal["short", "padded"]
type ExpiresAt = Literal["ms", "iso"]


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How the venue speaks where the sources disagree (fact sheet 12.1 and 11).

    Attributes
    ----------
    push
        Which key names the stream of a push: `method` (the SDK looks at it alone), `channel`
        (StockSharp does), or both.
    prices
        What marketPrices push: one price each, or a ticker of all.
    trades
        Whether the data of a trade push is an object or a list of objects.
    decimals
        How prices and sizes of books and trades are written: "1.5", or "1.50" to the market's
        decimals. The checksum of a book is over these very strings.
    blank_zeros
        Write "" for an unknown or zero figure outside books and candles (fact sheet 4).
    expires_at
        How `expiresAt` of an order is answered.
    """

    push: Push = "both"
    prices: Prices = "update"
    trades: TradesForm = "object"
    decimals: Decimals = "short"
    blank_zeros: bool = False
    expires_at: ExpiresAt = "ms"

    def named(self, method: str, channel: str) -> dict[str, str]:
        """Return the keys that name the stream of a push."""
        names = {"method": method, "channel": channel}
        return names if self.push == "both" else {self.push: names[self.push]}

    def figure(self, value: Decimal | None) -> str:
        """Write a figure; an unknown one is "0" or, where zeros are blank, ""."""
        if not value:
            return "" if self.blank_zeros else "0"
        return short(value)

    def level(self, value: Decimal, decimals: int) -> str:
        """Write a price or size of a book or trade, with `decimals` decimals if padded."""
        return short(value) if self.decimals == "short" else f"{value:.{decimals}f}"


def short(value: Decimal) -> str:
    """Write a number without trailing zeros: "1.5", "100", "0"."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
