"""Where it listens and who is let in: addresses, networks, `tls:` and `identity:` (DESIGN 5.2).

Each field's default is the default of the key, as in all of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal


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
