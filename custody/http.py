"""One POST of JSON to a venue's API; never repeated by itself."""

from http import HTTPStatus
from typing import Final

import msgspec
import requests

from custody.errors import OutcomeUnknown, VenueRefused, VenueSilent

REQUEST_SECS: Final = 20.0
_WORDS_MAX = 300
# "Every request must carry a descriptive User-Agent": https://developers.synthetix.io/llms.txt
_HEADERS = {"Content-Type": "application/json", "User-Agent": "perpdesk-funds"}


def ask[T](url: str, body: object, kind: type[T], what: str) -> T:
    """
    Return the answer to a question.

    Parameters
    ----------
    what
        What is asked for, in words for people.

    Raises
    ------
    VenueSilent
        There is no answer, or one of another form.

    """
    wanted = f"Expected {what} from {url}"
    try:
        response = _post(url, body)
    except requests.RequestException as e:
        raise VenueSilent(f"{wanted}, found {type(e).__name__}") from e
    if response.status_code != HTTPStatus.OK:
        raise VenueSilent(f"{wanted}, found HTTP {response.status_code}{_words(response)}")
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.DecodeError as e:
        raise VenueSilent(f"{wanted}, found another form: {e}") from e


def order[T](url: str, body: object, kind: type[T], what: str) -> T:
    """
    Send a signed action, once, and return the answer.

    Raises
    ------
    VenueRefused
        The venue answered that it was not even read (HTTP 4xx).
    OutcomeUnknown
        There is no answer, or one that cannot be read: the action may have been carried out.

    """
    wanted = f"Expected an answer to {what}"
    unknown = "it may have been carried out all the same"
    try:
        response = _post(url, body)
    except requests.RequestException as e:
        raise OutcomeUnknown(f"{wanted}, found {type(e).__name__}: {unknown}") from e
    status = response.status_code
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise VenueRefused(f"Expected {what} to be taken, found HTTP {status}{_words(response)}")
    if status != HTTPStatus.OK:
        raise OutcomeUnknown(f"{wanted}, found HTTP {status}: {unknown}")
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.DecodeError as e:
        raise OutcomeUnknown(f"{wanted}, found another form: {unknown}") from e


def _post(url: str, body: object) -> requests.Response:
    return requests.post(
        url,
        data=msgspec.json.encode(body),
        headers=_HEADERS,
        timeout=REQUEST_SECS,
        allow_redirects=False,  # a signed action goes where it was meant to go
    )


def _words(response: requests.Response) -> str:
    """Return the venue's own words, cut short."""
    text = response.content[:_WORDS_MAX].decode(errors="replace").strip()
    return f": {text}" if text else ""
