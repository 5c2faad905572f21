"""The actions that let the venue act later: TWAPs and the scheduled cancel (3.4)."""

from decimal import Decimal

from simulator.exchange.events import Denied, Done, Outcome
from simulator.exchange.model import Fault, Side, TwapRequest
from simulator.exchange.twaps import VALUE_PER_MINUTE
from simulator.hyperliquid_answers import Json, RefusedError, dollars, done, error, fault_words
from simulator.hyperliquid_calls import Call, opened
from simulator.hyperliquid_l1_actions import ScheduleCancel, TwapCancel, TwapOrder


def schedule_cancel(call: Call, action: ScheduleCancel) -> Json:
    """Cancel everything at a time, on every dex of the account; what the first says is said."""
    due = None if action.time is None else call.moment.venue_time(action.time)
    said: list[Outcome] = []
    opened(call.trading, call.account)
    for account in call.trading.accounts_of(call.account).values():
        reply = call.trading.exchange.schedule_cancel(account.name, due, call.now_ms)
        said += call.tell(reply)
    if isinstance(said[0], Denied):
        raise RefusedError(_schedule_words(call, said[0].fault))
    return done()


def start_twap(call: Call, action: TwapOrder) -> Json:
    """Start a TWAP; one that waits for a price is not offered here."""
    wire = action.twap
    if action.details is not None and (action.details.t or action.details.s):
        return _twap_answer("twapOrder", error("TWAP triggers are not supported."))
    side = Side.BUY if wire.b else Side.SELL
    request = TwapRequest(wire.a, side, Decimal(wire.s), wire.m, wire.r)
    name = call.name_for(wire.a)
    (outcome,) = call.tell(call.trading.exchange.start_twap(name, request, call.now_ms))
    if isinstance(outcome, Done):
        return _twap_answer("twapOrder", {"running": {"twapId": outcome.id}})
    return _twap_answer("twapOrder", error(_twap_words(outcome, wire.m)))


def cancel_twap(call: Call, action: TwapCancel) -> Json:
    """End a TWAP."""
    name = call.name_for(action.a)
    reply = call.trading.exchange.cancel_twap(name, action.a, action.t, call.now_ms)
    (outcome,) = call.tell(reply)
    missing = error(fault_words(Fault.TWAP_MISSING))
    return _twap_answer("twapCancel", "success" if isinstance(outcome, Done) else missing)


def _schedule_words(call: Call, fault: Fault) -> str:
    if fault is not Fault.SCHEDULE_VOLUME:
        return fault_words(fault)
    required = dollars(call.trading.options.schedule_volume)
    traded = dollars(call.trading.volume(call.account))
    return (
        "Cannot set scheduled cancel time until enough volume traded. "
        f"Required: {required}. Traded: {traded}."
    )


def _twap_words(outcome: Outcome, minutes: int) -> str:
    fault = outcome.fault if isinstance(outcome, Denied) else None
    match fault:
        case Fault.TWAP_DURATION:
            return f"Invalid TWAP duration: {minutes} min(s)"
        case Fault.TWAP_VALUE:
            least = dollars(VALUE_PER_MINUTE * minutes)
            return f"TWAP order value too small. Min is {least}, which is $10 per minute."
        case None:
            raise AssertionError("A TWAP is started or denied")
        case _:
            return fault_words(fault)


def _twap_answer(kind: str, status: object) -> Json:
    return done(kind, data={"status": status})
