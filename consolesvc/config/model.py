"""What a configuration is once it is parsed: frozen, typed, complete.

Each field's default here is the default of the key (DESIGN 5.2); `config/lab.yaml` repeats them for readers, and a
test holds the two together. Sizes are bytes, times seconds, ids text with dashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from consolesvc.config.linespec import DEFAULT_SETTINGS, LineSettings, LineSpec

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Address:
    """Where a port listens: a host name, an IPv4 or an IPv6 address (without brackets), and a port; 0: any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Api:
    """`api:` the HTTP port."""

    listen: Address = Address("127.0.0.1", 8774)
    allowed_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proxy:
    """`proxy:` the websocket port. `base_url` None: built from the listen address, DESIGN 5.2."""

    listen: Address = Address("127.0.0.1", 6083)
    base_url: str | None = None
    allowed_origins: tuple[str, ...] = ()
    notices: bool = True


@dataclass(frozen=True, slots=True)
class Tokens:
    """`tokens:` how long a token is good for connecting, and how often."""

    ttl: float = 600
    single_use: bool = False
    enforce_session_timeout: bool = False
    resume: float = 12 * 3600
    store: Literal["memory"] = "memory"


@dataclass(frozen=True, slots=True)
class Identity:
    """`identity:` who is calling. Only `none` exists yet."""

    type: Literal["none"] = "none"
    allow_remote: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """`log:` what is kept on disk. `directory` None: DESIGN 5.1's; 0 in a bound is none."""

    enabled: bool = True
    segment_size: int = 8 * MIB
    keep: int = 32
    max_total: int = 10 * GIB
    min_free: int = GIB
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """`limits:` caps; 0 is none."""

    sessions: int = 10000
    sessions_per_console: int = 64
    sessions_per_token: int = 64
    handshakes: int = 512
    body: int = MIB


@dataclass(frozen=True, slots=True)
class LineDefaults:
    """`defaults.line:` what a line's own keys fall back to."""

    settings: LineSettings = DEFAULT_SETTINGS


@dataclass(frozen=True, slots=True)
class Defaults:
    """`defaults:` what a server's own keys fall back to."""

    ring: int = MIB
    replay: int = 32 * KIB
    input: Literal["shared"] = "shared"
    project_id: str = "0c5e1ab0000000000000000000000001"
    line: LineDefaults = LineDefaults()


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """One entry of `servers:`, its defaults filled in.

    Equality is what a reload goes by: two equal entries are the same server, untouched.
    """

    id: str
    name: str
    project_id: str
    line: LineSpec
    ring: int = MIB
    replay: int = 32 * KIB
    input: Literal["shared"] = "shared"
    log: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration. `path` is the main file, None for the embedded demo."""

    api: Api = Api()
    proxy: Proxy = Proxy()
    tokens: Tokens = Tokens()
    identity: Identity = Identity()
    log: Log = Log()
    limits: Limits = Limits()
    defaults: Defaults = Defaults()
    servers: tuple[ServerConfig, ...] = ()
    path: Path | None = field(default=None, compare=False)
