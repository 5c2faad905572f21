"""One admitted request: who acts for which subaccount, and the engine's account of it."""

from collections.abc import Iterable
from typing import NamedTuple

from simulator.exchange.events import Outcome, Reply
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_directory import SubAccount
from simulator.synthetix_perps import SynthetixPerp
from simulator.synthetix_records import Records
from simulator.synthetix_signed_requests import invalid
from simulator.synthetix_trading import Trading


class Call(NamedTuple):
    """A request whose signer is known and may act.

    Attributes
    ----------
    signer : str
        The address that signed: the owner's or a delegate's.
    now_ms : int
        The engine's time.
    """

    trading: Trading
    account: SubAccount
    signer: str
    now_ms: int

    @property
    def id(self) -> str:
        """Return the subaccount's id, the name of its account in the engine."""
        return self.account.id

    @property
    def dialect(self) -> Dialect:
        """Return how figures and times are written."""
        return self.trading.options.dialect

    @property
    def records(self) -> Records:
        """Return what the subaccount has been told."""
        return self.trading.records(self.account.id)

    @property
    def is_owner(self) -> bool:
        """Say whether the owner signed."""
        return self.signer == self.account.owner

    def tell(self, reply: Reply) -> tuple[Outcome, ...]:
        """Tell what the engine did before anything is answered, and return its outcomes."""
        self.trading.tell(reply.events)
        return reply.outcomes

    def perp(self, symbol: str) -> SynthetixPerp:
        """Return a market; a refusal where there is none."""
        perp = self.trading.perp(symbol)
        if perp is None:
            raise invalid("invalid symbol")
        return perp

    def perps(self, symbols: Iterable[str]) -> list[SynthetixPerp]:
        """Return some markets, all of them for "*"."""
        wanted = list(symbols)
        if wanted == ["*"]:
            return list(self.trading.perps.values())
        return [self.perp(symbol) for symbol in wanted]
