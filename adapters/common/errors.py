"""The three ways in which a venue command can fail; no other exception leaves http or websocket."""


# ruff: noqa: N818 - each name is the sentence that a reader needs, not a kind of error


class VenueError(Exception):
    """Any of the three failures below; never raised itself."""


class VenueRefused(VenueError):
    """The venue said no to this very command; sending it again unchanged would fail again."""


class OutcomeUnknown(VenueError):
    """The command may or may not have taken effect: a time-out, a lost connection, 429 or 5xx."""


class NotSent(VenueError):
    """The command is proved never to have left this process."""
