"""An intake that keeps alerts in memory, or fails as a test wants it."""

from webhook.alerts import Alert
from webhook.inbox import Accepted, Answer, Conflict, Duplicate, InboxStatus, Outcome, State


class MemoryIntake:
    """Keep alerts as a store does, with the times they were put with."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.times: list[tuple[int, int]] = []
        self.outcomes: dict[str, Outcome] = {}
        self.error: Exception | None = None
        """Raised in place of storing."""

    async def put(self, alert: Alert, received_ns: int, expires_ns: int) -> Answer:
        if self.error is not None:
            raise self.error
        known = next((one for one in self.alerts if one.key == alert.key), None)
        if known is not None:
            kind = Duplicate if known.digest == alert.digest else Conflict
            return kind(self.outcomes[alert.key])
        state = State.EXPIRED if expires_ns <= received_ns else State.RECEIVED
        self.alerts.append(alert)
        self.times.append((received_ns, expires_ns))
        self.outcomes[alert.key] = Outcome(state=state)
        return Accepted(self.outcomes[alert.key])

    async def status(self) -> InboxStatus:
        counts = {state.value: 0 for state in State}
        for outcome in self.outcomes.values():
            counts[outcome.state] += 1
        return InboxStatus(counts=counts, oldest_undecided_ns=None, is_consumed=False)
