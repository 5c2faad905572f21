"""
A child process: Nautilus's own Rust node plays the script of orders at a venue.

Run as ``python -m tests.acceptance.nautilus_script HTTP_URL WS_URL KEY``; it says PLAYED once it
is through, and ends on SIGINT. The rest of its standard output is the node's log.
"""

import sys
import traceback
from collections.abc import Iterator

from nautilus_trader.core import nautilus_pyo3

from tests.acceptance.nautilus_parts import trading_node
from tests.acceptance.node_desk import NodeDesk
from tests.acceptance.order_script import ETH, PLAYED, Condition, play

TICK_NS = 20_000_000


class Player(nautilus_pyo3.trading.Strategy):  # type: ignore[misc]
    """Plays the script by a timer: within an event's handler the cache cannot be read."""

    def on_start(self) -> None:
        """Want quotes, by which market orders are bounded."""
        self.subscribe_quotes(nautilus_pyo3.InstrumentId.from_str(ETH))
        self.steps: Iterator[Condition] | None = None
        self.is_met: Condition = lambda: True

    def on_quote(self, _quote: object) -> None:
        """Begin with the first one."""
        if self.steps is None:
            desk = NodeDesk(self, nautilus_pyo3, lambda x: x.client_order_id, self.cache.quote)
            self.steps = play(desk)
            self.clock.set_timer_ns("script", TICK_NS)

    def on_time_event(self, _event: object) -> None:
        """Act on as soon as what the script waits for is so; the node swallows exceptions."""
        try:
            if self.steps is not None and self.is_met():
                self.is_met = next(self.steps, None) or self._end()
        except Exception:  # noqa: BLE001 (a task boundary)
            sys.stdout.write(traceback.format_exc())
            self.clock.cancel_timer("script")

    def _end(self) -> Condition:
        self.clock.cancel_timer("script")
        sys.stdout.write(f"{PLAYED}\n")
        sys.stdout.flush()
        return lambda: False


def main(http_url: str, ws_url: str, key: str) -> None:
    """Run the node until SIGINT."""
    node = trading_node(http_url, ws_url, key)
    config = nautilus_pyo3.trading.StrategyConfig(
        strategy_id=nautilus_pyo3.StrategyId("SCRIPT-001"), order_id_tag="001"
    )
    node.add_strategy(Player(config))
    node.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
