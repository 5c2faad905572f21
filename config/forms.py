"""The forms that texts in a profile may have, with the words that ask for them; no other rule."""

from typing import Annotated

from msgspec import Meta

_HOST_AND_PATH = r"://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?(/\S*)?\Z"

Text = Annotated[str, Meta(min_length=1, description="a string that is not empty")]
# Nautilus 1.231.0 aborts the process on a trader id without a hyphen or with a non-ASCII letter.
TraderId = Annotated[
    str,
    Meta(pattern=r"(?a)^\w+(-\w+)+\Z", max_length=64, description="an id such as 'PERPDESK-001'"),
]
# No hyphen: Nautilus reads what follows the last one as a tag.
StrategyId = Annotated[
    str,
    Meta(pattern=r"(?a)^\w{1,32}\Z", description="a name of 1 to 32 letters, digits or '_'"),
]
StrategyName = Annotated[
    str,
    Meta(
        pattern=r"(?a)^(\w+|\w+(\.\w+)*:\w+)\Z",
        description="the name of a strategy or an import path 'module:Class'",
    ),
]
InstrumentId = Annotated[
    str, Meta(pattern=r"^\S+\.\w+\Z", description="an instrument id such as 'BTC-USD-PERP.VENUE'")
]
VariableName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z_][A-Z0-9_]*\Z",
        description="the name of an environment variable in capitals, digits and '_'",
    ),
]
HttpUrl = Annotated[
    str, Meta(pattern=rf"^https?{_HOST_AND_PATH}", description="an http:// or https:// address")
]
WsUrl = Annotated[
    str, Meta(pattern=rf"^wss?{_HOST_AND_PATH}", description="a ws:// or wss:// address")
]
# Nautilus's Money ends near 1.7e13 and rounds to the currency's decimals, 8 at most.
Balance = Annotated[
    str,
    Meta(
        pattern=r"^(?=[0-9.]*[1-9])[0-9]{1,12}(\.[0-9]{1,8})? [A-Z][A-Z0-9]{1,15}\Z",
        description="a positive amount and a currency such as '10000 USDC'",
    ),
]
# A password does not belong into a file; the variable of `inbox_env` may hold one.
InboxPlace = Annotated[
    str,
    Meta(
        pattern=r"^(rediss?://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?(/\d{0,3})?|(?!\w+://)[^\x00]+)\Z",
        description="the path of a file, or redis://HOST:PORT/DB",
    ),
]
