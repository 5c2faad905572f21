"""The one error of this room: data, or a wish, that cannot be used; the words are for a person."""


class BacktestError(Exception):
    """Something given cannot be used; says what was expected and what was found."""
