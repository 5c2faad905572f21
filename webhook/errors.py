"""The one error of the webhook: an answer that is not 200, with its words; nothing else."""

from webhook.inbox import Outcome


class WebhookError(Exception):
    """
    Answer a request with a status, a code for machines and a message for people.

    TradingView resends after 5xx except 504 and never after 4xx, so 4xx means "never valid" and
    503 "not taken, send again"
    (https://www.tradingview.com/support/solutions/43000529348-about-webhooks/).

    Parameters
    ----------
    status : int
        The HTTP status.
    code : str
        A word that stays the same between versions.
    message : str
        What was expected and what was found; never a secret.
    retry_after_secs : int or None
        When to try again, where waiting helps; at least 1.
    key, outcome
        Of the alert that stands in the way, where there is one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after_secs: int | None = None,
        key: str | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_secs = retry_after_secs
        self.key = key
        self.outcome = outcome
