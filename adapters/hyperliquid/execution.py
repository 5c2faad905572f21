"""Nautilus's execution client for Hyperliquid: it routes; other modules do the work."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.common.enums import LogColor
from nautilus_trader.execution import messages
from nautilus_trader.execution.reports import (
    ExecutionMassStatus,
    FillReport,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import AccountId, ClientId, ClientOrderId
from nautilus_trader.model.objects import AccountBalance, MarginBalance

from adapters.common.accounts import hold_account
from adapters.common.chores import Chores
from adapters.common.errors import VenueError
from adapters.common.governor import WeightGovernor
from adapters.common.insistence import insist
from adapters.common.keep_warm import keep_warm
from adapters.common.venue_clock import VenueClock
from adapters.hyperliquid.account_news import USER_STREAMS
from adapters.hyperliquid.config import HyperliquidExecClientConfig
from adapters.hyperliquid.constants import HYPERLIQUID_VENUE
from adapters.hyperliquid.credentials import check_credentials
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.loaded import LoadedInstruments
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider
from adapters.hyperliquid.rooms import AccountRooms
from adapters.hyperliquid.schemas import Subscription
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.state import SignerState


class HyperliquidExecutionClient(LiveExecutionClient):
    """
    Trade one Hyperliquid account: a user's own, a vault's or a sub-account's.

    An order is rejected only when the venue has said so. A time-out, a lost connection or an
    unreadable answer leaves it in flight, and it is looked up by its client order id until the
    venue's word settles it. Orders, fills and balances missed while disconnected are recovered at
    once after a reconnect.

    Parameters
    ----------
    loop, msgbus, cache, clock
        Those of the node.
    http : HyperliquidHttpClient
        The venue's REST endpoint.
    governor : WeightGovernor
        The rate limit of this IP address.
    signer : Signer
        Signs every action.
    state : SignerState
        What of this signer outlives the process; closed when the client disconnects.
    instrument_provider : HyperliquidInstrumentProvider
        What is listed.
    config : HyperliquidExecClientConfig
        The settings.
    name : str
        The client id.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        http: HyperliquidHttpClient,
        governor: WeightGovernor,
        signer: Signer,
        state: SignerState,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        instrument_provider: HyperliquidInstrumentProvider,
        config: HyperliquidExecClientConfig,
        name: str,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            venue=HYPERLIQUID_VENUE,
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            base_currency=None,
            instrument_provider=instrument_provider,
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            config=config,
        )
        self._http = http
        self._signer = signer
        self._state = state
        self._config = config
        self.address = (config.vault_address or config.account_address or signer.address).lower()
        self._set_account_id(AccountId(f"{name}-{self.address}"))
        self._instruments = LoadedInstruments(instrument_provider, cache)
        self._venue_clock = VenueClock(http.exchange_time_ms, clock)
        self._rooms = AccountRooms(
            self,
            self.address,
            loop,
            cache,
            clock,
            http,
            governor,
            self._venue_clock,
            signer,
            state,
            self._instruments,
            instrument_provider,
            config,
            tell=self._tell_account,
            publish_budget=self._publish_budget,
            send_reports=self._send_mass_status_report,
            spawn=self.create_task,
        )
        self._chores = Chores(loop, self._log)
        msgbus.register(endpoint=f"{name}.command", handler=self._on_command)

    # Connection

    @property
    def is_streaming(self) -> bool:
        """Whether the line stands now; `is_connected` stays true while a lost one is renewed."""
        return self._rooms.ws.is_connected

    async def _connect(self) -> None:
        warn = self._log.warning
        await insist(self._instruments.load, "instruments", warn)
        await insist(self._check_credentials, "word on the key", warn)
        await insist(self._venue_clock.compare, "time of the venue", warn)
        self._rooms.news.begin(self._venue_clock.records_ms())
        self._rooms.finding.begin(self._venue_clock.records_ms())
        await insist(self._rooms.watch.refresh, "balances", warn)
        await self._await_account_registered()
        await self._rooms.ws.connect()
        for stream in USER_STREAMS:
            await self._rooms.ws.subscribe(Subscription(type=stream, user=self.address))
        await self._rooms.terms.apply(self._config.leverages, self._config.isolated)
        await insist(self._rooms.budget_watch.read, "budget of requests", warn)
        self._rooms.recovery.begin()
        self._chores.start(self._rooms.lookups.run(), "hyperliquid order look-ups")
        regular = (self._venue_clock.compare, self._rooms.budget_watch.read)
        self._chores.start(self._rooms.watch.keep(*regular), "hyperliquid housekeeping")
        if self._config.keep_warm:
            self._chores.start(keep_warm(), "hyperliquid keep-warm")
        if self._rooms.last_resort is not None:
            self._chores.start(self._rooms.last_resort.run(), "hyperliquid last resort")

    async def _disconnect(self) -> None:
        await self._chores.end()
        if self._rooms.last_resort is not None:
            await self._rooms.last_resort.disarm()
        await self._rooms.ws.disconnect()
        self._state.close()

    async def _check_credentials(self) -> None:
        await check_credentials(
            self._http,
            self._signer.address,
            self._config.account_address,
            self._config.vault_address,
        )

    # Orders out. Each command runs up to its first wait in the caller's stack, so that an order
    # leaves in the same turn of the loop in which the engine hands it over.

    def submit_order(self, command: messages.SubmitOrder) -> None:
        """Place an order."""
        self._begin(self._submit_order(command), "submit_order")

    def submit_order_list(self, command: messages.SubmitOrderList) -> None:
        """Place the orders of a list in one request."""
        self._begin(self._submit_order_list(command), "submit_order_list")

    def modify_order(self, command: messages.ModifyOrder) -> None:
        """Replace an order."""
        self._begin(self._modify_order(command), "modify_order")

    def cancel_order(self, command: messages.CancelOrder) -> None:
        """Cancel an order."""
        self._begin(self._cancel_order(command), "cancel_order")

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.Task(work, loop=self._loop, name=name, eager_start=True)
        done = partial(self._on_task_completed, None, None, LogColor.NORMAL)
        task.add_done_callback(done)
        self._tasks.add(task)

    async def _submit_order(self, command: messages.SubmitOrder) -> None:
        await self._rooms.commands.submit(command)

    async def _submit_order_list(self, command: messages.SubmitOrderList) -> None:
        await self._rooms.commands.submit_list(command)

    async def _modify_order(self, command: messages.ModifyOrder) -> None:
        await self._rooms.commands.modify(command)

    async def _cancel_order(self, command: messages.CancelOrder) -> None:
        await self._rooms.commands.cancel([command])

    async def _batch_cancel_orders(self, command: messages.BatchCancelOrders) -> None:
        await self._rooms.commands.cancel(command.cancels)

    async def _cancel_all_orders(self, command: messages.CancelAllOrders) -> None:
        await self._rooms.commands.cancel_all(command)

    # What the account is told besides

    def _on_command(self, command: object) -> None:
        self.create_task(self._guard(self._rooms.terms.carry_out(command)))

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (VenueError, ValueError) as e:
            self._log.error(f"The command had no effect that is known: {e}")

    # The account

    def _tell_account(
        self,
        balances: list[AccountBalance],
        margins: list[MarginBalance],
        info: dict[str, Any] | None,
    ) -> None:
        now = self._clock.timestamp_ns()
        hold_account(self, self._cache, balances, margins, now)
        self.generate_account_state(balances, margins, reported=True, ts_event=now, info=info)

    def _publish_budget(self, remaining: int) -> None:
        self._msgbus.publish(f"account.{self.account_id}.budget", remaining)

    async def _query_account(self, command: messages.QueryAccount) -> None:
        del command  # there is one account
        await self._guard(self._rooms.budget_watch.read())
        await self._guard(self._rooms.watch.refresh())

    # Reports

    async def generate_order_status_report(
        self, command: messages.GenerateOrderStatusReport
    ) -> OrderStatusReport | None:
        """Return what the venue says of an order now."""
        return await self._rooms.reconciliation.order_report(command)

    async def find_order(self, client_order_id: ClientOrderId) -> OrderStatusReport | None:
        """Return an order, or None if there is none and never will be (VenueError: not known)."""
        return await self._rooms.finding.find(client_order_id)

    async def generate_order_status_reports(
        self, command: messages.GenerateOrderStatusReports
    ) -> list[OrderStatusReport]:
        """Return the open orders, or also those that have ended."""
        return await self._rooms.reconciliation.order_reports(command)

    async def generate_fill_reports(
        self, command: messages.GenerateFillReports
    ) -> list[FillReport]:
        """Return the fills of a time."""
        return await self._rooms.reconciliation.fill_reports(command)

    async def generate_position_status_reports(
        self, command: messages.GeneratePositionStatusReports
    ) -> list[PositionStatusReport]:
        """Return the open positions."""
        return await self._rooms.reconciliation.position_reports(command)

    async def generate_mass_status(
        self, lookback_mins: int | None = None
    ) -> ExecutionMassStatus | None:
        """Return orders, fills and positions of one look."""
        self.reconciliation_active = True
        try:
            return await self._rooms.reconciliation.mass_status(lookback_mins)
        finally:
            self.reconciliation_active = False
