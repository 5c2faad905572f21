"""A node's clock whose timers fire on its event loop, where everything else of the node happens."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from nautilus_trader.common.component import LiveClock, Logger, TimeEvent
from nautilus_trader.config import TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.system import kernel

type TimeHandler = Callable[[TimeEvent], None]

_LOG = Logger("LoopClock")


def make_node(loop: AbstractEventLoop, config: TradingNodeConfig) -> TradingNode:
    """
    Return a node all of whose timers fire on its loop.

    Nautilus has no setting for it: a kernel makes its own clock, and those of all that a trader
    runs have its class.
    """
    module: Any = kernel
    before = module.LiveClock
    module.LiveClock = type("LoopClock", (LoopClock,), {"loop": loop})
    try:
        return TradingNode(config, loop)
    finally:
        module.LiveClock = before


class LoopClock(LiveClock):
    """
    Fire timers on a loop, which is the class's: Nautilus makes clocks without arguments.

    Nautilus's own calls a handler from a thread of its runtime, between any two steps of what the
    loop is doing.

    A timer that was canceled is not heard of again, even if it was due before. What a handler
    raises is logged. Once the loop is closed no timer fires. A timer without a handler, set where
    no default handler is, raises ValueError.
    """

    loop: ClassVar[AbstractEventLoop]

    def __init__(self) -> None:
        super().__init__()
        self._default: TimeHandler | None = None
        self._timers: dict[str, _Timer] = {}

    def register_default_handler(self, callback: TimeHandler) -> None:
        """Let a handler hear of timers that have none."""
        super().register_default_handler(callback)
        self._default = callback

    def set_time_alert_ns(
        self,
        name: str,
        alert_time_ns: int,
        callback: TimeHandler | None = None,
        *options: Any,  # noqa: ANN401  Nautilus's own, handed through
        **named: Any,  # noqa: ANN401
    ) -> None:
        """Fire once, at a Unix time in ns."""
        handler = self._handler(name, callback)

        def fire_once(event: TimeEvent) -> None:
            self._forget(name, timer)
            handler(event)

        timer = _Timer(self.loop, fire_once)
        super().set_time_alert_ns(name, alert_time_ns, timer, *options, **named)
        self._timers[name] = timer

    def set_timer_ns(
        self,
        name: str,
        interval_ns: int,
        start_time_ns: int,
        stop_time_ns: int,
        callback: TimeHandler | None = None,
        *options: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> None:
        """Fire each interval, in ns, between two Unix times; zero is now, and never."""
        timer = _Timer(self.loop, self._handler(name, callback))
        times = (interval_ns, start_time_ns, stop_time_ns)
        super().set_timer_ns(name, *times, timer, *options, **named)
        self._timers[name] = timer

    def cancel_timer(self, name: str) -> None:
        """Cancel a timer, which fires no more from now on."""
        if name in self._timers:
            self._timers.pop(name).is_canceled = True
        super().cancel_timer(name)

    def cancel_timers(self) -> None:
        """Cancel all timers."""
        super().cancel_timers()
        while self._timers:  # those that are due, which Nautilus knows no more
            self._timers.popitem()[1].is_canceled = True

    def _forget(self, name: str, timer: "_Timer") -> None:
        if self._timers.get(name) is not timer:
            return  # the name has been given anew by now
        del self._timers[name]
        with suppress(KeyError):
            super().cancel_timer(name)  # Nautilus itself forgets it later, or has done so

    def _handler(self, name: str, callback: TimeHandler | None) -> TimeHandler:
        handler = callback or self._default
        if handler is None:
            raise ValueError(f"Expected a handler for the timer {name!r}, found none")
        return handler


class _Timer:
    """What Nautilus calls, from a thread of its own."""

    def __init__(self, loop: AbstractEventLoop, handler: TimeHandler) -> None:
        self._loop = loop
        self._handler = handler
        self.is_canceled = False

    def __call__(self, event: TimeEvent) -> None:
        try:
            self._loop.call_soon_threadsafe(self._fire, event)
        except RuntimeError:
            self.is_canceled = True  # the loop is closed

    def _fire(self, event: TimeEvent) -> None:
        if self.is_canceled:
            return
        try:
            self._handler(event)
        except Exception as e:  # noqa: BLE001  the one boundary, logged with its traceback
            _LOG.exception(f"What the timer {event.name} does failed", e)
