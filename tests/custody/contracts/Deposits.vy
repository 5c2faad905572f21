# pragma version ~=0.4.3
"""
A stand-in for the venue's deposit contract: it pulls each token by allowance and says AssetDeposited.

Only the selector, the argument types and the event's topic are the venue's; which of the event's
arguments are indexed is a guess. It takes no permit.
"""

interface Token:
    def transferFrom(sender: address, receiver: address, amount: uint256): nonpayable

struct TokenPermissions:
    token: address
    amount: uint256

struct Permit:
    permitted: TokenPermissions
    nonce: uint256
    deadline: uint256

struct PermitDetails:
    permit: Permit
    signature: Bytes[65]

struct Deposit:
    token: address
    amount: uint256
    beneficiary: address
    subAccountId: uint256
    permitDetails: PermitDetails

event AssetDeposited:
    depositor: indexed(address)
    token: indexed(address)
    beneficiary: indexed(address)
    amount: uint256
    subAccountId: uint256

paused: public(bool)


@external
def pause():
    self.paused = True


@external
def unpause():
    self.paused = False


@external
def deposit(deposits: DynArray[Deposit, 8]):
    assert not self.paused, "deposits are paused"
    for one: Deposit in deposits:
        assert len(one.permitDetails.signature) == 0, "no permit is taken"
        extcall Token(one.token).transferFrom(msg.sender, self, one.amount)
        log AssetDeposited(
            depositor=msg.sender,
            token=one.token,
            beneficiary=one.beneficiary,
            amount=one.amount,
            subAccountId=one.subAccountId,
        )
