"""The commands that serve loopback venues; recording a real one is desk/record.py."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console

from desk.exits import Exit, UsageError
from desk.interrupts import until_interrupted
from desk.options import UNIX_MS_MAX, Port, Speed, parse_moment
from desk.output import AsJson, print_json
from desk.venue_owners import parse_owners
from simulator import hyperliquid, hyperliquid_trading, synthetix, synthetix_trading
from simulator.loopback import Venue, serve
from simulator.loopback_options import LoopbackOptions
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_dialect import Decimals, Dialect, ExpiresAt, Prices, Push, TradesForm


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)  # cyclopts reads the options of no msgspec struct
class ServeFlags:
    """The options that the commands of every venue have.

    Attributes
    ----------
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
    leash
        End when standard input closes, so that no child outlives its parent.
    """

    seed: int = 1
    speed: Speed = 1.0
    replay: Path | None = None
    start: Annotated[str | None, Parameter(name="--from")] = None
    faults: Path | None = None
    fault_seed: int = 1
    log: Path | None = None
    leash: Annotated[bool, Parameter(negative="", show=False)] = False


_PLAIN = ServeFlags()


def serve_hyperliquid(
    *,
    port: Port = 9001,
    flags: ServeFlags = _PLAIN,
    account: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    agent: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    as_json: AsJson = False,
) -> Exit:
    """
    Serve a Hyperliquid-speaking venue on 127.0.0.1 until Ctrl-C.

    Parameters
    ----------
    port
        TCP port; 0 takes any free one.
    account
        An account with so much USDC, ADDRESS=10000; may be given many times.
    agent
        A key that signs for an account, AGENT=ADDRESS; may be given many times.

    """
    accounts, agents = parse_owners(account, agent, "agent", "USDC")
    trading = hyperliquid_trading.TradingOptions(accounts=accounts, agents=agents)
    options = hyperliquid.VenueOptions(trading=trading)
    return _serve(
        lambda: hyperliquid.HyperliquidVenue(_told(options, port, flags)),
        as_json=as_json,
        leash=flags.leash,
    )


def serve_synthetix(
    *,
    port: Port = 9002,
    flags: ServeFlags = _PLAIN,
    push: Push = "both",
    prices: Prices = "update",
    trades: TradesForm = "object",
    decimals: Decimals = "short",
    blank_zeros: Annotated[bool, Parameter(negative="")] = False,
    expires_at: ExpiresAt = "ms",
    user_agent: Annotated[bool, Parameter(negative="")] = False,
    account: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    delegate: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    as_json: AsJson = False,
) -> Exit:
    """
    Serve a Synthetix-speaking venue on 127.0.0.1 until Ctrl-C.

    Parameters
    ----------
    port
        TCP port; 0 takes any free one.
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

    """
    accounts, delegates = parse_owners(account, delegate, "delegate", "USDT")
    dialect = Dialect(
        push=push,
        prices=prices,
        trades=trades,
        decimals=decimals,
        blank_zeros=blank_zeros,
        expires_at=expires_at,
    )
    options = synthetix.VenueOptions(require_user_agent=user_agent, dialect=dialect)
    trading = trading_opener(
        synthetix_trading.TradingOptions(
            accounts=accounts, delegates=delegates, dialect=dialect, speed=flags.speed
        )
    )
    return _serve(
        lambda: synthetix.SynthetixVenue(_told(options, port, flags), open_trading=trading),
        as_json=as_json,
        leash=flags.leash,
    )


def _told[O: LoopbackOptions](options: O, port: int, flags: ServeFlags) -> O:
    """Return a venue's options with what any venue is told; ValueError on a wrong one."""
    return msgspec.structs.replace(
        options,
        port=port,
        seed=flags.seed,
        speed=flags.speed,
        replay=flags.replay,
        start_ms=_unix_ms(flags.start),
        faults=flags.faults,
        fault_seed=flags.fault_seed,
        log=flags.log,
    )


def _serve(open_venue: Callable[[], Venue], *, as_json: bool, leash: bool) -> Exit:
    def announce(venue: Venue) -> None:
        if as_json:
            print_json({"http": venue.http_url, "ws": venue.ws_url})
        else:
            Console().print(f"Serving {venue.http_url} and {venue.ws_url}; Ctrl-C stops")

    async def run() -> None:
        await serve(open_venue(), announce)

    try:
        return asyncio.run(until_interrupted(run(), leash=leash))
    except (OSError, ValueError) as e:
        raise UsageError(str(e)) from e


def _unix_ms(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and int(text) < UNIX_MS_MAX:
        return int(text)
    moment = parse_moment("--from", text, "ISO 8601 or unix milliseconds")
    return int(moment.timestamp() * 1000)
