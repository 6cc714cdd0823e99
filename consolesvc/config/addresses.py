"""Parsers for what names a place on the network: listen addresses, host names, the websocket's base URL."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import parse_qs, urlsplit

from consolesvc.config.access import Address, Network
from consolesvc.config.reading import Value
from consolesvc.config.scalars import plain, text

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_LISTEN = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^\[\]]*)):(?P<port>[0-9]{1,5})")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
_OWN_PATHS = ("v2.1", "v2", "console", "identity", "healthcheck", "metrics")
_LONGEST_NAME = 253
_LARGEST_PORT = 65535


def is_ip(host: str) -> bool:
    """Whether this is an IPv4 or IPv6 address, without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_host_name(host: str) -> bool:
    """Whether this is a name that a resolver may know; an all-digit last label would be a broken IPv4 address."""
    return (
        _HOST_NAME.fullmatch(host) is not None and len(host) <= _LONGEST_NAME and not host.rpartition(".")[2].isdigit()
    )


def is_loopback(host: str) -> bool:
    """Whether only this host can reach it."""
    return ipaddress.ip_address(host).is_loopback if is_ip(host) else host.lower() == "localhost"


def is_wildcard(host: str) -> bool:
    """Whether listening there means every address of this host."""
    return is_ip(host) and ipaddress.ip_address(host).is_unspecified


def listen_address(value: Value) -> Address:
    """`host:port`, `[v6]:port`; port 0 is any free one."""
    expected = "host:port, such as 127.0.0.1:8774"
    written = plain(value, expected)
    match = _LISTEN.fullmatch(written)
    if match is None:
        raise value.unexpected(expected)
    host, port = match["v6"] or match["host"], int(match["port"])
    if host in ("", "*"):
        raise value.unexpected(f'an address before the port; "0.0.0.0:{port}" and "[::]:{port}" are every address')
    if match["v6"] is None and ":" in host:
        raise value.unexpected(f'an IPv6 address in brackets, quoted: "[{host}]:{port}"')
    if match["v6"] is not None and not (is_ip(host) and ":" in host):
        raise value.unexpected("an IPv6 address between the brackets")
    if not (is_ip(host) or is_host_name(host)):
        raise value.unexpected(expected)
    if port > _LARGEST_PORT:
        raise value.unexpected(f"a port of at most {_LARGEST_PORT}")
    # Shortest form: `[::0]` is `[::]`, by which others recognise a wildcard.
    return Address(str(ipaddress.ip_address(host)) if is_ip(host) else host, port)


def host_name(value: Value) -> str:
    """A host name or an IP address in lower case, IPv6 without brackets: what Host and Origin are compared with."""
    written = text(value, "a host name").lower()
    bare = written[1:-1] if written.startswith("[") and written.endswith("]") else written
    if is_ip(bare) or is_host_name(bare):
        return bare
    inner = _host_within(written)
    if inner is not None:
        raise value.unexpected(f"a host name alone: {inner}")
    raise value.unexpected("a host name, such as console.lab")


def _host_within(written: str) -> str | None:
    try:
        host = urlsplit(written if "://" in written else f"//{written}").hostname
    except ValueError:
        return None
    return host if host and (is_ip(host) or is_host_name(host)) else None


def base_url(value: Value) -> str:
    """Where clients find the websocket: `ws://` or `wss://`, a host, maybe a port and a path; no query."""
    expected = "a URL such as ws://console.lab:6083/"
    written = text(value, expected)
    try:
        url = urlsplit(written)
        host, port = url.hostname, url.port
    except ValueError:
        raise value.unexpected(expected) from None
    if url.scheme in ("http", "https"):
        raise value.unexpected(f"{'wss' if url.scheme == 'https' else 'ws'}:// instead of {url.scheme}://")
    if url.scheme not in ("ws", "wss") or port == 0 or not host or not (is_ip(host) or is_host_name(host)):
        raise value.unexpected(expected)
    if "?" in written or "#" in written:
        raise value.unexpected("a URL without query and fragment: the token is added to it")
    if "@" in url.netloc or " " in written:
        raise value.unexpected("a URL without user name and spaces")
    return written if url.path else f"{written}/"


def network(value: Value) -> Network:
    """An IP address, or a network as `10.0.0.0/8`."""
    expected = "an address or a network, such as 127.0.0.1 or 10.0.0.0/8"
    written = text(value, expected)
    try:
        return ipaddress.ip_network(written)
    except ValueError:
        pass
    try:
        near = ipaddress.ip_network(written, strict=False)
    except ValueError:
        raise value.unexpected(expected) from None
    raise value.unexpected(f"{near}: a network ends in zeros")


def path_prefix(value: Value) -> str:
    """The path under which a proxy asks for us, without a slash at its end; "" for none."""
    expected = "a path such as /consoles"
    written = text(value, expected)
    if _PREFIX.fullmatch(written) is None:
        raise value.unexpected(expected)
    if written.split("/")[1:2] and written.split("/")[1] in _OWN_PATHS:
        raise value.unexpected(f"{expected}: this one is a path of the API's own")
    return written.rstrip("/")


MEMORY = "memory"


def token_store(value: Value) -> str:
    """`memory`, or where a Redis is; a password has no place in the URL, and is in no sentence of ours."""
    expected = "memory, or a URL such as redis://redis.lab:6379/0, rediss://… or unix:///run/redis.sock"
    written = text(value, expected)
    if written == MEMORY:
        return written
    try:
        url = urlsplit(written)
        host, _port = url.hostname, url.port
    except ValueError:
        raise value.wrong(f"expected {expected}") from None
    if url.password or "password" in parse_qs(url.query, keep_blank_values=True):
        raise value.wrong("holds a password (which is not shown), expected `password_file` beside it")
    local = url.scheme == "unix" and url.path.startswith("/") and not host
    remote = url.scheme in ("redis", "rediss") and host and (is_ip(host) or is_host_name(host))
    if not local and not remote:
        raise value.wrong(f"expected {expected}") if "@" in written else value.unexpected(expected)
    if remote and url.path.strip("/") and not url.path.strip("/").isdigit():
        raise value.wrong("expected the number of a database, or nothing, behind the host")
    return written
