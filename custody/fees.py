"""What gas costs under EIP-1559: the bid that is signed, and what it may come to; pure."""

import msgspec

# A limit above the estimate, since the state may differ when the transaction is mined; unused gas
# is not paid for.
GAS_MARGIN_PERCENT = 25
# Twice the base fee is enough for six full blocks in a row, each of which raises it by an eighth.
BASE_FEE_FACTOR = 2


class Fees(msgspec.Struct, frozen=True):
    """The price of a unit of gas now, in wei."""

    base_wei: int
    tip_wei: int

    @property
    def max_wei(self) -> int:
        """Return the most that is bid for a unit of gas."""
        return self.base_wei * BASE_FEE_FACTOR + self.tip_wei

    def expected_cost_wei(self, gas: int) -> int:
        """Return what so much gas costs at the price of now."""
        return gas * (self.base_wei + self.tip_wei)

    def cost_max_wei(self, gas_limit: int) -> int:
        """Return the most that a transaction with this limit may cost."""
        return gas_limit * self.max_wei


def gas_limit(estimate: int) -> int:
    """Return the limit to sign for an estimate, rounded up."""
    return -(-estimate * (100 + GAS_MARGIN_PERCENT) // 100)
