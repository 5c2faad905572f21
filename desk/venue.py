"""The commands that serve loopback venues; recording a real one is desk/record.py."""

import asyncio
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from desk.exits import Exit, UsageError
from desk.interrupts import until_interrupted
from desk.output import AsJson, print_json
from simulator import synthetix, synthetix_trading
from simulator.hyperliquid import HyperliquidVenue, VenueOptions, serve
from simulator.hyperliquid_trading import TradingOptions
from simulator.synthetix import SynthetixVenue
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_dialect import Decimals, Dialect, ExpiresAt, Prices, Push, TradesForm

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def serve_hyperliquid(
    *,
    port: int = 9001,
    seed: int = 1,
    speed: float = 1.0,
    replay: Path | None = None,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    faults: Path | None = None,
    fault_seed: int = 1,
    log: Path | None = None,
    account: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    agent: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    leash: Annotated[bool, Parameter(negative="", show=False)] = False,
    as_json: AsJson = False,
) -> Exit:
    """
    Serve a Hyperliquid-speaking venue on 127.0.0.1 until Ctrl-C.

    Parameters
    ----------
    port
        TCP port; 0 takes any free one.
    seed
        The market to generate; the same seed is the same market.
    speed
        How many seconds of market pass in one of wall time.
    replay
        A recording (file or folder) to serve instead of a generated market.
    start
        Where the market's time begins: ISO 8601 or unix milliseconds.
    faults
        A TOML file of what goes wrong; POST /control then changes it while the venue runs.
    fault_seed
        What decides the chances among the faults; the same seed is the same misfortune.
    log
        A file to which every request, response and frame is added, as JSON lines.
    account
        An account with so much USDC, ADDRESS=10000; may be given many times.
    agent
        A key that signs for an account, AGENT=ADDRESS; may be given many times.
    leash
        End when standard input closes, so that no child outlives its parent.

    """
    start_ms = _unix_ms(start)
    accounts, agents = _owners(account, agent, "agent", "USDC")
    trading = TradingOptions(accounts=accounts, agents=agents)

    def announce(venue: HyperliquidVenue) -> None:
        if as_json:
            print_json({"http": venue.http_url, "ws": venue.ws_url})
        else:
            Console().print(f"Serving {venue.http_url} and {venue.ws_url}; Ctrl-C stops")

    try:
        options = VenueOptions(
            port=port,
            seed=seed,
            speed=speed,
            replay=replay,
            start_ms=start_ms,
            faults=faults,
            fault_seed=fault_seed,
            log=log,
            trading=trading,
        )
        return asyncio.run(until_interrupted(serve(options, announce), leash=leash))
    except (OSError, ValueError) as e:
        raise UsageError(str(e)) from e


