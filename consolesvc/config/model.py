"""What a configuration is once it is parsed: frozen, typed, complete.

Each field's default here is the default of the key (DESIGN 5.2); `config/lab.yaml` repeats them for readers, and a
test holds the two together. Sizes are bytes, times seconds, ids text with dashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Literal

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


Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Tls:
    """`tls:` what a port shows its clients, and asks of them.

    Attributes:
        cert: The server's certificate, then its chain, in PEM.
        key: Its key; None: it is in the file of `cert`.
        min_version: The oldest version that is spoken.
        ciphers: For TLS 1.2, in OpenSSL's words; "" for Python's choice.
        client_ca: Who issued the certificate that each client has to show; None: a client shows none.
    """

    cert: Path
    key: Path | None = None
    min_version: Literal["1.2", "1.3"] = "1.2"
    ciphers: str = ""
    client_ca: Path | None = None


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
        store: `memory`, or the URL of a Redis that several hosts share, a password in it and all.
    """

    ttl: float = 600
    single_use: bool = False
    enforce_session_timeout: bool = False
    resume: float = 12 * 3600
    store: str = "memory"


@dataclass(frozen=True, slots=True)
class IdentityNone:
    """`identity: {type: none}`: every caller is admin; on loopback only, unless `allow_remote`."""

    type: Literal["none"] = "none"
    allow_remote: bool = False


@dataclass(frozen=True, slots=True)
class IdentityStatic:
    """`identity: {type: static}`. `tokens`: path of the file that `config.tokens_file` reads."""

    tokens: str
    type: Literal["static"] = "static"


@dataclass(frozen=True, slots=True)
class IdentityBuiltin:
    """`identity: {type: builtin}`. `users`: path of the file that `config.users_file` reads."""

    users: str
    type: Literal["builtin"] = "builtin"


@dataclass(frozen=True, slots=True)
class IdentityKeystone:
    """`identity: {type: keystone}`: a Keystone, and the user of our own who validates tokens there.

    Attributes:
        auth_url: Its v3 API, without a slash at its end.
        password_file: Path of the file whose first line is the password.
    """

    auth_url: str
    username: str
    password_file: str
    project_name: str
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"
    type: Literal["keystone"] = "keystone"


Identity = IdentityNone | IdentityStatic | IdentityBuiltin | IdentityKeystone
"""`identity:` who is calling."""


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
class Service:
    """`service:` the process itself. `log_format`: of what it says on stderr."""

    log_format: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True)
class Metrics:
    """`metrics:` what Prometheus reads. `listen` None: on the API's port, where `identity` may ask who reads."""

    listen: Address | None = None
    identity: bool = False


AUTO: Final = "auto"
"""`audit.file`: AUDIT_FILE in the folder of the logs."""
AUDIT_FILE: Final = "audit.log"


@dataclass(frozen=True, slots=True)
class Audit:
    """`audit:` who did what, in a file of its own. `file` None: nowhere; 0 in a bound is none.

    Attributes:
        file: An absolute path; AUTO.
        keys: Whether what is typed is written, as far as it was echoed, of servers that do not say `audit_keys`.
    """

    file: str | None = None
    keys: bool = False
    segment_size: int = 8 * MIB
    keep: int = 32


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


Input = Literal["shared", "exclusive", "lease"]
"""`input:` who of a console's viewers may type."""

EVENT_KINDS = ("boot", "bootloader", "login", "panic", "reset-loop", "silence", "silence-over")
"""What can be recognised in what a machine says; patterns of one's own have names of their own beside these."""
LINE_EVENTS = ("lost", "back", "break", "mark", "power")
"""What else happens to a console and is told to everybody."""


@dataclass(frozen=True, slots=True)
class Events:
    """`events:` what is recognised in what a machine says.

    Attributes:
        boot: Whether a boot is recognised, or a pattern of one's own (RE2) in its place; likewise the next two.
        panic: The same, but that a pattern counts beside what is recognised by itself.
        reset_loop: So many boots in a quarter of an hour, without a login, are a loop; 0 for none.
        silence: Seconds without a byte while the line is open; 0 for none.
        patterns: Name and pattern (RE2) of each event of one's own.
    """

    boot: bool | str = True
    bootloader: bool | str = True
    login: bool | str = True
    panic: bool | str = True
    reset_loop: int = 3
    silence: float = 0
    patterns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Webhook:
    """One of `webhooks:`, which is told of events by HTTP.

    Attributes:
        url: Where it is. Some carry their secret in it: it is never shown.
        events: The events it is told of; none for all that are recognised, but for `silence-over`.
        consoles: Patterns of names, as a shell's; none for all.
        secret_file: Path of the file whose first line signs what it is sent; None for no signature.
    """

    url: str = field(repr=False)
    events: tuple[str, ...] = ()
    consoles: tuple[str, ...] = ()
    secret_file: str | None = None


@dataclass(frozen=True, slots=True)
class Power:
    """`power:` at the top: how often each server's `power.status` is asked; `poll` 0 is never."""

    poll: float = 60


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
