"""One whole trading cycle at a venue, from connecting to books that agree; it seeks no profit."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import msgspec
import uvloop
from cyclopts import Parameter
from nautilus_trader.common.component import flush_logger
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity
from rich.console import Console

from config.errors import ProfileError
from config.loading import describe, load_profile
from config.settings import Profile, StopSettings
from desk.cycle_steps import CycleError, Hand, Steps, cash_of
from desk.ending import end_trading, read_balances
from desk.exits import AnswerNeeded, DeskError, Exit, UsageError
from desk.kits import VENUES
from desk.loopback import MadeUpAccount, exported, loopback_venue
from desk.node import build_node
from desk.output import AsJson, print_json
from desk.report import new_run_directory, write_config
from desk.starting import Start

NOTIONAL: Final = Decimal(100)
NOTIONAL_MAX: Final = Decimal(1_000)
TOLERANCE: Final = Decimal("0.01")  # a cent of the settlement currency
CLEARED: Final = StopSettings(cancel_orders=True, close_positions=True)


class Step(msgspec.Struct, frozen=True):
    """One step that went well: its name, what it saw and how long it took."""

    name: str
    seen: str
    secs: float


class CycleReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a cycle went.

    `failure` is why it ended early, None if it did not. `change_venue` is by how much the account
    changed by the venue's word, `change_ours` by our fills: prices times sizes, less fees.
    """

    venue: str
    instrument: str
    steps: list[Step]
    failure: str | None
    change_venue: Decimal | None
    change_ours: Decimal | None
    directory: Path

    @property
    def exit(self) -> Exit:
        """What the shell is told."""
        return Exit.DONE if self.failure is None else Exit.FAILED


def cycle(
    venue: str,
    *,
    profile: str | None = None,
    instrument: str | None = None,
    notional: Decimal = NOTIONAL,
    notional_max: Decimal | None = None,
    yes: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
) -> Exit:
    """
    Connect, enter, protect, restart, leave, and compare the venue's books with ours.

    Parameters
    ----------
    venue
        hyperliquid or synthetix: without a profile, a loopback venue of its kind is started.
    profile
        Whose settings of the venue to use: testnet, or the path of a TOML file.
    instrument
        What to trade, as in a profile.
    notional
        About how much to enter with, in the currency of its price.
    notional_max
        How much the order may be worth that is to be filled in part: 1,000, or what is offered
        there where a venue is started. If more is offered at the best price, that step is left out.
    yes
        Trade with real money, where the profile is one of the real market.

    """
    if venue not in VENUES:
        raise UsageError(f"Expected {' or '.join(VENUES)} as a venue, found {venue!r}")
    for option, amount in (("--notional", notional), ("--notional-max", notional_max)):
        if amount is not None and not (amount.is_finite() and amount > 0):
            raise UsageError(f"{option}: expected an amount above 0, was {amount}")
    kit = VENUES[venue]
    loaded = load_profile(profile or kit.demo_profile)
    if venue not in loaded.venues or loaded.venues[venue].execution != "live":
        wanted = f"settings of {venue} with execution 'live'"
        raise ProfileError(loaded.file, f"venues.{venue}", wanted, "none")
    if loaded.venues[venue].network == "mainnet" and not yes:
        raise AnswerNeeded(f"Expected --yes: {loaded.file} trades with real money")
    instrument_id = _instrument_id(instrument or kit.demo_instrument, venue)
    settings = msgspec.structs.replace(
        loaded, venues={venue: loaded.venues[venue]}, strategies=(), webhook=None
    )
    directory = new_run_directory(Path(loaded.runs), "cycle")
    write_config(directory, describe(settings))
    console = Console(stderr=as_json)
    with _place_to_trade(venue, settings) as ready:
        most = notional_max or (NOTIONAL_MAX if ready is settings else kit.demo_notional_max)
        played = _Cycle(venue, ready, instrument_id, directory, (notional, most))
        report = played.run(lambda step: console.print(_line(step), soft_wrap=True))
    if as_json:
        print_json(report)
    else:
        _print_end(console, report)
    return report.exit


def _instrument_id(text: str, venue: str) -> InstrumentId:
    try:
        found = InstrumentId.from_str(text)
    except ValueError as e:
        raise UsageError(f"--instrument: {e}") from e
    if found.venue.value != venue.upper():
        raise UsageError(f"--instrument: expected one of {venue.upper()}, was {text}")
    return found


@contextmanager
def _place_to_trade(venue: str, profile: Profile) -> Iterator[Profile]:
    """Give a profile with addresses and a key: where it names none, those of a loopback venue."""
    settings = profile.venues[venue]
    if settings.network != "loopback" or settings.base_url_http is not None:
        yield profile
        return
    account = MadeUpAccount.new()
    with (
        loopback_venue(venue, account.options) as urls,
        TemporaryDirectory() as state,
        exported(settings.private_key_env, account.key),
    ):
        ready = profile.with_venue_urls(venue, urls.http, urls.ws)
        yield ready.with_state_directory(venue, state)


