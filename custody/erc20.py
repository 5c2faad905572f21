"""What is asked of an ERC-20 token, and the two calls that move it; pure."""

from custody.calls import Call, encode_call, make_call
from custody.deployments import TRANSFER_TOPIC, Token

# What the functions of USDT, WETH and USDC take, doubled: it is only held ready, never burnt.
APPROVE_GAS_RESERVE = 100_000
TRANSFER_GAS_RESERVE = 130_000


def approve(token: Token, spender: str, units: int) -> Call:
    """Return the call that lets `spender` take up to `units`, and no more."""
    return make_call(
        token.address,
        token.symbol,
        "approve(address,uint256)",
        {"spender": spender, "amount": units},
        APPROVE_GAS_RESERVE,
    )


def transfer(token: Token, receiver: str, units: int) -> Call:
    """Return the call that pays `units` to `receiver`."""
    return make_call(
        token.address,
        token.symbol,
        "transfer(address,uint256)",
        {"receiver": receiver, "amount": units},
        TRANSFER_GAS_RESERVE,
        event=(token.address, TRANSFER_TOPIC),
    )


def approvals(token: Token, spender: str, units: int, allowed_units: int) -> list[Call]:
    """Return the calls, none to two, after which `spender` may take `units`."""
    if allowed_units >= units:
        return []
    reset = [approve(token, spender, 0)] if allowed_units and token.resets_allowance else []
    return [*reset, approve(token, spender, units)]


def balance_question(owner: str) -> bytes:
    """Return the data of a read of what `owner` has."""
    return encode_call("balanceOf(address)", [owner])


def allowance_question(owner: str, spender: str) -> bytes:
    """Return the data of a read of what `spender` may take from `owner`."""
    return encode_call("allowance(address,address)", [owner, spender])


def decimals_question() -> bytes:
    """Return the data of a read of the token's decimals."""
    return encode_call("decimals()", [])
