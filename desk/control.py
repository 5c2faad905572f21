"""The commands that look at a run in another process and tell its strategies what to do."""

import sys
import time
import tomllib
from dataclasses import dataclass
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.console import Console
from rich.live import Live

from desk.control_client import Client, client_of
from desk.control_view import orders_table, positions_table, status_view, trades_table
from desk.exits import Exit, UnknownOutcome, UsageError
from desk.options import Wait
from desk.output import AsJson, print_json
from monitor.desk import Action, Done
from monitor.picture import (
    DeskPicture,
    OrderPicture,
    PositionPicture,
    StrategyPicture,
    TradePicture,
)

WATCH_SECS: Final = 1.0
FLAT_SECS: Final = 30.0
FLAT_POLL_SECS: Final = 0.5
PIPE_WIDTH: Final = 160


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)  # cyclopts reads the options of no msgspec struct
class Looking:
    """
    Which run is looked at, and how it is shown.

    Attributes
    ----------
    profile
        The profile of the run: a name or a path.
    url
        The monitor's address, instead of the profile's.
    """

    profile: str = "paper"
    url: str | None = None
    as_json: AsJson = False

    @property
    def client(self) -> Client:
        """Return what asks the run; UsageError, VenueError as `client_of`."""
        return client_of(self.profile, self.url)


@dataclass(frozen=True, kw_only=True)
class Telling(Looking):
    """
    Which run is told something, and why.

    Attributes
    ----------
    reason
        Why, for the audit.
    """

    reason: str = ""


_LOOKING = Looking()
_TELLING = Telling()


def status(
    *, looking: Looking = _LOOKING, watch: Annotated[bool, Parameter(negative="")] = False
) -> Exit:
    """
    Show a run: its venues, its equity, and what each strategy does.

    Parameters
    ----------
    watch
        Show it again and again, each second, until Ctrl-C.

    """
    client = looking.client
    if not watch:
        _print(client.show("/api/status", DeskPicture), as_json=looking.as_json)
    elif looking.as_json:
        while True:
            print_json(client.show("/api/status", DeskPicture))
            time.sleep(WATCH_SECS)
    else:
        with Live(_view(client), auto_refresh=False, screen=sys.stdout.isatty()) as live:
            while True:
                time.sleep(WATCH_SECS)
                live.update(_view(client), refresh=True)
    return Exit.DONE


def positions(*, looking: Looking = _LOOKING) -> Exit:
    """List the open positions of a run, with their stops."""
    found = looking.client.show("/api/positions", list[PositionPicture])
    if looking.as_json:
        print_json(found)
    else:
        _console().print(positions_table(found))
    return Exit.DONE


def orders(*, looking: Looking = _LOOKING) -> Exit:
    """List the orders of a run that have not ended."""
    found = looking.client.show("/api/orders", list[OrderPicture])
    if looking.as_json:
        print_json(found)
    else:
        _console().print(orders_table(found))
    return Exit.DONE


def trades(*, looking: Looking = _LOOKING, limit: int = 20) -> Exit:
    """
    List the latest round trips of a run, newest first.

    Parameters
    ----------
    limit
        At most so many.

    """
    found = looking.client.show(f"/api/trades?limit={limit}", list[TradePicture])
    if looking.as_json:
        print_json(found)
    else:
        _console().print(trades_table(found))
    return Exit.DONE


def pause(
    strategy: str,
    *,
    telling: Telling = _TELLING,
) -> Exit:
    """
    Let a strategy open nothing new until it is resumed, also in later runs.

    Its exits, its stop and its take-profit go on.

    Parameters
    ----------
    strategy
        Its id in the profile.

    """
    return _tell(telling, strategy, Action.PAUSE)


def resume(
    strategy: str,
    *,
    telling: Telling = _TELLING,
) -> Exit:
    """
    End the pause of a strategy.

    Parameters
    ----------
    strategy
        Its id in the profile.

    """
    return _tell(telling, strategy, Action.RESUME)


def start(
    strategy: str,
    *,
    telling: Telling = _TELLING,
) -> Exit:
    """
    Start a strategy again that was stopped, or that something went wrong in.

    Parameters
    ----------
    strategy
        Its id in the profile.

    """
    return _tell(telling, strategy, Action.START)


def stop(
    strategy: str,
    *,
    telling: Telling = _TELLING,
) -> Exit:
    """
    Stop a strategy; its orders and positions are left as the profile's `on_stop` says.

    Parameters
    ----------
    strategy
        Its id in the profile.

    """
    return _tell(telling, strategy, Action.STOP)


def set_parameters(
    strategy: str,
    *assignments: str,
    telling: Telling = _TELLING,
) -> Exit:
    """
    Let a strategy go on with other parameters, also in later runs of the same profile.

    Parameters
    ----------
    strategy
        Its id in the profile.
    assignments
        Parameters as a profile writes them, such as `period=9` or `side="long"`.

    """
    return _tell(telling, strategy, Action.PARAMETERS, _parameters(assignments))


def flatten(
    strategy: str,
    *,
    telling: Telling = _TELLING,
    seconds: Wait = FLAT_SECS,
) -> Exit:
    """
    Pause a strategy, close its position at the market, and wait until it is flat.

    Parameters
    ----------
    strategy
        Its id in the profile.
    seconds
        How long to wait; 0 returns once the order is sent.

    """
    client = telling.client
    done = client.tell(strategy, Action.FLATTEN, {"reason": telling.reason})
    deadline = time.monotonic() + seconds
    now = done.strategy
    while seconds and now.position and time.monotonic() < deadline:
        time.sleep(FLAT_POLL_SECS)
        now = _strategy(client, strategy)
    _say(Done(message=done.message, strategy=now), as_json=telling.as_json)
    if seconds and now.position:
        raise UnknownOutcome(f"{strategy} still holds {now.position} after {seconds:g} s")
    return Exit.DONE


def _strategy(client: Client, name: str) -> StrategyPicture:
    picture = client.show("/api/status", DeskPicture)
    return next(strategy for strategy in picture.strategies if strategy.id == name)


def _tell(
    telling: Telling, strategy: str, action: Action, parameters: dict[str, Any] | None = None
) -> Exit:
    body: dict[str, Any] = {"reason": telling.reason}
    if parameters is not None:
        body["parameters"] = parameters
    _say(telling.client.tell(strategy, action, body), as_json=telling.as_json)
    return Exit.DONE


def _say(done: Done, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        Console(soft_wrap=True).print(done.message, highlight=False, markup=False)


def _print(picture: DeskPicture, *, as_json: bool) -> None:
    if as_json:
        print_json(picture)
    else:
        _console().print(status_view(picture))


def _console() -> Console:
    """Return where tables go: as wide as the terminal, and wide enough where there is none."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def _view(client: Client) -> Any:  # noqa: ANN401  what rich renders
    return status_view(client.show("/api/status", DeskPicture))


def _parameters(assignments: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in assignments:
        try:
            found |= tomllib.loads(text)
        except tomllib.TOMLDecodeError as e:
            words = f"Expected name=value as in a profile, such as period=9, was {text!r}"
            raise UsageError(words) from e
    return found
