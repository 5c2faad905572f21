"""Who is asking: the address a request came from, seen through trusted proxies; no secret."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import msgspec

type Address = IPv4Address | IPv6Address

UNKNOWN = "unknown"
"""The source of a request whose address no trusted proxy tells."""

_CACHED_MAX = 1_024
_IPV6_PREFIX = 64  # what one subscriber gets: a single one of its addresses is no source
_FORWARDED_MAX = 64  # entries of X-Forwarded-For that are read; nobody has as many proxies
# Some proxies add the port: "203.0.113.7:5123", "[2001:db8::7]:5123".
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+")


class Source(msgspec.Struct, frozen=True):
    """
    Where a request came from.

    Parameters
    ----------
    name : str
        The address (of IPv6 the network of 64 bits), or "unknown": what is counted as one.
    is_allowed : bool
        Whether it may post.
    """

    name: str
    is_allowed: bool


class Sources:
    """
    Find a request's source, and whether it may post.

    Parameters
    ----------
    allow : sequence of str
        Addresses and networks that may post; empty lets all of them.
    trusted_proxies : sequence of str
        Addresses and networks whose header X-Forwarded-For is believed, and nobody else's.

    Raises
    ------
    ValueError
        If one of them is neither an address nor a network.
    """

    def __init__(self, allow: Sequence[str] = (), trusted_proxies: Sequence[str] = ()) -> None:
        self._allow = [ip_network(text) for text in allow]
        self._proxies = [ip_network(text) for text in trusted_proxies]
        self._direct: dict[str, Source] = {}

    def of(self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> Source:
        """Return the source of a request, by who connected and by its headers."""
        peer = client[0] if client else ""
        source = self._direct.get(peer)
        if source is not None:
            return source
        address = _parse(peer)
        if address is not None and _is_in(address, self._proxies):
            return self._source(_behind(address, self._proxies, _forwarded(headers)))
        source = self._source(address)
        if len(self._direct) >= _CACHED_MAX:
            self._direct.clear()
        self._direct[peer] = source
        return source

    def _source(self, address: Address | None) -> Source:
        if address is None:
            return Source(UNKNOWN, not self._allow)
        is_allowed = not self._allow or _is_in(address, self._allow)
        if isinstance(address, IPv6Address):
            network = IPv6Network((address, _IPV6_PREFIX), strict=False)
            return Source(str(network), is_allowed)
        return Source(str(address), is_allowed)


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """Return the entries of X-Forwarded-For from right to left: each proxy adds on the right."""
    values = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    entries = [entry.strip() for entry in ",".join(values).split(",")] if values else []
    return entries[: -_FORWARDED_MAX - 1 : -1]


def _behind(proxy: Address, proxies: Sequence[Any], entries: Sequence[str]) -> Address | None:
    """Return who spoke to the outermost trusted proxy; anyone can write what stands left of it."""
    address: Address | None = proxy
    for entry in entries:
        address = _parse(entry)
        if address is None or not _is_in(address, proxies):
            break
    return address


def _parse(text: str) -> Address | None:
    with_port = _WITH_PORT.fullmatch(text)
    if with_port is not None:
        text = with_port.group(1) or with_port.group(2)
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 peers as ::ffff:192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_in(address: Address, networks: Sequence[Any]) -> bool:
    return any(address in network for network in networks)
