"""A signed request as it is read: envelope and parameters, in any case of their names (2.1).

What is malformed is refused here in the venue's words; nobody is asked who sent it.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from simulator.synthetix_answers import Refusal
from simulator.synthetix_typed_data import Folded, fold

TEXT_MAX = 255
DECIMAL_MAX = 128
INT64_MAX = 2**63 - 1
"""Limits of the fact sheet 7 and 3.3."""


class RefusedError(Exception):
    """A whole request is refused."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.refusal = Refusal(code, message)


def invalid(message: str) -> RefusedError:
    """Return the refusal of a request whose parameters are not what they should be."""
    return RefusedError("VALIDATION_ERROR", message)


class Params:
    """The parameters of an action; each reader refuses what is not of its kind.

    `named` stands before the venue's words where a part of the request is meant: "order 2: ".
    """

    def __init__(self, folded: Folded, named: str = "") -> None:
        self.folded = folded
        self._named = named

    def refusal(self, message: str) -> RefusedError:
        """Return a refusal of this part of the request."""
        return invalid(self._named + message)

    def text(self, name: str, default: str = "", longest: int = TEXT_MAX) -> str:
        """Return a text; `default` where it is missing."""
        value = self.folded.get(name.lower())
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.refusal(f"{name} must be a string")
        if len(value) > longest:
            raise self.refusal(f"{name} must be at most {longest} characters")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth value; False where it is missing."""
        value = self.folded.get(name.lower())
        if value is not None and not isinstance(value, bool):
            raise self.refusal(f"{name} must be a boolean")
        return bool(value)

    def whole(self, name: str, default: int = 0) -> int:
        """Return a whole number, written as such or as text (ids are texts, 2.1)."""
        value = self.folded.get(name.lower())
        if value in {None, ""} if self._is_plain(name) else False:
            return default
        if isinstance(value, str) and value.isdecimal() and value.isascii():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= INT64_MAX:
            raise self.refusal(f"{name} must be a positive integer")
        return value

    def amount(self, name: str) -> Decimal | None:
        """Return a positive decimal; None where it is missing or empty."""
        text = self.text(name, longest=DECIMAL_MAX)
        if not text:
            return None
        value = _decimal(text)
        if value is None:
            raise self.refusal(f"{name} must be a valid decimal number")
        if value <= 0:
            raise self.refusal(f"{name} must be a positive value")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; whole numbers in it are taken as texts too."""
        value = self.folded.get(name.lower())
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.refusal(f"{name} must be an array")
        if not all(isinstance(x, str | int) and not isinstance(x, bool) for x in value):
            raise self.refusal(f"{name} must be an array of strings")
        return [str(x) for x in value]

    def parts(self, name: str, part: str) -> list["Params"]:
        """Return a list of objects, each named `part` and its place in the venue's words."""
        value = self.folded.get(name.lower())
        if not isinstance(value, list) or not all(isinstance(x, Mapping) for x in value):
            raise self.refusal(f"{name} array cannot be empty")
        return [Params(x, f"{part} {place}: ") for place, x in enumerate(value)]

    def _is_plain(self, name: str) -> bool:
        return not isinstance(self.folded.get(name.lower()), list | dict)


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    plain = text.strip() == text and "_" not in text and "e" not in text.lower()
    return value if value.is_finite() and plain else None


class Request(msgspec.Struct, frozen=True):
    """A signed request; `nonce` and `expires_after` 0 are none, `sub_account_id` 0 is nobody's."""

    action: str
    params: Params
    nonce: int
    expires_after: int
    signature: object

    @property
    def sub_account_id(self) -> int:
        """Return whom it is for."""
        return self.params.whole("subaccountId")

    @property
    def signed(self) -> Folded:
        """Return the values that its signature may cover."""
        outer = {"nonce": self.nonce, "expiresafter": self.expires_after}
        return {**self.params.folded, **outer, "action": self.action}


def read_request(body: bytes) -> Request:
    """Read the body of POST /v1/trade; RefusedError for what is none."""
    try:
        whole = fold(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError) as e:
        raise RefusedError("INVALID_FORMAT", "request body is not valid JSON") from e
    if not isinstance(whole, dict) or not isinstance(whole.get("params"), dict):
        raise RefusedError("MISSING_REQUIRED_FIELD", "params is required")
    outer, params = Params(whole), Params(whole["params"])
    action = params.text("action")
    if not action:
        raise RefusedError("MISSING_REQUIRED_FIELD", "action payload is required")
    return Request(
        action, params, outer.whole("nonce"), outer.whole("expiresAfter"), whole.get("signature")
    )
