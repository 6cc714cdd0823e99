"""The options of a connection of ser2net's, and what is said of each that has no place here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_IDENTITY: Final = "who may attach is identity's, see `Who may call` in the README"
_STRING: Final = "nothing is sent to a machine, or to who attaches, by itself"
_LOG: Final = "output is in the log of the console: consolesvc log NAME"

_MDNS: Final = (
    *("mdns", "mdns-interface", "mdns-nettype", "mdns-name", "mdns-type", "mdns-domain", "mdns-host", "mdns-txt"),
    "mdns-sysattrs",
)

HERE_ANYHOW: Final = frozenset(
    {
        *("max-connections", "kickolduser", "chardelay", "chardelay-scale", "chardelay-min", "chardelay-max"),
        *("dev-to-net-bufsize", "net-to-dev-bufsize", "dev-to-tcp-bufsize", "tcp-to-dev-bufsize", "signature"),
        *("accepter-retry-time", "connector-retry-time", "telnet-brk-on-sync", "telnet_brk_on_sync", "remctl"),
        *("trace-hexdump", "trace-timestamp", "hexdump", "timestamp"),
        *(f"trace-{way}-{how}" for way in ("read", "write", "both") for how in ("hexdump", "timestamp")),
        *(f"{way}-{how}" for way in ("tr", "tw", "tb") for how in ("hexdump", "timestamp")),
    }
)
"""Options that ask for what is so here, or is of no account: any number of people share a console, which is always
open, and its log has times."""

OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("banner", "openstr", "closestr"), _STRING),
    **dict.fromkeys(("closeon", "sendon"), "output is handed on as it comes, and ends no session"),
    **dict.fromkeys(("remaddr", "authdir", "pamauth", "allowed-users"), _IDENTITY),
    **dict.fromkeys(("trace-read", "tr"), _LOG),
    **dict.fromkeys(("trace-write", "tw", "trace-both", "tb"), "keystrokes are never logged; " + _LOG),
    **dict.fromkeys(("led-tx", "led-rx"), "no LED is lit"),
    **dict.fromkeys(_MDNS, "nothing is announced by mDNS"),
    **dict.fromkeys(("no-con-to-acc", "no-acc-to-con"), "a console is read by all, and typed into by who may"),
    "connback": "we connect to nobody; who wants the console connects to its URL",
}
