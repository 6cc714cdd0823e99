"""All servers and their consoles, by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from consolesvc.config.server import ServerConfig
from consolesvc.console.console import Console
from consolesvc.emulator.pty import FakeServer
from consolesvc.errors import NameAmbiguous, ServerNotFound
from consolesvc.lines.emulated import EmulatedOpener


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class ServerFault:
    """Why a server is in error: a sentence, and for admins what else there is to know."""

    message: str
    details: str = ""
    created: datetime = field(default_factory=_now)


@dataclass(eq=False, slots=True)
class Server:
    """A machine as Compute's API shows it, and its console.

    Attributes:
        status: `ACTIVE` also while a real line is lost: the machine may well be running (DESIGN 5.3).
        power_state: nova's number; 1 is running.
        fault: Why it is in error; None where it is not, or was only told to be.
        console_type_available: Whether it has a serial console at all; without one, a console URL is a 400.
        user_id: Who made it.
        metadata: What its maker noted on it.
        image: The image it was made from, as its maker named it; empty for none.
        flavor: Its flavor, as its maker named it.
    """

    config: ServerConfig
    console: Console
    created: datetime = field(default_factory=_now)
    status: str = "ACTIVE"
    vm_state: str = "active"
    task_state: str | None = None
    power_state: int = 1
    fault: ServerFault | None = None
    console_type_available: bool = True
    user_id: str = "admin"
    metadata: dict[str, str] = field(default_factory=dict)
    image: str = ""
    flavor: str = "serial"

    @property
    def id(self) -> str:
        """Its uuid, with dashes."""
        return self.config.id

    @property
    def name(self) -> str:
        """Its name; unique among configured servers, any text on one that was made over the API."""
        return self.config.name

    @property
    def fake(self) -> FakeServer | None:
        """The fake server behind it; None for a real line."""
        opener = self.console.reconnecting.opener
        return opener.fake if isinstance(opener, EmulatedOpener) else None

    @property
    def project_id(self) -> str:
        """The project it belongs to, as configured."""
        return self.config.project_id


class Inventory:
    """Servers by id, in the order they were added. Ids are unique."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}

    def __repr__(self) -> str:
        return f"<Inventory {len(self)} servers>"

    def __len__(self) -> int:
        return len(self._servers)

    def __iter__(self) -> Iterator[Server]:
        return iter(list(self._servers.values()))

    def get(self, server_id: str) -> Server:
        """The server with this id, 32 hex digits with or without dashes; raises ServerNotFound."""
        server = self._servers.get(server_id) or self._servers.get(canonical_id(server_id))
        if server is None:
            raise ServerNotFound(server_id)
        return server

    def find(self, wanted: str, seen: Callable[[Server], bool] = lambda _: True) -> Server:
        """The server with this id or exact name; raises ServerNotFound and NameAmbiguous.

        An id comes first: a server that bears another's id as its name must not be taken for it.

        Args:
            wanted: The id or the name.
            seen: Whether a server exists for who asks; one that does not makes no name ambiguous either.
        """
        server = self._servers.get(canonical_id(wanted))
        named = [server] if server else [each for each in self._servers.values() if each.name == wanted]
        named = [each for each in named if seen(each)]
        if len(named) > 1:
            raise NameAmbiguous(wanted, [each.id for each in named])
        if not named:
            raise ServerNotFound(wanted)
        return named[0]

    def add(self, server: Server) -> None:
        """Take a server in; its id is new, as the configuration proved or its maker saw to."""
        self._servers[server.id] = server

    def remove(self, server_id: str) -> Server:
        """Take a server out; raises ServerNotFound. Its console is the caller's to close."""
        server = self.get(server_id)
        del self._servers[server.id]
        return server


def canonical_id(text: str) -> str:
    """A uuid's usual form of 32 hex digits in either case, with or without dashes; other text comes back as it is."""
    digits = text.replace("-", "").lower()
    if len(digits) != 32 or len(text) not in (32, 36) or not all(c in "0123456789abcdef" for c in digits):  # noqa: PLR2004 - a uuid's own numbers
        return text
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
