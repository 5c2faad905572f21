"""One admitted action: who acts for which account at which moment, and the engine's accounts."""

from collections.abc import Iterable
from typing import NamedTuple

from simulator.exchange.events import Outcome, Reply
from simulator.hyperliquid_directory import account_name
from simulator.hyperliquid_trading import Trading
from simulator.moments import Moment
from simulator.universe import BUILDER_ASSET, BUILDER_ASSETS


class Call(NamedTuple):
    """An action whose signer is known and may act.

    Attributes
    ----------
    user : str
        The signer, or whose agent it is.
    account : str
        The address acted on: the user's, or that of its vault or sub-account.
    """

    trading: Trading
    user: str
    account: str
    moment: Moment
    nonce: int

    @property
    def now_ms(self) -> int:
        """Return the venue's time."""
        return self.moment.now_ms

    def tell(self, reply: Reply) -> tuple[Outcome, ...]:
        """Tell what the engine did before anything is answered, and return its outcomes."""
        self.trading.tell(reply.events)
        return reply.outcomes

    def name_for(self, asset: int) -> str:
        """Return the engine account that trades an asset, opened if need be."""
        return opened(self.trading, self.account, dex_of(self.trading, asset))


def dex_of(trading: Trading, asset: int) -> str:
    """Return the name of an asset's dex; "" is the venue's own, and that of no asset at all."""
    place = (asset - BUILDER_ASSET) // BUILDER_ASSETS
    dexs = trading.market.universe.dexs
    dex = dexs[place] if 0 < place < len(dexs) else None
    return str(dex["name"]) if dex else ""


def opened(trading: Trading, address: str, dex: str = "") -> str:
    """Return the engine account of an address on a dex; an empty one is opened if there is none."""
    name = account_name(address, dex)
    if not trading.exchange.has_account(name):
        trading.exchange.open_account(name)
    return name


def grouped(names: Iterable[str]) -> dict[str, list[int]]:
    """Return at which places of a batch each engine account stands, in the order of coming."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return places
