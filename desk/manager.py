"""Commands of people to the strategies of a running node; it shows nothing and decides no trade.

All of it belongs to the node's event loop: call it there, as the API does, which is served from it.
"""

from collections.abc import Sequence
from typing import Any

from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.strategy import Strategy
from nautilus_trader.trading.trader import Trader

from config.settings import Profile
from desk.managed import may_open
from desk.manager_parameters import changed_config
from desk.manager_state import KeptStates
from monitor.desk import Action, Command
from monitor.errors import MonitorError
from monitor.picture import State
from strategies.trader import StrategyStatus
from strategies.trader import Trader as StrategyTrader


class StrategyManager:
    """
    Pause, resume, flatten, start, stop and change strategies, and keep what must outlive the run.

    Parameters
    ----------
    profile : Profile
        As its file says.
    trader : Trader
        Nautilus's, with all its strategies, which are `desk.managed`.
    states : KeptStates
        What was said in earlier runs; it is applied here, before anything starts.

    """

    def __init__(self, profile: Profile, trader: Trader, states: KeptStates) -> None:
        self._profile = profile
        self._trader = trader
        self._states = states
        self._strategies = {name_of(strategy): strategy for strategy in trader.strategies()}
        for name, strategy in self._strategies.items():
            strategy.is_paused = states.of(name).is_paused

    @property
    def strategies(self) -> Sequence[Strategy]:
        """Return them in the order of the profile."""
        return list(self._strategies.values())

    def find(self, name: str) -> Strategy:
        """
        Return the strategy of a name.

        Raises
        ------
        MonitorError
            404 if there is none.

        """
        if name not in self._strategies:
            known = ", ".join(self._strategies)
            words = f"Expected one of the strategies {known}, was {name[:32]!r}"
            raise MonitorError(404, "no_strategy", words)
        return self._strategies[name]

    def carry_out(self, command: Command) -> str:
        """
        Do what a command says and return in words what was done.

        Raises
        ------
        MonitorError
            404 for an unknown strategy; 409 if its state does not allow it; 422 for wrong
            parameters; 503 if it could not be kept on disk.

        """
        name = command.strategy
        strategy = self.find(name)
        match command.action:
            case Action.PAUSE:
                return self._pause(name, strategy)
            case Action.RESUME:
                return self._resume(name, strategy)
            case Action.FLATTEN:
                return self._flatten(name, strategy)
            case Action.START:
                return self._start(name, strategy)
            case Action.STOP:
                return self._stop(name, strategy)
            case Action.PARAMETERS:
                return self._set_parameters(name, strategy, command.parameters)

    def _pause(self, name: str, strategy: Strategy) -> str:
        was_paused = strategy.is_paused
        # At once, and kept after: a full disk must not let it trade on.
        strategy.is_paused = True
        canceled = _cancel(strategy, [o for o in _resting(strategy) if may_open(strategy, o)])
        if not self._states.of(name).is_paused:
            self._keep(name, is_paused=True)
        if was_paused:
            return f"{name} was paused already"
        entries = f"; {canceled} entries are being canceled" if canceled else ""
        return f"{name} is paused: it opens nothing new, exits and protection go on{entries}"

    def _resume(self, name: str, strategy: Strategy) -> str:
        if not strategy.is_running:
            words = f"Expected {name} to run, it is {state_of(strategy).value}: start it"
            raise MonitorError(409, "not_running", words)
        if not strategy.is_paused:
            return f"{name} was not paused"
        self._keep(name, is_paused=False)
        strategy.is_paused = False
        return f"{name} may open positions again"

    def _flatten(self, name: str, strategy: Strategy) -> str:
        self._check_trading()
        strategy.is_paused = True
        positions = strategy.cache.positions_open(strategy_id=strategy.id)
        trader = trader_of(strategy)
        if strategy.is_running and trader is not None:
            # It counts what is under way, and takes the protection away once the position is.
            trader.flatten("a person asked for it")
        else:
            # Nobody follows the events of a strategy that does not run, or knows another's ways.
            _cancel(strategy, _resting(strategy))
            for position in positions:
                strategy.close_position(position)  # reduce-only, so that it cannot overshoot
        # After the orders: what cannot be kept on a full disk must not stop the way out.
        self._pause(name, strategy)
        if not positions:
            return f"{name} had no position; it is paused"
        return f"{name} is paused and closing {len(positions)} position(s) at the market"

    def _start(self, name: str, strategy: Strategy) -> str:
        self._check_trading()
        state = state_of(strategy)
        if state in {State.RUNNING, State.PAUSED}:
            raise MonitorError(409, "running", f"{name} runs already; resume ends a pause")
        if state is State.FAULTED:
            raise MonitorError(409, "faulted", f"{name} cannot be started again in this run")
        if strategy.is_running:
            # Degraded by itself: anew from its own settings, with a trader that may enter.
            self._check_still(name, strategy)
            strategy.reconfigure(strategy.config)
        else:
            strategy.failure = None
            strategy.resume()  # its on_resume warms up anew
            if error_of(strategy) is not None and hasattr(strategy, "reconfigure"):
                strategy.reconfigure(strategy.config)
        self._keep(name, is_paused=False)
        strategy.is_paused = False
        return f"{name} is {state_of(strategy).value}"

    def _stop(self, name: str, strategy: Strategy) -> str:
        if not (strategy.is_running or strategy.is_degraded):
            words = f"Expected {name} to run, it is {state_of(strategy).value}"
            raise MonitorError(409, "not_running", words)
        # A run that follows this one finds it paused, not trading again as if nothing was.
        strategy.is_paused = True
        strategy.stop()
        self._keep(name, is_paused=True)
        return f"{name} is stopped; the next run finds it paused"

    def _set_parameters(self, name: str, strategy: Strategy, changes: dict[str, Any]) -> str:
        if not changes:
            raise MonitorError(422, "bad_body", "parameters: expected at least one, was none")
        if not hasattr(strategy, "reconfigure"):
            words = f"{name}: its class has no reconfigure(config) to take other parameters"
            raise MonitorError(409, "not_changeable", words)
        current = self._states.applied_to(self._profile)
        config = changed_config(current, name, changes)
        self._check_still(name, strategy)
        try:
            self._states.set_parameters(name, changes, self._profile)
        except OSError as e:
            raise _not_kept(name, e) from e
        strategy.reconfigure(config)
        return f"{name} goes on with " + ", ".join(f"{key} = {changes[key]}" for key in changes)

    def _check_trading(self) -> None:
        if not self._trader.is_running:
            raise MonitorError(409, "not_trading", "The strategies are not started")

    def _check_still(self, name: str, strategy: Strategy) -> None:
        trader = trader_of(strategy)
        if trader is not None and trader.is_moving:
            words = f"An order of {name} is under way: try again once it has ended"
            raise MonitorError(409, "moving", words)

    def _keep(self, name: str, *, is_paused: bool) -> None:
        try:
            self._states.change(name, is_paused=is_paused)
        except OSError as e:
            raise _not_kept(name, e) from e


