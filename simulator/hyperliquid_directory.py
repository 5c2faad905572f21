"""Who may act for whom at the venue: masters, agents, vaults, sub-accounts; it holds no money.

Every address is in lower case with 0x. An account of the exchange engine is one address on one
dex (`account_name`), since each dex of the venue has a clearinghouse of its own.
"""

import msgspec

from simulator.hyperliquid_nonces import Nonces
from simulator.moments import Moment

SPOT_DEX = "spot"
"""The dex, in transfers and in our account names, of an address's USDC outside of all perps."""


def account_name(address: str, dex: str = "") -> str:
    """Return the engine's name of an address's account on a dex ("" is the venue's own)."""
    return f"{address}:{dex}" if dex else address


def split_account_name(name: str) -> tuple[str, str]:
    """Return the address and the dex of an engine's account name."""
    address, _, dex = name.partition(":")
    return address, dex


class Agent(msgspec.Struct, frozen=True):
    """A key that signs for `master`; `name` is "" for the unnamed one; None is never invalid."""

    address: str
    master: str
    name: str = ""
    valid_until_ms: int | None = None


class SubAccount(msgspec.Struct, frozen=True):
    """An account of its own that its master's keys trade for."""

    address: str
    master: str
    name: str


class Directory:
    """The addresses that the venue knows, beside their accounts in the exchange engine."""

    def __init__(self) -> None:
        self.masters: dict[str, None] = {}  # funded users, oldest first
        self.agents: dict[str, Agent] = {}  # by the agent's address
        self.vaults: dict[str, str] = {}  # a vault's address -> its leader's
        self.sub_accounts: dict[str, SubAccount] = {}  # by the sub-account's address
        self.builder_fees: dict[tuple[str, str], int] = {}  # (user, builder) -> tenths of a bp
        self.abstractions: dict[
            str, str
        ] = {}  # user -> "unifiedAccount", ... ("default" if absent)
        self.requests_used: dict[str, int] = {}  # actions counted against an address
        self.requests_bought: dict[str, int] = {}  # by reserveRequestWeight
        self.slowed_at: dict[str, int] = {}  # when an address beyond its limit last acted, in ms
        self.nonces: dict[str, Nonces] = {}  # by the signer's address
        self.removed_at: dict[str, int] = {}  # when a master last removed an agent, in ms

    def principal(self, signer: str, moment: Moment) -> str | None:
        """Return the user a signer acts for, itself or its agent's master; None is nobody."""
        if signer in self.masters:
            return signer
        agent = self.agents.get(signer)
        if agent is None:
            return None
        until_ms = agent.valid_until_ms
        return None if until_ms is not None and moment.is_past(until_ms) else agent.master

    def owns(self, user: str, address: str) -> bool:
        """Say whether an address is the user's own or one of its sub-accounts."""
        sub_account = self.sub_accounts.get(address)
        return address == user or (sub_account is not None and sub_account.master == user)

    def sub_accounts_of(self, master: str) -> list[SubAccount]:
        """Return a master's sub-accounts, oldest first."""
        return [x for x in self.sub_accounts.values() if x.master == master]

    def agents_of(self, master: str) -> list[Agent]:
        """Return a master's agents, oldest first, those that are no longer valid too."""
        return [agent for agent in self.agents.values() if agent.master == master]

    def forget_agent(self, agent: Agent) -> None:
        """Let a key sign no more; the nonces it has used are forgotten with it (4.4)."""
        self.agents.pop(agent.address, None)
        self.nonces.pop(agent.address, None)
