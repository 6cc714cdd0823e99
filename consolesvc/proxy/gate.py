"""What a websocket request asks for, and whether it may be answered: everything before the token is looked at."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from consolesvc.config.units import parse_size
from consolesvc.http.faults import Fault

KEY_BYTES = 16
"""Length of a handshake's key (RFC 6455 section 4.1)."""
VERSIONS = ("8", "13")
"""Websocket versions that nova's proxy takes too (nova-contract 3.1)."""


class Wish(NamedTuple):
    """What the query asks for (DESIGN 5.4).

    Attributes:
        replay: Bytes of history; None for all.
        notices: Whether notices are wanted.
        since: The offset to go on from, in place of a replay; negative counts from the end. None: a replay.
        stream: The stream that `since` is of; None for the one there is.
    """

    replay: int | None
    notices: bool
    since: int | None = None
    stream: str | None = None


def is_upgrade(request: web.BaseRequest) -> bool:
    """Whether a request wants a websocket, well-formed or not."""
    return request.headers.get("Upgrade", "").strip().lower() == "websocket"


def check_handshake(request: web.Request) -> None:
    """Raise Fault 400 for a handshake that RFC 6455 section 4.2.1 does not allow."""
    headers = request.headers
    if request.method != "GET":
        raise Fault(400, "a websocket handshake is a GET")
    if "upgrade" not in [part.strip().lower() for part in headers.get("Connection", "").split(",")]:
        raise Fault(400, "websocket handshake without Connection: Upgrade")
    if headers.get("Sec-WebSocket-Version", "").strip() not in VERSIONS:
        raise Fault(400, "unsupported Sec-WebSocket-Version; expected 13", {"Sec-WebSocket-Version": "13"})
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", "").strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Fault(400, "Sec-WebSocket-Key is not 16 bytes in base64")


def read_wish(query: Mapping[str, str], *, replay: int, notices: bool) -> Wish:
    """The query's parameters, with the console's and the configuration's defaults.

    Raises:
        Fault: 400, a parameter has a value it cannot have; the message names it.
    """
    asked = query.get("replay")
    replay_size = replay if asked is None else _replay(asked)
    wanted = query.get("notices")
    if wanted not in (None, "0", "1"):
        raise Fault(400, f"notices={wanted}: expected 0 or 1")
    if asked is not None and "since" in query:
        raise Fault(400, "replay and since: expected one of them")
    since = _offset(query["since"]) if "since" in query else None
    return Wish(replay_size, notices if wanted is None else wanted == "1", since, query.get("stream"))


def _offset(text: str) -> int:
    if re.fullmatch(r"-?[0-9]{1,18}", text) is None:
        raise Fault(400, f"since={text}: expected an offset in bytes, such as 4096 or -4096")
    return int(text)


def _replay(text: str) -> int | None:
    if text == "all":
        return None
    try:
        return parse_size(text)
    except ValueError:
        raise Fault(400, f"replay={text}: expected 0, a size such as 64KiB, or all") from None


def find_resume(request: web.Request) -> str | None:
    """The resume secret from the query, which stands in for a token."""
    return request.query.get("resume")


def find_token(request: web.Request) -> str | None:
    """The token from the query, the last one counting, else from a cookie (nova-contract 3.1)."""
    given = request.query.getall("token", [])
    return given[-1] if given else request.cookies.get("token")
