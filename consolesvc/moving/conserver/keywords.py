"""Every keyword of a conserver.cf, and what is said of it where it has no place here; "" where there is nothing to say.

Nothing is said of what is carried over, and of what is so here without being asked for: marks of time, lines that are
opened again, rotated logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IDENTITY: Final = "who may do what is identity's: roles in projects, see `Who may call` in the README"
_RUN_AS: Final = "commands run as the user that consolesvc runs as; the command itself may say sudo"
_BREAK: Final = (
    "whoever is attached sends a plain break with ~B; a sequence of characters is typed, or sent by a script"
)
_IDLE: Final = "nothing is typed into a console that is idle"
_TLS: Final = "certificates are `tls` of the configuration"
_PORTS: Final = "ports are api.listen and proxy.listen"
_REACH: Final = "where it can be reached from is api.listen's and proxy.listen's, this host alone by default"

_CARRIED: Final = dict.fromkeys(
    (
        *("baud", "device", "devicesubst", "exec", "execsubst", "host", "include", "initsubst", "ipmiciphersuite"),
        *("ipmikg", "ipmiprivlevel", "logfile", "logfilemax", "master", "options", "parity", "password", "port"),
        *("portbase", "portinc", "protocol", "replstring", "type", "uds", "udssubst", "username"),
    ),
    "",
)
_HERE_ANYHOW: Final = dict.fromkeys(("initspinmax", "initspintimer", "tasklist", "timestamp"), "")

DEFAULT: Mapping[str, str] = {
    **_CARRIED,
    **_HERE_ANYHOW,
    "break": _BREAK,
    "breaklist": _BREAK,
    "execrunas": _RUN_AS,
    "idlestring": _IDLE,
    "idletimeout": _IDLE,
    "initcmd": "nothing is run when a line opens; a program that logs in and stays is a line of type command",
    "initrunas": _RUN_AS,
    "ipmiworkaround": "ipmitool has `-o` for some of these; add it to the line's argv",
    "motd": "nothing is shown to who attaches",
    "ro": IDENTITY,
    "rw": IDENTITY,
}

KEYWORDS: Mapping[str, Mapping[str, str]] = {
    "access": {
        "admin": IDENTITY,
        "allowed": _REACH,
        "include": "",
        "limited": IDENTITY,
        "rejected": _REACH,
        "trusted": _REACH,
    },
    "break": {"confirm": "", "delay": "", "string": _BREAK},
    "config": {
        **dict.fromkeys(("autocomplete", "daemonmode", "loghostnames", "redirect", "reinitcheck", "setproctitle"), ""),
        **dict.fromkeys(("sslcacertificatefile", "sslcredentials", "sslreqclientcert", "sslrequired"), _TLS),
        "defaultaccess": _REACH,
        "initdelay": "lines are opened all at once",
        "logfile": "the service logs to stderr, which systemd's journal keeps",
        "passwdfile": IDENTITY,
        "primaryport": _PORTS,
        "secondaryport": _PORTS,
        "unifiedlog": "each console has a log of its own; `consolesvc log '*'` reads them together",
    },
    "console": {**DEFAULT, "aliases": "a console has one name; clients take the beginning of it, too"},
    "default": DEFAULT,
    "group": {"users": IDENTITY},
    "task": {
        "cmd": "a command that switches a machine goes into `power` of its server; for others there is no key to press",
        **dict.fromkeys(("confirm", "description", "runas", "subst"), ""),
    },
}
"""The types of blocks, and the keywords of each."""

OPTIONS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("crtscts", "cstopb", "ixoff", "ixon", "reinitoncc"), ("", "")),
    "autoreinit": ("", "a line that is lost is always opened again"),
    "hupcl": ("DTR stays up when a line is closed", ""),
    "ixany": ("only XON lets output go on", ""),
    "login": ("", IDENTITY),
    "ondemand": ("a console is always open, and logged; `consolesvc down` lends its port", ""),
    "striphigh": ("bytes are kept as they are, all eight bits", ""),
    "unloved": ("`consolesvc log NAME --follow` shows a console that nobody is attached to", ""),
}
"""The options, and what is said where each is set, and where it is set off."""
