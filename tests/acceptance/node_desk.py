"""The commands of the script of orders by a strategy, of either generation of Nautilus.

They share names but no types; `types`, `key` and `quote` are all that differs.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.acceptance.order_script import ETH, Condition


class NodeDesk:
    """
    Commands on orders of ETH by a strategy of either generation.

    Parameters
    ----------
    strategy
        A running strategy.
    types
        The module, or whatever else, that has the generation's model types and enums.
    key
        What the generation's commands name an order by, from the order.
    quote
        What returns the newest quote of an instrument.

    """

    def __init__(
        self,
        strategy: Any,  # noqa: ANN401 (of either generation, as is all below)
        types: Any,  # noqa: ANN401
        key: Callable[[Any], Any],
        quote: Callable[[Any], Any],
    ) -> None:
        self._strategy = strategy
        self._types = types
        self._key = key
        self._quote = quote
        self._eth = types.InstrumentId.from_str(ETH)

    def order(self, name: str) -> Any:  # noqa: ANN401 (of either generation)
        """Return what the node knows of an order."""
        return self._strategy.cache.order(self._types.ClientOrderId(name))

    def market(self, name: str, side: str, size: str, *, reduce_only: bool = False) -> None:
        """Trade at the market, as far as the adapter lets it slip."""
        self._submit("market", name, side, size, {"reduce_only": reduce_only})

    def limit(
        self, name: str, side: str, size: str, price: str, *, tif: str = "GTC",
        post_only: bool = False, reduce_only: bool = False,
    ) -> None:  # fmt: skip
        """Rest at a price, or try it at once with IOC."""
        terms = {
            "price": self._price(price),
            "time_in_force": getattr(self._types.TimeInForce, tif),
            "post_only": post_only,
            "reduce_only": reduce_only,
        }
        self._submit("limit", name, side, size, terms)

    def trigger(
        self, kind: str, name: str, side: str, size: str, at: str, price: str | None = None
    ) -> None:
        """Wait for the mark with a reduce-only order; `kind` is the factory's, like stop_market."""
        terms = {
            "trigger_price": self._price(at),
            "trigger_type": self._types.TriggerType.MARK_PRICE,
            "reduce_only": True,
        }
        if price is not None:
            terms["price"] = self._price(price)
        self._submit(kind, name, side, size, terms)

    def bracket(self, name: str, side: str, size: str, price: str, target: str, stop: str) -> None:
        """Enter at a price, with both exits: `name`, `name`-target and `name`-stop."""
        ids = {
            f"{leg}_client_order_id": self._types.ClientOrderId(name + suffix)
            for leg, suffix in (("entry", ""), ("tp", "-target"), ("sl", "-stop"))
        }
        orders = self._strategy.order_factory.bracket(
            self._eth,
            getattr(self._types.OrderSide, side),
            self._size(size),
            entry_order_type=self._types.OrderType.LIMIT,
            entry_price=self._price(price),
            tp_order_type=self._types.OrderType.MARKET_IF_TOUCHED,
            tp_trigger_price=self._price(target),
            sl_trigger_price=self._price(stop),
            **ids,
        )
        self._strategy.submit_order_list(orders)

    def modify(
        self,
        name: str,
        size: str | None = None,
        price: str | None = None,
        at: str | None = None,
    ) -> None:
        """Change an order's whole quantity, price or trigger."""
        self._strategy.modify_order(
            self._key(self.order(name)),
            quantity=None if size is None else self._size(size),
            price=None if price is None else self._price(price),
            trigger_price=None if at is None else self._price(at),
        )

    def cancel(self, name: str) -> None:
        """Cancel an order."""
        self._strategy.cancel_order(self._key(self.order(name)))

    def _submit(self, kind: str, name: str, side: str, size: str, terms: dict[str, object]) -> None:
        make = getattr(self._strategy.order_factory, kind)
        order = make(
            self._eth,
            getattr(self._types.OrderSide, side),
            self._size(size),
            client_order_id=self._types.ClientOrderId(name),
            **terms,
        )
        self._strategy.submit_order(order)

    def _price(self, price: str) -> Any:  # noqa: ANN401
        return self._types.Price(float(price), 2)

    def _size(self, size: str) -> Any:  # noqa: ANN401
        return self._types.Quantity(float(size), 4)

    # What a script waits for

    def has_filled(self, name: str, size: str) -> Condition:
        """Return whether so much of an order has filled."""
        return lambda: Decimal(str(self.order(name).filled_qty)) == Decimal(size)

    def rests(self, name: str, **fields: str) -> Condition:
        """Return whether an order rests with these fields (price, trigger_price, quantity)."""

        def is_so() -> bool:
            order = self.order(name)
            return order.is_open and all(
                Decimal(str(getattr(order, field))) == Decimal(value)
                for field, value in fields.items()
            )

        return is_so

    def is_quoted(self, bid: str, ask: str) -> Condition:
        """Return whether ETH's newest quote has these prices."""

        def is_so() -> bool:
            quote = self._quote(self._eth)
            prices = (Decimal(str(quote.bid_price)), Decimal(str(quote.ask_price)))
            return prices == (Decimal(bid), Decimal(ask))

        return is_so

    def has_ended(self, name: str) -> Condition:
        """Return whether nothing can follow for an order."""
        return lambda: bool(self.order(name).is_closed)
