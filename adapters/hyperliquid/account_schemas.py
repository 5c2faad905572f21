"""What Hyperliquid tells of an account's money and standing, with its own field names; pure.

Money, prices and sizes are Decimal. Unknown fields are ignored. Times are Unix milliseconds.

Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api and its page
info-endpoint/perpetuals.
"""

# ruff: noqa: N815 - fields are called what the venue calls them

from decimal import Decimal

import msgspec


class Leverage(msgspec.Struct, frozen=True):
    """`{"type":"cross","value":20}` or `{"type":"isolated","value":20,"rawUsd":"-475.23904"}`."""

    type: str
    value: int
    rawUsd: Decimal | None = None


class CumFunding(msgspec.Struct, frozen=True):
    """`{"allTime":"0.004156","sinceOpen":"0.004156","sinceChange":"-0.000221"}`."""

    allTime: Decimal
    sinceOpen: Decimal
    sinceChange: Decimal


class Position(msgspec.Struct, frozen=True):
    """
    One position; szi is its signed size, and entryPx is cut off at the price's decimals.

    `{"coin":"BTC","szi":"0.00061","leverage":{"type":"cross","value":20},"entryPx":"82771.8",
    "positionValue":"47.66235","unrealizedPnl":"-2.82848","returnOnEquity":"-1.1203935447",
    "liquidationPx":null,"marginUsed":"2.383117","maxLeverage":40,"cumFunding":{...}}`
    """

    coin: str
    szi: Decimal
    leverage: Leverage
    positionValue: Decimal
    unrealizedPnl: Decimal
    marginUsed: Decimal
    entryPx: Decimal | None = None
    liquidationPx: Decimal | None = None
    returnOnEquity: Decimal = Decimal(0)
    maxLeverage: int | None = None
    cumFunding: CumFunding | None = None


class AssetPosition(msgspec.Struct, frozen=True):
    """`{"type":"oneWay","position":{...}}`; the venue has no other type."""

    position: Position
    type: str = "oneWay"


class MarginSummary(msgspec.Struct, frozen=True):
    """
    The sums of one dex; totalRawUsd is the cash, less than 0 once longs have been bought with it.

    `{"accountValue":"179.007426","totalNtlPos":"47.66235","totalRawUsd":"131.345076",
    "totalMarginUsed":"2.383117"}`
    """

    accountValue: Decimal
    totalNtlPos: Decimal
    totalRawUsd: Decimal
    totalMarginUsed: Decimal


class ClearinghouseState(msgspec.Struct, frozen=True):
    """
    An account's perpetuals on one dex (clearinghouseState); an unknown address has all zeros.

    `{"marginSummary":{...},"crossMarginSummary":{...},"crossMaintenanceMarginUsed":"0.595779",
    "withdrawable":"174.241191","assetPositions":[{...}],"time":1770118781558}`

    marginSummary counts isolated positions too, crossMarginSummary does not.
    """

    crossMarginSummary: MarginSummary
    withdrawable: Decimal
    assetPositions: list[AssetPosition]
    marginSummary: MarginSummary | None = None
    crossMaintenanceMarginUsed: Decimal = Decimal(0)
    time: int = 0

    @property
    def summary(self) -> MarginSummary:
        """The sums over cross and isolated positions, where the venue tells both."""
        return self.marginSummary or self.crossMarginSummary


class SpotBalance(msgspec.Struct, frozen=True):
    """`{"coin":"USDC","token":0,"total":"0.09515412","hold":"0.0","entryNtl":"0.0"}`."""

    coin: str
    token: int
    total: Decimal
    hold: Decimal
    entryNtl: Decimal = Decimal(0)


class SpotClearinghouseState(msgspec.Struct, frozen=True):
    """The tokens that an account holds: `{"balances":[{...}]}`; hold is locked in open orders."""

    balances: list[SpotBalance]


class RateLimit(msgspec.Struct, frozen=True):
    """
    What an address may still send (userRateLimit).

    `{"cumVlm":"170043721737.450012207","nRequestsUsed":36589831368,"nRequestsCap":170043731737}`;
    nRequestsSurplus is what reserveRequestWeight has bought.
    """

    cumVlm: Decimal
    nRequestsUsed: int
    nRequestsCap: int
    nRequestsSurplus: int = 0


class RoleData(msgspec.Struct, frozen=True):
    """Whom an agent signs for (`user`), or whose sub-account it is (`master`)."""

    user: str | None = None
    master: str | None = None


class UserRole(msgspec.Struct, frozen=True):
    """
    What an address is: user, vault, agent, subAccount or missing (userRole).

    `{"role":"vault"}`, `{"role":"agent","data":{"user":"0x31ca"}}`,
    `{"role":"subAccount","data":{"master":"0x31ca"}}`
    """

    role: str
    data: RoleData = RoleData()


class SubAccount(msgspec.Struct, frozen=True):
    """`{"name":"one","subAccountUser":"0x11","master":"0x22","clearinghouseState":{...}, ...}`."""

    name: str
    subAccountUser: str
    master: str
    clearinghouseState: ClearinghouseState | None = None
    spotState: SpotClearinghouseState | None = None


class ExtraAgent(msgspec.Struct, frozen=True):
    """A named agent: `{"name":"ok","address":"0x286e","validUntil":1767776120478}`."""

    name: str
    address: str
    validUntil: int


class VaultDetails(msgspec.Struct, frozen=True):
    """`{"name":"Alpha","vaultAddress":"0xdf","leader":"0x67", ...}`: who trades for a vault."""

    leader: str
