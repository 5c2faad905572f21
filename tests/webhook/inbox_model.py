"""What an inbox does, said with a dict: the model that both stores are compared with."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.webhook.given import LATER_NS, NOW_NS, make_alert
from webhook.inbox import Accepted, Answer, Conflict, Duplicate, Inbox, Outcome, State, Step

_RANKS = {State.RECEIVED: 0, State.DELIVERED: 1, State.DECIDED: 2}
_END = 3


@dataclass
class Known:
    """An alert as the model knows it."""

    digest: str
    outcome: Outcome
    steps: list[Step]
    deliveries: int = 0

    @property
    def standing(self) -> tuple[Outcome, int]:
        return self.outcome, self.deliveries


@dataclass
class Model:
    alerts: dict[str, Known] = field(default_factory=dict)

    def keys_in(self, *states: State) -> list[str]:
        return [key for key, known in self.alerts.items() if known.outcome.state in states]

    def counts(self) -> dict[str, int]:
        return {state.value: len(self.keys_in(state)) for state in State}


@dataclass(frozen=True)
class PutOperation:
    number: int
    digest: str
    is_late: bool

    async def on_inbox(self, inbox: Inbox) -> Answer:
        expires_ns = NOW_NS if self.is_late else LATER_NS
        return await inbox.put(make_alert(self.number, digest=self.digest), NOW_NS, expires_ns)

    def on_model(self, model: Model) -> Answer:
        key = f"alerts:{self.number}"
        known = model.alerts.get(key)
        if known is not None:
            kind = Duplicate if known.digest == self.digest else Conflict
            return kind(known.outcome)
        outcome = Outcome(state=State.EXPIRED if self.is_late else State.RECEIVED)
        steps = [Step(key=key, kind="received", ts_ns=NOW_NS)]
        if self.is_late:
            steps.append(Step(key=key, kind="expired", ts_ns=NOW_NS, outcome=outcome))
        model.alerts[key] = Known(self.digest, outcome, steps)
        return Accepted(outcome)


@dataclass(frozen=True)
class RecordOperation:
    steps: tuple[Step, ...]

    async def on_inbox(self, inbox: Inbox) -> None:
        await inbox.record(self.steps)

    def on_model(self, model: Model) -> None:
        for step in self.steps:
            known = model.alerts.get(step.key)
            if known is None:
                continue
            known.steps.append(step)
            known.deliveries += step.kind == "delivered"
            if step.outcome is not None and _goes_on(known.outcome.state, step.outcome.state):
                known.outcome = step.outcome


type Operation = PutOperation | RecordOperation


def operations() -> st.SearchStrategy[Operation]:
    numbers = st.integers(0, 3)
    puts = st.builds(PutOperation, numbers, st.sampled_from(["d0", "d1"]), st.booleans())
    outcomes = st.builds(
        Outcome,
        state=st.sampled_from(State),
        orders=st.lists(st.text(max_size=3), max_size=2).map(tuple),
        reason=st.none() | st.just("no_price"),
        message=st.text(max_size=5),
    )
    steps = st.builds(
        Step,
        key=numbers.map("alerts:{}".format),
        kind=st.sampled_from(["delivered", "decided", "order_filled", "warning"]),
        ts_ns=st.integers(0, 2**62),
        detail=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        outcome=st.none() | outcomes,
    )
    return puts | st.builds(RecordOperation, st.lists(steps, max_size=4).map(tuple))


def _goes_on(state: State, to: State) -> bool:
    """Whether a move is forward: what is decided can only be done, and an end is final."""
    if state is State.DECIDED:
        return to is State.DONE
    return _RANKS.get(to, _END) > _RANKS.get(state, _END)
