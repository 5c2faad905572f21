"""An account that only the venue's word changes."""

from collections.abc import Sequence

from nautilus_trader.accounting.accounts.margin import MarginAccount
from nautilus_trader.cache.cache import Cache
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.enums import AccountType
from nautilus_trader.model.events import AccountState
from nautilus_trader.model.objects import AccountBalance, MarginBalance


def hold_account(
    client: LiveExecutionClient,
    cache: Cache,
    balances: Sequence[AccountBalance],
    margins: Sequence[MarginBalance],
    now_ns: int,
) -> None:
    """
    Put a client's account into the cache, unless it is there.

    Left to itself Nautilus makes the account from the first state it hears, and sums fills into
    it besides if a simulated exchange of the same name ever ran in this process (a backtest, a
    sandbox): what the venue has already counted is then counted twice.
    """
    if cache.account(client.account_id) is not None:
        return
    state = AccountState(
        account_id=client.account_id,
        account_type=AccountType.MARGIN,
        base_currency=None,
        reported=True,
        balances=list(balances),
        margins=list(margins),
        info={},
        event_id=UUID4(),
        ts_event=now_ns,
        ts_init=now_ns,
    )
    cache.add_account(MarginAccount(state, calculate_account_state=False))
