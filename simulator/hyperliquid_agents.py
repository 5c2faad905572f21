"""The actions on who may do what: agents, builders' fees and account modes (3.5 and 9.4)."""

import re
from decimal import Decimal

from simulator.hyperliquid_answers import Json, RefusedError, done
from simulator.hyperliquid_calls import Call
from simulator.hyperliquid_directory import Agent, Directory
from simulator.hyperliquid_l1_actions import AgentEnableDexAbstraction, AgentSetAbstraction
from simulator.hyperliquid_user_actions import (
    ApproveAgent,
    ApproveBuilderFee,
    UserDexAbstraction,
    UserSetAbstraction,
)
from simulator.moments import DAY_MS

NOBODY = "0x" + "0" * 40
"""Approving this address as an agent removes the one of that name."""
REMOVAL_MS = 5_000
VALID_DAYS, VALID_DAYS_MAX = 90, 180
NAME_MAX = 16
NAMED_AGENTS, NAMED_AGENTS_PER_SUB_ACCOUNT = 3, 2
TENTHS_OF_A_POINT = 1_000
"""So many tenths of a basis point are a percent."""

_VALID_UNTIL = re.compile(r" valid_until ([0-9]{1,15})\Z")
_MODES = {"i": "disabled", "u": "unifiedAccount", "p": "portfolioMargin"}


def approve_agent(call: Call, action: ApproveAgent) -> Json:
    """Let a key sign, in place of the one of the same name; or remove that one."""
    directory, user = call.trading.directory, call.user
    name, until = _name(action.agent_name)
    old = next((agent for agent in directory.agents_of(user) if agent.name == name), None)
    if call.now_ms < directory.removed_at.get(user, 0) + REMOVAL_MS:
        raise RefusedError("User has pending agent removal")
    if action.agent_address == NOBODY:
        if old is not None:
            directory.forget_agent(old)
            directory.removed_at[user] = call.now_ms
        return done()
    if directory.principal(action.agent_address, call.moment) is not None:
        raise RefusedError("Extra agent already used.")
    agent = Agent(str(action.agent_address), user, name, _valid_until(call, until))
    if old is None:
        _require_room(directory, agent)
    else:
        directory.forget_agent(old)
    directory.agents[agent.address] = agent
    return done()


def approve_builder_fee(call: Call, action: ApproveBuilderFee) -> Json:
    """Let a builder take a fee; a rate in percent is kept in tenths of a basis point."""
    tenths = Decimal(action.max_fee_rate.removesuffix("%")) * TENTHS_OF_A_POINT
    call.trading.directory.builder_fees[call.user, str(action.builder)] = int(tenths)
    return done()


def set_abstraction(call: Call, action: UserSetAbstraction) -> Json:
    """Set the mode of the user's account or sub-account."""
    return _set_mode(call, action.user, action.abstraction)


def set_abstraction_by_agent(call: Call, action: AgentSetAbstraction) -> Json:
    """Set the account's mode."""
    return _set_mode(call, call.account, _MODES[action.abstraction])


def set_dex_abstraction(call: Call, action: UserDexAbstraction) -> Json:
    """Let collateral move between dexes by itself, or not."""
    return _set_mode(call, action.user, "dexAbstraction" if action.enabled else "disabled")


def set_dex_abstraction_by_agent(call: Call, action: AgentEnableDexAbstraction) -> Json:
    """Let collateral move between dexes by itself."""
    del action  # it says all by its type
    return _set_mode(call, call.account, "dexAbstraction")


def _set_mode(call: Call, address: str, mode: str) -> Json:
    directory = call.trading.directory
    if not directory.owns(call.user, address) and address != call.account:
        raise RefusedError(f"User {address} is not the signer's.")  # not in the fact sheet
    directory.abstractions[str(address)] = mode
    return done()


def _name(text: str) -> tuple[str, int | None]:
    """Split "name valid_until 1767776120478" into both; the time may be missing."""
    found = _VALID_UNTIL.search(text)
    name = text[: found.start()] if found else text
    if len(name) > NAME_MAX:
        raise RefusedError(f"Agent name is longer than {NAME_MAX} characters.")
    return name, int(found[1]) if found else None


def _valid_until(call: Call, until: int | None) -> int:
    """Return until when an agent is valid, by the client's clock where it named a time."""
    if until is None:
        return call.now_ms + VALID_DAYS * DAY_MS
    latest = call.now_ms + VALID_DAYS_MAX * DAY_MS
    if not call.now_ms < call.moment.venue_time(until) <= latest:
        raise RefusedError("Agent valid_until already expired.")  # beyond the latest, too (EXP)
    return until


def _require_room(directory: Directory, agent: Agent) -> None:
    others = [x for x in directory.agents_of(agent.master) if x.name]
    subs = len(directory.sub_accounts_of(agent.master))
    most = NAMED_AGENTS + NAMED_AGENTS_PER_SUB_ACCOUNT * subs
    if agent.name and len(others) >= most:
        raise RefusedError(
            "Too many extra agents for cumulative volume traded. Current limit is " + str(most)
        )
