"""The table of line kinds: spec -> opener."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from consolesvc.lines.command import CommandOpener
from consolesvc.lines.emulated import EmulatedOpener
from consolesvc.lines.rfc2217 import Rfc2217Opener
from consolesvc.lines.serial import SerialOpener
from consolesvc.lines.tcp import TcpOpener
from consolesvc.lines.telnetline import TelnetOpener
from consolesvc.lines.unix import UnixOpener

# Any: a maker takes the spec that is its key, which a dict's type cannot say.
OPENERS: dict[type[Any], Callable[[Any, str], Opener]] = {
    SerialSpec: lambda spec, _name: SerialOpener(spec),
    TcpSpec: lambda spec, _name: TcpOpener(spec),
    UnixSpec: lambda spec, _name: UnixOpener(spec),
    TelnetSpec: lambda spec, _name: TelnetOpener(spec),
    Rfc2217Spec: lambda spec, _name: Rfc2217Opener(spec),
    CommandSpec: CommandOpener,
    EmulatedSpec: EmulatedOpener,
    RemoteSpec: lambda spec, _name: _remote(spec),
}


def _remote(spec: RemoteSpec) -> Opener:
    # Imported only where a configuration has such a line (lines/remote.py).
    from consolesvc.lines.remote import RemoteOpener  # noqa: PLC0415 - see above

    return RemoteOpener(spec)


def make_opener(spec: LineSpec, name: str) -> Opener:
    """The opener for a spec; `name` is the server's, which an emulated guest goes by."""
    return OPENERS[type(spec)](spec, name)


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
