"""The ways in which moving money ends other than well: what was sent decides which one it is."""


class CustodyError(Exception):
    """Money was not moved as asked; the message is for a person and holds no secret."""


class NothingSent(CustodyError):  # noqa: N818 - named like the venue's errors, as a sentence
    """A condition did not hold, so that what would have come next was not signed."""


class WrongRequest(NothingSent):
    """What was asked for cannot be done by anybody: a typing error, say."""


class AlreadyDone(NothingSent):
    """An earlier call has sent the very thing, and it worked; asking again sends another."""


class ChainSilent(CustodyError):  # noqa: N818
    """The node did not answer a question, or not in a form that can be read."""


class Reverted(CustodyError):  # noqa: N818
    """A transaction was mined and changed nothing but the wallet's gas money."""


class Replaced(CustodyError):  # noqa: N818
    """Another transaction took the nonce of ours, which will never be mined."""


class OutcomeUnknown(CustodyError):  # noqa: N818
    """Something was sent, and nobody can tell yet what became of it: not a failure."""


class VenueRefused(CustodyError):  # noqa: N818
    """The venue answered, and its answer was no."""


class VenueSilent(CustodyError):  # noqa: N818
    """The venue did not answer a question; nothing was asked of it but words."""