class _Cycle:
    """The three starts of a cycle, with what one must remember for the next."""

    def __init__(
        self,
        venue: str,
        profile: Profile,
        instrument_id: InstrumentId,
        directory: Path,
        notionals: tuple[Decimal, Decimal],
    ) -> None:
        self._venue = venue
        self._profile = profile
        self._instrument_id = instrument_id
        self._directory = directory
        self._notionals = notionals
        self._hands: list[Hand] = []
        self._steps: list[Step] = []
        self._show: Callable[[Step], None] = lambda _step: None
        self._money: list[Decimal] = []
        self._held: tuple[Decimal, tuple[Quantity, Price]] | None = None

    def run(self, show: Callable[[Step], None]) -> CycleReport:
        """Play all of it; whatever goes wrong, nothing is left open that this cycle opened."""
        self._show = show
        failure = None
        try:
            for part in (self._enter, self._leave, self._compare):
                self._start(part)
        except DeskError as e:
            failure = str(e)
        ours = cash_of([fill for hand in self._hands for fill in hand.fills])
        is_whole = failure is None
        return CycleReport(
            venue=self._venue,
            instrument=str(self._instrument_id),
            steps=self._steps,
            failure=failure,
            change_venue=self._money[-1] - self._money[0] if is_whole else None,
            change_ours=ours if is_whole else None,
            directory=self._directory,
        )

    def _start(self, part: Callable[[TradingNode, Steps], Awaitable[None]]) -> None:
        """Run a part on a node of its own, as if the process before had ended."""
        nodes: list[TradingNode] = []
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._play(part, nodes))
        finally:
            for node in nodes:
                node.dispose()
            flush_logger()

    async def _play(
        self, part: Callable[[TradingNode, Steps], Awaitable[None]], nodes: list[TradingNode]
    ) -> None:
        started = time.monotonic()
        hand = Hand(self._instrument_id)
        self._hands.append(hand)
        node = build_node(self._profile, self._directory / "logs", None)
        nodes.append(node)
        node.trader.add_strategy(hand)
        async with _running(node):
            self._note("connect", f"{self._venue} as {self._account_of(node)}", started)
            try:
                await part(node, Steps(hand, *self._notionals))
            except BaseException:
                await end_trading(node, CLEARED)
                raise

    async def _enter(self, node: TradingNode, steps: Steps) -> None:
        steps.begin()
        money = self._money_of(node)
        self._money.append(money)
        if money <= 0:
            raise CycleError(f"Expected money in the account, found {money}")
        self._note("fund", f"{money} in the account", time.monotonic())
        for name, step in (
            ("quote", steps.quote),
            ("enter", steps.enter),
            ("protect", steps.protect),
            ("modify", steps.modify),
            ("fill in part", steps.fill_in_part),
            ("protect all", steps.modify),
        ):
            await self._step(name, step)
        self._held = steps.held

    async def _leave(self, _node: TradingNode, steps: Steps) -> None:
        assert self._held is not None  # noqa: S101 (the part before has set it)
        self._note("restart", steps.known_again(*self._held), time.monotonic())
        for name, step in (
            ("quote", steps.quote),
            ("modify", steps.modify),
            ("leave", steps.leave),
            ("clear", steps.clear),
        ):
            await self._step(name, step)

    async def _compare(self, node: TradingNode, steps: Steps) -> None:
        self._note("flat", steps.flat(), time.monotonic())
        await read_balances(node)
        self._money.append(self._money_of(node))
        ours = cash_of([fill for hand in self._hands for fill in hand.fills])
        venue = self._money[-1] - self._money[0]
        if abs(venue - ours) > TOLERANCE:
            raise CycleError(f"Expected {ours} more in the account by our fills, was {venue}")
        self._note("books", f"{venue:+} by the venue, {ours:+} by our fills", time.monotonic())

    async def _step(self, name: str, step: Callable[[], Awaitable[str]]) -> None:
        started = time.monotonic()
        try:
            seen = await step()
        except DeskError as e:
            raise CycleError(f"{name}: {e}") from e
        self._note(name, seen, started)

    def _note(self, name: str, seen: str, started: float) -> None:
        step = Step(name, seen, round(time.monotonic() - started, 3))
        self._steps.append(step)
        self._show(step)

    def _account_of(self, node: TradingNode) -> str:
        return str(node.cache.account_for_venue(self._instrument_id.venue).id)

    def _money_of(self, node: TradingNode) -> Decimal:
        instrument = node.cache.instrument(self._instrument_id)
        account = node.cache.account_for_venue(self._instrument_id.venue)
        total = account.balance_total(instrument.get_settlement_currency())
        return Decimal(0) if total is None else Decimal(total.as_decimal())


@asynccontextmanager
async def _running(node: TradingNode) -> AsyncIterator[None]:
    start = Start(node)
    try:
        await start.end(asyncio.Event())
        if start.task.done():
            raise DeskError("The node stopped by itself")
        yield
    finally:
        if node.trader.is_running:
            node.trader.stop()  # else the node waits for orders that the steps have waited for
        await node.stop_async()
        await start.task


def _line(step: Step) -> str:
    return f"{step.name:<12} {step.secs:6.2f} s  {step.seen}"


def _print_end(console: Console, report: CycleReport) -> None:
    if report.failure is not None:
        console.print(f"failed: {report.failure}", style="bold red", soft_wrap=True)
    console.print(f"everything is in {report.directory}")
