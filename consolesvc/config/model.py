"""What a configuration is once it is parsed: frozen, typed, complete.

Each field's default here is the default of the key (DESIGN 5.2); `config/lab.yaml` repeats them for readers, and a
test holds the two together. Sizes are bytes, times seconds, ids text with dashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from consolesvc.config.access import Address, Identity, IdentityNone, Network, Tls
from consolesvc.config.operators import Audit, Log, Metrics, Service
from consolesvc.config.server import Defaults, ServerConfig
from consolesvc.config.telling import Webhook
from consolesvc.config.units import KIB, MIB


@dataclass(frozen=True, slots=True)
class Api:
    """`api:` the HTTP port. `tls` None: as at the top level; `prefix`: begins with a slash, has none at its end."""

    listen: Address = Address("127.0.0.1", 8774)
    allowed_hosts: tuple[str, ...] = ()
    prefix: str = ""
    tls: Tls | Literal[False] | None = None


@dataclass(frozen=True, slots=True)
class Proxy:
    """`proxy:` the websocket port. `base_url` None: built from the listen address, DESIGN 5.2. `tls` as the API's."""

    listen: Address = Address("127.0.0.1", 6083)
    base_url: str | None = None
    allowed_origins: tuple[str, ...] = ()
    notices: bool = True
    drop_first_cr: bool = False
    tls: Tls | Literal[False] | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """`tokens:` how long a token is good for connecting, and how often.

    Attributes:
        store: `memory`, or the URL of a Redis that several hosts share, with a user's name in it and no password.
        password_file: Path of the file whose first line is the password there; None for none.
    """

    ttl: float = 600
    single_use: bool = False
    enforce_session_timeout: bool = False
    resume: float = 12 * 3600
    store: str = "memory"
    password_file: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """`limits:` caps; 0 is none."""

    sessions: int = 10000
    sessions_per_console: int = 64
    sessions_per_token: int = 64
    waits_per_caller: int = 256
    streams_per_caller: int = 64
    handshakes: int = 512
    headers: int = 32 * KIB
    body: int = MIB


@dataclass(frozen=True, slots=True)
class Emulator:
    """`emulator:` whether `POST /servers` makes fake servers, and how many there may be; `max` 0 is no cap."""

    allow_create: bool = False
    max: int = 64


@dataclass(frozen=True, slots=True)
class Power:
    """`power:` at the top: how often each server's `power.status` is asked; `poll` 0 is never."""

    poll: float = 60


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration. `path` is the main file, None for the embedded demo."""

    api: Api = Api()
    proxy: Proxy = Proxy()
    tls: Tls | None = None
    trusted_proxies: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    tokens: Tokens = Tokens()
    identity: Identity = IdentityNone()
    log: Log = Log()
    service: Service = Service()
    metrics: Metrics = Metrics()
    audit: Audit = Audit()
    emulator: Emulator = Emulator()
    power: Power = Power()
    limits: Limits = Limits()
    defaults: Defaults = Defaults()
    webhooks: tuple[Webhook, ...] = ()
    servers: tuple[ServerConfig, ...] = ()
    path: Path | None = field(default=None, compare=False)

    @property
    def shared(self) -> bool:
        """Whether one port serves both. Port 0 is any free one, so that two of them are two ports."""
        return self.api.listen == self.proxy.listen and self.api.listen.port != 0

    def tls_of(self, port: Api | Proxy) -> Tls | None:
        """What a port speaks TLS with; None where it speaks none."""
        return self.tls if port.tls is None else port.tls or None