def serve_synthetix(
    *,
    port: int = 9002,
    seed: int = 1,
    speed: float = 1.0,
    replay: Path | None = None,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    faults: Path | None = None,
    fault_seed: int = 1,
    log: Path | None = None,
    push: Push = "both",
    prices: Prices = "update",
    trades: TradesForm = "object",
    decimals: Decimals = "short",
    blank_zeros: Annotated[bool, Parameter(negative="")] = False,
    expires_at: ExpiresAt = "ms",
    user_agent: Annotated[bool, Parameter(negative="")] = False,
    account: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    delegate: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    leash: Annotated[bool, Parameter(negative="", show=False)] = False,
    as_json: AsJson = False,
) -> Exit:
    """
    Serve a Synthetix-speaking venue on 127.0.0.1 until Ctrl-C.

    Parameters
    ----------
    port
        TCP port; 0 takes any free one.
    seed
        The market to generate; the same seed is the same market.
    speed
        How many seconds of market pass in one of wall time.
    replay
        A recording (file or folder) to serve instead of a generated market.
    start
        Where the market's time begins: ISO 8601 or unix milliseconds.
    faults
        A TOML file of what goes wrong; POST /control then changes it while the venue runs.
    fault_seed
        What decides the chances among the faults; the same seed is the same misfortune.
    log
        A file to which every request, response and frame is added, as JSON lines.
    push
        Which key names the stream of a push: method, channel or both.
    prices
        What marketPrices push: one price each, or a ticker of all.
    trades
        Whether a trade push carries an object or a list.
    decimals
        Whether books and trades write 1.5 or, padded, 1.50000.
    blank_zeros
        Write unknown and zero figures as empty text.
    expires_at
        How the end of an order's life is answered: Unix milliseconds or ISO 8601.
    user_agent
        Refuse requests that do not say which program sent them.
    account
        An account with so much USDT, ADDRESS=10000; may be given many times.
    delegate
        A key that signs for an account, DELEGATE=ADDRESS; may be given many times.
    leash
        End when standard input closes, so that no child outlives its parent.

    """
    start_ms = _unix_ms(start)
    accounts, delegates = _owners(account, delegate, "delegate", "USDT")

    def announce(venue: SynthetixVenue) -> None:
        if as_json:
            print_json({"http": venue.http_url, "ws": venue.ws_url})
        else:
            Console().print(f"Serving {venue.http_url} and {venue.ws_url}; Ctrl-C stops")

    try:
        dialect = Dialect(
            push=push,
            prices=prices,
            trades=trades,
            decimals=decimals,
            blank_zeros=blank_zeros,
            expires_at=expires_at,
        )
        options = synthetix.VenueOptions(
            port=port,
            seed=seed,
            speed=speed,
            replay=replay,
            start_ms=start_ms,
            faults=faults,
            fault_seed=fault_seed,
            log=log,
            require_user_agent=user_agent,
            dialect=dialect,
        )
        trading = synthetix_trading.TradingOptions(
            accounts=accounts, delegates=delegates, dialect=dialect, speed=speed
        )
        serving = synthetix.serve(options, announce, trading_opener(trading))
        return asyncio.run(until_interrupted(serving, leash=leash))
    except (OSError, ValueError) as e:
        raise UsageError(str(e)) from e


type Pairs[T] = tuple[tuple[str, T], ...]


def _owners(
    accounts: tuple[str, ...],
    keys: tuple[str, ...],
    option: str,
    coin: str,
) -> tuple[Pairs[Decimal], Pairs[str]]:
    """Read who has an account and which keys sign for whom; each address may be named once."""
    opened: dict[str, Decimal] = {}
    for text in accounts:
        address, amount = _pair("--account", text, f"ADDRESS={coin}")
        if _AMOUNT.fullmatch(amount) is None:
            raise UsageError(f"--account: expected an amount of {coin}, found {amount!r}")
        if address in opened:
            raise UsageError(f"--account: expected another address, found {address} again")
        opened[address] = Decimal(amount)
    signers: dict[str, str] = {}
    for text in keys:
        key, owner = _pair(f"--{option}", text, f"{option.upper()}=ADDRESS")
        if (owner := owner.lower()) not in opened:
            raise UsageError(f"--{option}: expected the address of an --account, found {owner!r}")
        if key in opened or key in signers:
            raise UsageError(f"--{option}: expected another address, found {key} again")
        signers[key] = owner
    return tuple(opened.items()), tuple(signers.items())


def _pair(option: str, text: str, form: str) -> tuple[str, str]:
    """Split "0xabc=word" into the address in lower case and the word."""
    address, equals, word = text.partition("=")
    if not equals:
        raise UsageError(f"{option}: expected {form}, found {text!r}")
    if _ADDRESS.fullmatch(address) is None:
        raise UsageError(f"{option}: expected 0x and 40 hex digits, found {address!r}")
    return address.lower(), word


def _unix_ms(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as e:
        raise UsageError(f"--from: expected ISO 8601 or unix milliseconds, found {text!r}") from e
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
