"""Who connected to ser2net: nobody can any more, and how they get to the console instead."""

from __future__ import annotations

import re
from typing import Final

from consolesvc.moving.moved import Moved, Place
from consolesvc.moving.ser2net.connectors import address
from consolesvc.moving.ser2net.gensio import parse_stack
from consolesvc.moving.yaml_text import flow

_NOBODY: Final = frozenset({"dummy"})
_ADDRESSES: Final = frozenset({"tcp", "udp", "sctp"})
_PORT = re.compile(r"[0-9]{1,5}")


def tell_accepter(name: str, accepter: str, place: Place, moved: Moved) -> None:
    """Note that a port is gone, and what takes its place.

    Args:
        name: The server's, as it is called there.
        accepter: A gensio's text.
        place: Where it stands.
        moved: Takes the note.
    """
    kind, host, port = "tcp", "127.0.0.1", ""
    try:
        stack = parse_stack(accepter)
    except ValueError:
        pass
    else:
        if stack.lowest.name in _NOBODY:
            return
        telnet = next((layer for layer in stack.layers if layer.name == "telnet"), None)
        kind = "tcp" if telnet is None else "rfc2217" if telnet.has("rfc2217") else "telnet"
        if stack.lowest.name in _ADDRESSES:
            asked, port = address(stack.rest)
            host = asked if asked not in ("", "0", "0.0.0.0", "::") else host  # noqa: S104 - recognised, not bound
    tell_port(name, accepter, line_to(kind, host, port), place, moved)


def line_to(kind: str, host: str, port: str) -> str:
    """The line by which a port of ser2net's is had here; "" where the port is no number."""
    return flow({"type": kind, "host": host, "port": int(port)}) if _PORT.fullmatch(port) else ""


def tell_port(name: str, accepter: str, line: str, place: Place, moved: Moved) -> None:
    """Note it; `line` is the line by which ser2net's port could be had here, "" for none."""
    text = "nobody listens there any more: get the console by `consolesvc attach`, or by its URL"
    if line:
        text += f"; or keep the port, leave the device to ser2net, and have line: {line} here"
    moved.leave_out(place, f"{name}: accepter {accepter[:60]}", text)
