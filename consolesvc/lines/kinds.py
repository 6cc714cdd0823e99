"""The table of line kinds: spec -> opener."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, cast

from consolesvc.config.linespec import (
    CommandSpec,
    EmulatedSpec,
    LineSpec,
    RemoteSpec,
    Rfc2217Spec,
    SerialSpec,
    TcpSpec,
    TelnetSpec,
    UnixSpec,
)
from consolesvc.errors import LineError, LineLost
from consolesvc.lines.base import READ_SIZE, Opener

OPENERS: Mapping[type[Any], str] = {
    SerialSpec: "serial.SerialOpener",
    TcpSpec: "tcp.TcpOpener",
    UnixSpec: "unix.UnixOpener",
    TelnetSpec: "telnetline.TelnetOpener",
    Rfc2217Spec: "rfc2217.Rfc2217Opener",
    CommandSpec: "command.CommandOpener",
    EmulatedSpec: "emulated.EmulatedOpener",
    RemoteSpec: "remote.RemoteOpener",
}
"""Where each kind's is, in this folder: imported once there is such a line, for most labs have one kind or two."""
NAMED = (CommandSpec, EmulatedSpec)
"""Kinds whose opener is told the server's name, too."""


def make_opener(spec: LineSpec, name: str) -> Opener:
    """The opener for a spec; `name` is the server's, which a command is told and an emulated guest goes by."""
    module, _, opener = OPENERS[type(spec)].partition(".")
    make = getattr(importlib.import_module(f"{__package__}.{module}"), opener)
    return cast("Opener", make(spec, name) if isinstance(spec, NAMED) else make(spec))


async def probe(spec: LineSpec) -> str | None:
    """Open a line once and close it: None where it opens, else what is wrong and its cure."""
    opener = make_opener(spec, "probe")
    try:
        line = await opener.open(_Deaf())
        await line.close()
    except LineError as error:
        return str(error)
    finally:
        await opener.close()
    return None


class _Deaf:
    """A receiver for which an open line is all there is to know."""

    read_limit = READ_SIZE

    def received(self, data: bytes | memoryview) -> None:
        """Output while probing is not kept."""

    def space(self, most: int) -> None:
        """No memory for it either."""

    def filled(self, size: int) -> None:
        """Never asked for."""

    def lost(self, reason: LineLost) -> None:
        """It opened: that is the answer."""
