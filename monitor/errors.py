"""The one error of the API: an answer that is not 200, with a code for machines and words."""

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """The body of every answer that is not 200, in the form of the webhook's."""

    code: str
    message: str


class MonitorError(Exception):
    """
    Answer a request with a status, a code that stays the same, and a message for people.

    The message says what was expected and what was found; never a token.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