def name_of(strategy: Strategy) -> str:
    """Return a strategy's name in its profile: its id without Nautilus's tag."""
    name: str = strategy.id.value.rpartition("-")[0]
    return name


def state_of(strategy: Strategy) -> State:
    """Return what a strategy does now."""
    if strategy.is_running:
        if error_of(strategy) is not None:
            return State.DEGRADED
        return State.PAUSED if strategy.is_paused else State.RUNNING
    if strategy.is_degraded:
        return State.DEGRADED
    if strategy.is_faulted:
        return State.FAULTED
    return State.STOPPED if strategy.is_stopped else State.READY


def error_of(strategy: Strategy) -> str | None:
    """Return in words what went wrong in a strategy; None while nothing has."""
    status = status_of(strategy)
    failure: str | None = strategy.failure or (None if status is None else status.degraded)
    return failure


def trader_of(strategy: Strategy) -> StrategyTrader | None:
    """Return what moves the position of a strategy like ours; None for one of another kind."""
    found = getattr(strategy, "trader", None)
    return found if isinstance(found, StrategyTrader) else None


def status_of(strategy: Strategy) -> StrategyStatus | None:
    """Return what a strategy like ours says of itself, or its trader; None for another kind."""
    trader = trader_of(strategy)
    if trader is None:
        return None
    tell = getattr(strategy, "status", None)
    found = tell() if callable(tell) else None
    if isinstance(found, StrategyStatus):
        return found
    return StrategyStatus(
        position=trader.position,
        degraded=trader.degraded,
        last_signal=trader.last_signal,
        last_refusal=trader.last_refusal,
    )


def _resting(strategy: Strategy) -> list[Order]:
    """Return the orders that may wait at the venue; a market order ends before a cancel comes."""
    cache = strategy.cache
    ids = {"strategy_id": strategy.id}
    working = [*cache.orders_open(**ids), *cache.orders_inflight(**ids)]
    return [order for order in working if order.order_type != OrderType.MARKET]


def _cancel(strategy: Strategy, orders: Sequence[Order]) -> int:
    """Cancel what is not ending already; return how many."""
    wanted = {o.client_order_id: o for o in orders if not (o.is_closed or o.is_pending_cancel)}
    for order in wanted.values():
        strategy.cancel_order(order)
    return len(wanted)


def _not_kept(name: str, error: OSError) -> MonitorError:
    words = f"{name}: what was asked could not be kept on disk ({error.strerror})"
    return MonitorError(503, "not_kept", words)
