"""The one error of this room: data, or a wish, that cannot be used; the words are for a person."""


class BacktestError(Exception):
    """Something given cannot be used; says what was expected and what was found."""


class SourceError(Exception):
    """Who has the data does not answer, or not in time; trying again later may help."""
