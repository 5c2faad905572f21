"""How long to wait before the next attempt; a pure function, it does not sleep."""


def backoff_delay_secs(attempt: int, initial: float, maximum: float, chance: float) -> float:
    """
    Return the pause before the next attempt, in seconds: exponential with half jitter.

    Parameters
    ----------
    attempt : int
        How many attempts have failed since the last success, minus one: 0, 1, 2 ...
    initial, maximum : float
        The pause after the first failure, and its upper bound, in seconds.
    chance : float
        A random number in [0, 1): clients that fail together must not come back together.

    """
    # 2**30 of anything is above every maximum; the bound keeps a long outage from overflowing.
    full: float = min(maximum, initial * 2 ** min(attempt, 30))
    return full * (0.5 + chance / 2)
