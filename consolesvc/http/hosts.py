"""Which Host and Origin headers are answered (DESIGN 5.3, 5.4; nova-contract 3.1 and 3.4). No I/O, no HTTP library.

A page in someone's browser can reach a service on the same desk: by a name that it makes resolve to 127.0.0.1 (DNS
rebinding), or by posting across sites. The first is stopped by the Host header, the second by Origin.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Collection, Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

LOCALHOST = "localhost"
SAFE_METHODS = frozenset({"GET", "HEAD"})
"""Methods that change nothing, so that any page may cause them; without CORS headers it cannot read the answer."""

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,255})(?::(?P<port>[0-9]{0,5}))?")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>.+)")
_MAX_PORT = 65535


class Refusal(NamedTuple):
    """Why a request is not answered, and with which HTTP status."""

    status: HTTPStatus
    message: str


def host_name(authority: str) -> str | None:
    """The host of a Host header's value: lower case, no port, no brackets, no trailing dot; None for nonsense.

    An IPv6 address comes back in its shortest form, so that equal addresses are equal text.
    """
    match = _AUTHORITY.fullmatch(authority)
    if match is None or int(match["port"] or 0) > _MAX_PORT:
        return None
    host = match["host"]
    if host.startswith("["):
        return _ipv6(host[1:-1])
    return host.lower().removesuffix(".") or None


def origin_host(origin: str) -> str | None:
    """The host of an Origin header's value; None for `null`, an empty or an unparsable one."""
    match = _ORIGIN.fullmatch(origin)
    return host_name(match["authority"]) if match else None


def configured_host(text: str) -> str | None:
    """The host of a configured name or address, which may come with a port, and IPv6 with or without brackets."""
    return _ipv6(text.partition("%")[0]) or host_name(text)


def known_hosts(listens: Iterable[str], base_url: str | None, allowed: Iterable[str]) -> frozenset[str]:
    """The names this service answers to, besides IP literals and localhost (DESIGN 5.3).

    Args:
        listens: Hosts of the listen addresses.
        base_url: `proxy.base_url`, such as `wss://console.lab/`.
        allowed: `api.allowed_hosts`.
    """
    hosts = [configured_host(text) for text in (*listens, *allowed)]
    if base_url is not None:
        hosts.append(host_name(urlsplit(base_url).netloc))
    return frozenset(host for host in hosts if host is not None)


@functools.lru_cache(maxsize=256)
def _is_literal(host: str) -> bool:
    """Whether a Host header's value is localhost or an IP literal; remembered, for each request asks."""
    name = host_name(host)
    return name is not None and (name == LOCALHOST or _is_ip(name))


def host_allowed(host: str, known: Collection[str]) -> bool:
    """Whether a Host header's value is answered; `known` comes from `known_hosts`.

    An IP literal always is: no name was resolved, so none was rebound.
    """
    return _is_literal(host) or host_name(host) in known


def origin_allowed(origin: str | None, hosts: Collection[str], allowed: Collection[str]) -> bool:
    """Whether a websocket from this Origin is accepted (DESIGN 5.4, nova-contract 3.1).

    Args:
        origin: The header's value; None where it is absent, as with every client that is no browser: accepted.
        hosts: The Host header's value, and what it was before a proxy of ours.
        allowed: `proxy.allowed_origins`: host names.

    Compared by host name only: neither scheme nor port counts.
    """
    if origin is None:
        return True
    name = origin_host(origin)
    if name is None:
        return False
    return name in map(host_name, hosts) or name in map(configured_host, allowed)


def refusal(
    method: str,
    hosts: Sequence[str],
    origins: Sequence[str],
    fetch_site: str | None,
    known: Collection[str],
    asked: str = "",
) -> Refusal | None:
    """Why a request must not be answered; None where it may.

    Args:
        method: The request's method.
        hosts: All values of the Host header.
        origins: All values of the Origin header.
        fetch_site: The Sec-Fetch-Site header's value.
        known: What `known_hosts` gave.
        asked: The host that was asked, where a proxy of ours has written another one into the Host header. It is no
            host to be checked: no page can make a browser send such a header across sites.
    """
    if len(hosts) != 1:
        # HTTP/1.0 may leave it out. The answer's links and a console's URL are made of it, so there is nothing to
        # fall back on; 400 is what HTTP/1.1 asks for (RFC 9112, 3.2).
        return Refusal(HTTPStatus.BAD_REQUEST, f"Expected one Host header, found {len(hosts)}.")
    if not host_allowed(hosts[0], known):
        return Refusal(
            HTTPStatus.FORBIDDEN,
            f"Host {hosts[0][:100]!r} is no name of this service. If it should be one, add it to api.allowed_hosts.",
        )
    if method in SAFE_METHODS:
        return None
    for origin in origins:
        if origin_host(origin) not in (host_name(hosts[0]), host_name(asked or hosts[0])):
            return Refusal(HTTPStatus.FORBIDDEN, f"A {method} from another origin, {origin[:100]!r}, is refused.")
    if fetch_site == "cross-site":
        return Refusal(HTTPStatus.FORBIDDEN, f"A {method} from another site is refused.")
    return None


def _ipv6(text: str) -> str | None:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        return None


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
