"""Whether a desk can trade, judged from its picture alone; it asks nobody."""

from typing import Final

from monitor.picture import DeskPicture, State, VenuePicture

QUOTE_AGE_SECS_MAX: Final = 120
"""A perpetual that is quoted at all is quoted every few seconds; this long is a dead stream."""

_NS: Final = 1_000_000_000


def obstacles(picture: DeskPicture) -> list[str]:
    """
    Return in words what keeps a desk from trading as its profile says; empty when nothing does.

    A strategy that a person has paused or stopped is no obstacle.
    """
    found = [] if picture.is_trading else ["the strategies are not started"]
    if picture.halted is not None:
        found.append(f"trading is halted: {picture.halted}")
    for venue in picture.venues:
        found += _of_venue(venue, picture.taken)
    found += [
        f"strategy {strategy.id} is {strategy.state.value}: {strategy.last_error or 'see the log'}"
        for strategy in picture.strategies
        if strategy.state in {State.DEGRADED, State.FAULTED}
    ]
    return found


def _of_venue(venue: VenuePicture, now: int) -> list[str]:
    found = []
    if not venue.is_data_connected:
        found.append(f"market data of {venue.name} is not connected")
    if venue.is_execution_connected is False:
        found.append(f"orders to {venue.name} are not connected")
    if venue.last_quote is not None and now - venue.last_quote > QUOTE_AGE_SECS_MAX * _NS:
        age = (now - venue.last_quote) // _NS
        found.append(f"{venue.name} has not quoted for {age} s")
    return found
