"""What proxies in front of us tell: where a client asked, and who it is. Only `trusted_proxies` are believed.

Anybody can send such headers. Of X-Forwarded-For the last entry is the one that the proxy next to us added; where that
is a proxy of ours too, the one before it counts, and so on: what a client wrote itself stands further left than any of
these, and is never reached. The others tell where the first proxy was asked, and lead only their own sender astray.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import NamedTuple

from aiohttp import web

from consolesvc.config.access import Network
from consolesvc.config.model import Config
from consolesvc.http.hosts import host_name

SCHEMES = ("http", "https")
_TELLING = tuple(f"X-Forwarded-{name}" for name in ("Proto", "Host", "Port", "Prefix"))
LOCAL = "local"
"""The peer where there is no address: a socket of this host."""

PREFIX: ContextVar[str] = ContextVar("prefix", default="")
"""`api.prefix`, where the request being answered came below it; "" elsewhere."""

_PORT = re.compile(r"0*([1-9][0-9]{0,4})")
_MAX_PORT = 65535
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+")
_OWN_PORT = re.compile(r":[0-9]*$")
# No zone behind an IPv6 address: it may be any text, and this ends up in logs.
_ENTRY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<v4>[0-9.]+)):(?P<port>[0-9]{1,5})|(?P<bare>[0-9A-Fa-f:.]+)")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Peer(NamedTuple):
    """Who is at the other end: an address, and a port where it is known; 0 where it is not."""

    address: Address
    port: int = 0

    def __str__(self) -> str:
        text = _text(self.address)
        return text if not self.port else f"[{text}]:{self.port}" if ":" in text else f"{text}:{self.port}"


class Proxies:
    """The proxies that are believed.

    Args:
        trusted: `trusted_proxies`; replaced by a reload: `proxies.trusted = …`.
    """

    def __init__(self, trusted: Sequence[Network] = Config().trusted_proxies) -> None:
        self.trusted = trusted

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)

    def client(self, peer: Peer, forwarded_for: Iterable[str]) -> Peer:
        """Who asked.

        Args:
            peer: Who is connected to us.
            forwarded_for: The X-Forwarded-For headers, in their order.
        """
        entries = [entry for header in forwarded_for for entry in header.split(",")]
        while entries and peer.address in self:
            entry = _entry(entries.pop().strip())
            if entry is None:
                break
            peer = entry
        return peer


PROXIES = web.AppKey("proxies", Proxies)
"""Where an application has them; without, those of this host are believed."""
_OF_THIS_HOST = Proxies()


def peer_at(name: object) -> Peer | None:
    """Who is connected by a socket with this peer name; None where that is no address of the network."""
    if not isinstance(name, tuple):
        return None
    address = _peer_address(name[0])
    return None if address is None else Peer(address, name[1])


def client_of(request: web.BaseRequest) -> str:
    """Who asked, for logs and for people: `10.0.0.3:51422`, without the port where a proxy did not tell it."""
    client = _client(request)
    return LOCAL if client is None else str(client)


def address_of(request: web.BaseRequest) -> str:
    """The address of who asked, for limits."""
    client = _client(request)
    return LOCAL if client is None else str(client.address)


def is_of_this_host(request: web.BaseRequest) -> bool:
    """Whether who asked is on this host, as far as the proxies in front of us tell: not the proxy is asked for."""
    client = _client(request)
    return client is None or client.address.is_loopback


def root_of(request: web.BaseRequest) -> str:
    """The root of links in an answer, as the client wrote it; the guard has checked the host.

    Without a slash at its end: `https://lab.example/compute`.
    """
    return public_root(request.scheme, request.headers.get("Host", request.host), _believed(request), PREFIX.get())


def host_asked(request: web.BaseRequest) -> str:
    """The host and maybe the port that the client asked: the Host header's, or what a proxy says that was."""
    forwarded = _first(_believed(request), "X-Forwarded-Host")
    return forwarded if host_name(forwarded) is not None else request.headers.get("Host", "")


def public_root(scheme: str, host: str, headers: Mapping[str, str], prefix: str = "") -> str:
    """The root of links in an answer, without a slash at its end.

    Args:
        scheme: The request's own.
        host: Its Host header.
        headers: Those of a proxy. Of these, X-Forwarded-Proto, -Host, -Port and -Prefix tell what the first one was
            asked for; of a list its first item counts, and a value that is none is passed over.
        prefix: `api.prefix`, where the request came below it. A proxy's own, which that took away, stands before it.
    """
    proto = _first(headers, "X-Forwarded-Proto").lower()
    if proto in SCHEMES:
        scheme = proto
    forwarded = _first(headers, "X-Forwarded-Host")
    if host_name(forwarded) is not None:
        host = forwarded
    port = _PORT.fullmatch(_first(headers, "X-Forwarded-Port"))
    if port is not None and int(port[1]) <= _MAX_PORT:
        default = {"http": 80, "https": 443}[scheme]
        name = _OWN_PORT.sub("", host)
        host = name if int(port[1]) == default else f"{name}:{port[1]}"
    taken = _first(headers, "X-Forwarded-Prefix").rstrip("/")
    if not _PREFIX.fullmatch(taken) or taken == prefix:
        taken = ""
    return f"{scheme}://{host}{taken}{prefix}"


def _client(request: web.BaseRequest) -> Peer | None:
    peer, forwarded_for = _peer(request), request.headers.getall("X-Forwarded-For", ())
    if peer is None or not forwarded_for:
        return peer  # as most come, and before anything is looked up
    return _proxies(request).client(peer, forwarded_for)


def _believed(request: web.BaseRequest) -> Mapping[str, str]:
    """The request's headers where a proxy of ours sent them; else none."""
    headers = request.headers
    if not any(name in headers for name in _TELLING):
        return {}  # as most come, and before anything is looked up
    peer = _peer(request)
    return headers if peer is not None and peer.address in _proxies(request) else {}


def _proxies(request: web.BaseRequest) -> Proxies:
    # An application within another has the outer one's; a request outside of any has the default.
    return request.config_dict.get(PROXIES, _OF_THIS_HOST) if isinstance(request, web.Request) else _OF_THIS_HOST


def _peer(request: web.BaseRequest) -> Peer | None:
    """Who is connected to us; None for a socket of this host, or where the connection is gone."""
    return peer_at(request.transport.get_extra_info("peername")) if request.transport is not None else None


def _entry(text: str) -> Peer | None:
    """An entry of X-Forwarded-For: an address, and some proxies add the port; None for `unknown` and nonsense."""
    match = _ENTRY.fullmatch(text)
    address = _address(match["bare"] or match["v6"] or match["v4"]) if match is not None else None
    port = int(match["port"] or 0) if match is not None else 0
    return Peer(address, port if port <= _MAX_PORT else 0) if address is not None else None


def _address(text: str) -> Address | None:
    """An address; one of IPv4 that comes by an IPv6 socket is what it is."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


_peer_address = functools.lru_cache(1024)(_address)
"""The address of a socket's other end: who comes once comes again."""
_text = functools.lru_cache(1024)(str)
"""An address as text."""


def _first(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").partition(",")[0].strip()
