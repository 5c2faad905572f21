"""The dead man's switch: an account's orders canceled at a time, unless it is put off before."""

from simulator.exchange.accounts import DAY_MS, Account
from simulator.exchange.events import Denied, Done, Outcome
from simulator.exchange.model import Fault, Status
from simulator.exchange.placing import cancel_all
from simulator.exchange.state import State

SCHEDULE_AHEAD_MS = 5_000
"""A scheduled cancel lies 5 s ahead at least (Hyperliquid 3.4, Synthetix 5.1)."""


def schedule_cancel(state: State, account: Account, time: int | None) -> Outcome:
    """Cancel every order at `time` unless it is put off or cleared (None) before."""
    if time is not None and (fault := _fault(state, account, time)):
        return Denied(fault)
    account.cancel_at = time
    if time is not None:
        state.at(time, lambda: _cancel(state, account, time))
    return Done()


def _fault(state: State, account: Account, time: int) -> Fault | None:
    if account.volume < state.venue.schedule_volume:
        return Fault.SCHEDULE_VOLUME
    if time < state.now + SCHEDULE_AHEAD_MS:
        return Fault.SCHEDULE_TOO_SOON
    spent, most = account.cancel_days.count(state.now // DAY_MS), state.venue.schedules_per_day
    return Fault.SCHEDULE_SPENT if most is not None and spent >= most else None


def _cancel(state: State, account: Account, time: int) -> None:
    if account.cancel_at != time:
        return
    account.cancel_at = None
    today = state.now // DAY_MS
    account.cancel_days = [day for day in account.cancel_days if day == today] + [today]
    cancel_all(state, account.name, Status.SCHEDULED_CANCEL)
