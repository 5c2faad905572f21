"""Nautilus's execution client for Synthetix: it routes; other modules do the work."""

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
from adapters.common.errors import OutcomeUnknown, VenueError
from adapters.common.insistence import insist
from adapters.common.keep_warm import keep_warm
from adapters.common.key_state import KeyState
from adapters.common.venue_clock import VenueClock
from adapters.common.wallet import Wallet
from adapters.synthetix.config import SynthetixExecClientConfig
from adapters.synthetix.constants import SYNTHETIX_VENUE
from adapters.synthetix.credentials import check_credentials
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.loaded import LoadedInstruments
from adapters.synthetix.providers import SynthetixInstrumentProvider
from adapters.synthetix.rooms import AccountRooms
from adapters.synthetix.schemas import Subscription
from adapters.synthetix.signing import Signer


class SynthetixExecutionClient(LiveExecutionClient):
    """
    Trade one Synthetix sub-account, with its owner's key or a delegate's.

    Which sub-account that is, is known once the venue was asked; the account's id is
    ``SYNTHETIX-<sub-account>`` from then on.

    An order is rejected only when the venue has said so. A time-out, a lost connection or an
    unreadable answer leaves it in flight, and it is looked up by its client order id until the
    venue's word settles it. Orders, fills and balances missed while disconnected are recovered at
    once after a reconnect.

    Parameters
    ----------
    loop, msgbus, cache, clock
        Those of the node.
    http : SynthetixHttpClient
        The venue's REST endpoint.
    wallet : Wallet
        The key that signs.
    state : KeyState
        What of this key outlives the process; closed when the client disconnects.
    instrument_provider : SynthetixInstrumentProvider
        What is listed.
    config : SynthetixExecClientConfig
        The settings.
    name : str
        The client id.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        http: SynthetixHttpClient,
        wallet: Wallet,
        state: KeyState,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        instrument_provider: SynthetixInstrumentProvider,
        config: SynthetixExecClientConfig,
        name: str,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            venue=SYNTHETIX_VENUE,
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
        self._wallet = wallet
        self._state = state
        self._config = config
        self._listed = instrument_provider
        self._instruments = LoadedInstruments(instrument_provider, cache)
        self._venue_clock = VenueClock(http.exchange_time_ms, clock)
        self._known_rooms: AccountRooms | None = None
        self._chores = Chores(loop, self._log)
        msgbus.register(endpoint=f"{name}.command", handler=self._on_command)

    # Connection

    @property
    def is_streaming(self) -> bool:
        """Whether the line stands now; `is_connected` stays true while a lost one is renewed."""
        rooms = self._known_rooms
        return rooms is not None and rooms.ws.is_connected

    async def _connect(self) -> None:
        warn = self._log.warning
        await insist(self._instruments.load, "instruments", warn)
        subaccount_id = await insist(self._find_subaccount, "sub-account", warn)
        await insist(self._venue_clock.compare, "time of the venue", warn)
        rooms = self._known_rooms or self._furnish(subaccount_id)
        self._known_rooms = rooms
        rooms.news.begin(self._venue_clock.records_ms())
        rooms.finding.begin(self._venue_clock.records_ms())
        await insist(rooms.watch.refresh, "balances", warn)
        await self._await_account_registered()
        await rooms.ws.connect()
        account_stream = Subscription(type="subAccountUpdates", subAccountId=subaccount_id)
        await rooms.ws.subscribe(account_stream)
        await rooms.terms.apply(self._config.leverages)
        rooms.recovery.begin()
        self._chores.start(rooms.lookups.run(), "synthetix order look-ups")
        self._chores.start(rooms.sweep.run(), "synthetix sweep")
        housekeeping = rooms.watch.keep(self._venue_clock.compare)
        self._chores.start(housekeeping, "synthetix housekeeping")
        if self._config.keep_warm:
            self._chores.start(keep_warm(), "synthetix keep-warm")
        if rooms.last_resort is not None:
            self._chores.start(rooms.last_resort.run(), "synthetix last resort")

    async def _disconnect(self) -> None:
        await self._chores.end()
        rooms = self._known_rooms
        if rooms is not None:
            if rooms.last_resort is not None:
                await rooms.last_resort.disarm()
            await rooms.ws.disconnect()
        self._state.close()

    async def _find_subaccount(self) -> str:
        return await check_credentials(self._http, self._wallet.address, self._config.subaccount_id)

    def _furnish(self, subaccount_id: str) -> AccountRooms:
        self._set_account_id(AccountId(f"{self.id.value}-{subaccount_id}"))
        return AccountRooms(
            self,
            self._loop,
            self._cache,
            self._clock,
            self._http,
            self._venue_clock,
            Signer(self._wallet, subaccount_id),
            self._state.nonces(),
            self._instruments,
            self._listed,
            self._config,
            tell=self._tell_account,
            send_reports=self._send_mass_status_report,
            spawn=self.create_task,
        )

    @property
    def _rooms(self) -> AccountRooms:
        """
        The rooms of the account.

        Raises
        ------
        OutcomeUnknown
            If it is not known yet which account that is.

        """
        if self._known_rooms is None:
            raise OutcomeUnknown("Expected to be connected to the venue, is not yet")
        return self._known_rooms

    # Orders out. Each command runs up to its first wait in the caller's stack, so that an order
    # leaves in the same turn of the loop in which the engine hands it over.

    def submit_order(self, command: messages.SubmitOrder) -> None:
        """Place an order."""
        self._begin(self._submit_order(command), "submit_order")

    def submit_order_list(self, command: messages.SubmitOrderList) -> None:
        """Place the orders of a list; a bracket in one request."""
        self._begin(self._submit_order_list(command), "submit_order_list")

    def modify_order(self, command: messages.ModifyOrder) -> None:
        """Change an order."""
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

    async def _query_account(self, command: messages.QueryAccount) -> None:
        del command  # there is one account
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
        """Return orders, fills and positions of one look; None if the venue does not tell."""
        if self._known_rooms is None:
            self._log.error("Cannot reconcile: it is not known yet which account is traded")
            return None
        self.reconciliation_active = True
        try:
            return await self._rooms.reconciliation.mass_status(lookback_mins)
        finally:
            self.reconciliation_active = False
