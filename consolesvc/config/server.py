"""A server, and what its keys fall back to: `servers:` and `defaults:` (DESIGN 5.2).

Each field's default is the default of the key, as in all of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from consolesvc.config.linespec import DEFAULT_SETTINGS, LineSettings, LineSpec
from consolesvc.config.telling import Events
from consolesvc.config.units import KIB, MIB

Input = Literal["shared", "exclusive", "lease"]
"""`input:` who of a console's viewers may type."""


@dataclass(frozen=True, slots=True)
class PowerCommands:
    """`power:` of a server: programs with their arguments, run without a shell; empty for what it cannot be told.

    Attributes:
        reset: Has the machine start from cold.
        on: Switches it on.
        off: Switches it off.
        status: Tells whether it is on.
        timeout: Seconds that each of them has.
        env_file: KEY=VALUE lines for their environment, an absolute path.
    """

    reset: tuple[str, ...] = field(default=(), repr=False)
    on: tuple[str, ...] = field(default=(), repr=False)
    off: tuple[str, ...] = field(default=(), repr=False)
    status: tuple[str, ...] = field(default=(), repr=False)
    timeout: float = 60
    env_file: str | None = None


@dataclass(frozen=True, slots=True)
class LineDefaults:
    """`defaults.line:` what a line's own keys fall back to."""

    settings: LineSettings = DEFAULT_SETTINGS


@dataclass(frozen=True, slots=True)
class Defaults:
    """`defaults:` what a server's own keys fall back to."""

    ring: int = MIB
    replay: int = 32 * KIB
    input: Input = "shared"
    lease_idle: float = 300
    project_id: str = "0c5e1ab0000000000000000000000001"
    line: LineDefaults = LineDefaults()
    events: Events = Events()

    def server(self, server_id: str, name: str, line: LineSpec, project_id: str | None = None) -> ServerConfig:
        """A server that says nothing more of its own."""
        return ServerConfig(
            id=server_id,
            name=name,
            project_id=project_id or self.project_id,
            line=line,
            ring=self.ring,
            replay=self.replay,
            input=self.input,
            lease_idle=self.lease_idle,
            events=self.events,
        )


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """One entry of `servers:`, its defaults filled in.

    Equality is what a reload goes by: two equal entries are the same server, untouched.

    Attributes:
        power: How its machine is switched; None for a machine that cannot be, and for a fake, which has its own way.
        audit_keys: As `audit.keys`, for this server; None: as that says.
    """

    id: str
    name: str
    project_id: str
    line: LineSpec
    ring: int = MIB
    replay: int = 32 * KIB
    input: Input = "shared"
    lease_idle: float = 300
    log: bool = True
    events: Events = Events()
    power: PowerCommands | None = None
    audit_keys: bool | None = None
