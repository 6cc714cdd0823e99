"""Where a request's own links lead: to the address that the client used, also where a proxy stands between."""

from __future__ import annotations

import re
from collections.abc import Mapping

from consolesvc.http.hosts import host_name

SCHEMES = ("http", "https")

_PORT = re.compile(r"0*([1-9][0-9]{0,4})")
_MAX_PORT = 65535
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+")
_OWN_PORT = re.compile(r":[0-9]*$")


def public_root(scheme: str, host: str, headers: Mapping[str, str]) -> str:
    """The root of links in an answer, without a slash at its end: `https://lab.example/compute`.

    Args:
        scheme: The request's own.
        host: Its Host header.
        headers: All its headers. Of these, X-Forwarded-Proto, -Host, -Port and -Prefix tell what the first proxy was
            asked for; of a list its first item counts, and a value that is none is passed over.
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
    prefix = _first(headers, "X-Forwarded-Prefix").rstrip("/")
    return f"{scheme}://{host}{prefix if _PREFIX.fullmatch(prefix) else ''}"


def _first(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").partition(",")[0].strip()
