"""Which book is wanted, in the venue's words; pure, it sends nothing."""

from collections.abc import Mapping
from typing import Any

from adapters.hyperliquid.schemas import Subscription

MANTISSA_SIG_FIGS = 5


def book_subscription(coin: str, params: Mapping[str, Any] | None) -> Subscription:
    """
    Return the book subscription that `n_sig_figs` and `mantissa` among the parameters describe.

    Raises
    ------
    ValueError
        If the venue does not aggregate like that.

    """
    params = params or {}
    n_sig_figs, mantissa = params.get("n_sig_figs"), params.get("mantissa")
    if n_sig_figs not in (None, 2, 3, 4, 5):
        raise ValueError(f"Expected n_sig_figs from 2 to 5, was {n_sig_figs!r} ({coin})")
    if mantissa is not None and (n_sig_figs != MANTISSA_SIG_FIGS or mantissa not in (1, 2, 5)):
        raise ValueError(
            f"Expected a mantissa of 1, 2 or 5 with n_sig_figs 5, "
            f"was {mantissa!r} with {n_sig_figs!r} ({coin})",
        )
    return Subscription(type="l2Book", coin=coin, nSigFigs=n_sig_figs, mantissa=mantissa)
