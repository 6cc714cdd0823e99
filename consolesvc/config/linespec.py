"""Line specs: what a line is, parsed and frozen; nothing here opens anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Literal

GUEST_NAMES = ("linux", "uboot", "switch", "replay", "chatter", "echo")
"""What a fake server can run; the emulator has one program for each, which a test of it holds to this tuple."""

PARITIES = "noems"
_KERNEL = re.compile(r"(?P<baud>[0-9]{1,8})(?P<parity>[noems])(?P<bits>[5-8])(?P<stop>[12])?")
_CONMAN = re.compile(r"(?P<baud>[0-9]{1,8}),(?P<bits>[5-8])(?P<parity>[noems])(?P<stop>[12])")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Speed and framing of a UART."""

    baud: int = 115200
    bits: int = 8
    parity: str = "n"
    stop: int = 1

    @classmethod
    def parse(cls, text: str) -> LineSettings:
        """Read `115200n8` (kernel), `115200n81` (ser2net) or `9600,8n1` (conman).

        Raises:
            ValueError: it is none of these, or the speed is 0.
        """
        match = _KERNEL.fullmatch(text.lower()) or _CONMAN.fullmatch(text.lower())
        if match is None or int(match["baud"]) == 0:
            raise ValueError(f"{text!r} is no line setting; expected one like 115200n8, 115200n81 or 9600,8n1")
        return cls(int(match["baud"]), int(match["bits"]), match["parity"], int(match["stop"] or 1))

    def __str__(self) -> str:
        return f"{self.baud}{self.parity}{self.bits}{self.stop if self.stop != 1 else ''}"


DEFAULT_SETTINGS = LineSettings()
"""115200n8: what a line is where nothing else is said."""

Flow = Literal["none", "rtscts", "xonxoff"]
Speed = Literal["line", "max"]

_PACE = re.compile(r"(?P<rate>[0-9]{1,7}(?:\.[0-9]{1,3})?) ?(?P<unit>c|lines)/s")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a device takes input at most.

    Attributes:
        rate: Characters or lines a second, above 0.
        unit: "c" for characters, "lines" for lines.
    """

    rate: float
    unit: Literal["c", "lines"]

    @classmethod
    def parse(cls, text: str) -> Pace:
        """Read `200 c/s` or `20 lines/s`; raises ValueError, which says what was expected."""
        match = _PACE.fullmatch(text)
        if match is None or float(match["rate"]) == 0:
            raise ValueError("a pace such as 200 c/s or 20 lines/s")
        return cls(float(match["rate"]), "c" if match["unit"] == "c" else "lines")

    def __str__(self) -> str:
        return f"{self.rate:.7g} {self.unit}/s"


@dataclass(frozen=True, slots=True)
class SerialSpec:
    """`type: serial`: a local device, through pyserial-asyncio."""

    kind: ClassVar[str] = "serial"
    device: str
    settings: LineSettings = DEFAULT_SETTINGS
    flow: Flow = "none"
    allow_host_console: bool = False
    pace: Pace | None = None

    def __str__(self) -> str:
        return self.device


@dataclass(frozen=True, slots=True)
class TcpSpec:
    """`type: tcp`: bytes on a TCP connection.

    Attributes:
        host: A name or an IP address, without brackets.
        listen: The machine connects to us, and `host` and `port` are where we listen.
    """

    kind: ClassVar[str] = "tcp"
    host: str
    port: int
    listen: bool = False
    pace: Pace | None = None

    def __str__(self) -> str:
        return place(self.host, self.port)


@dataclass(frozen=True, slots=True)
class UnixSpec:
    """`type: unix`: bytes on a unix stream socket, an absolute path; `listen` as a tcp line has it."""

    kind: ClassVar[str] = "unix"
    path: str
    listen: bool = False
    pace: Pace | None = None

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class TelnetSpec:
    """`type: telnet`: a terminal server's port."""

    kind: ClassVar[str] = "telnet"
    host: str
    port: int
    pace: Pace | None = None

    def __str__(self) -> str:
        return place(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Rfc2217Spec:
    """`type: rfc2217`: a terminal server's port whose serial settings are ours to give."""

    kind: ClassVar[str] = "rfc2217"
    host: str
    port: int
    settings: LineSettings = DEFAULT_SETTINGS
    flow: Flow = "none"
    pace: Pace | None = None

    def __str__(self) -> str:
        return place(self.host, self.port)


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """`type: command`: a program on a terminal of ours. Shows itself as the program alone: an argument may be a secret.

    Attributes:
        argv: The program and its arguments; empty where `shell` is given.
        shell: A text for /bin/sh instead.
        env_file: KEY=VALUE lines for its environment, an absolute path.
        before: Commands to run first, each time.
        cwd: Folder it runs in, absolute; None for ours.
    """

    kind: ClassVar[str] = "command"
    argv: tuple[str, ...] = field(default=(), repr=False)
    shell: str | None = field(default=None, repr=False)
    env_file: str | None = None
    before: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    cwd: str | None = None
    pace: Pace | None = None

    def __str__(self) -> str:
        return self.argv[0] if self.argv else "a shell command"


@dataclass(frozen=True, slots=True)
class EmulatedSpec:
    """`type: emulated`: a fake server.

    Attributes:
        guest: One of `GUEST_NAMES`.
        speed: "line" sends at the settings' speed, "max" as fast as it is read.
        settings: Speed of its line.
        rate: Lines a second of a `chatter` guest; 0 for as many as are read.
        file: Recording of a `replay` guest, an absolute path.
    """

    kind: ClassVar[str] = "emulated"
    guest: str
    speed: Speed = "line"
    settings: LineSettings = DEFAULT_SETTINGS
    rate: float = 10
    file: str | None = None
    pace: Pace | None = None

    def __str__(self) -> str:
        return self.guest


@dataclass(frozen=True, slots=True)
class RemoteSpec:
    """`type: consolesvc`: a console of another consolesvc.

    Attributes:
        url: Its API, without a slash at its end.
        name: The server's name there.
        token_file: An absolute path, whose first line is a token of its identity; None where it asks for none.
        auth_url: Instead of that, the v3 API of the Keystone that gives tokens for it, without a slash at its end; the
            keys of the login go with it.
        password_file: An absolute path, whose first line is the password.
        cacert: The CA that issued its certificate, an absolute path; None for those that the system trusts.
        cert: What to show a host that asks for a certificate.
        key: Its key; None where it is in `cert`, too.
    """

    kind: ClassVar[str] = "consolesvc"
    url: str
    name: str
    token_file: str | None = None
    auth_url: str | None = None
    username: str | None = None
    password_file: str | None = None
    project_name: str | None = None
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    pace: Pace | None = None

    def __str__(self) -> str:
        return f"{self.name} at {self.url}"


LineSpec = SerialSpec | TcpSpec | UnixSpec | TelnetSpec | Rfc2217Spec | CommandSpec | EmulatedSpec | RemoteSpec


def place(host: str, port: int) -> str:
    """`host:port` as people write it, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
