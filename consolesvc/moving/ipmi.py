"""Serial over LAN: a console on a BMC as a line of ours, which runs ipmitool."""

from __future__ import annotations

from typing import Any, Final

from consolesvc.moving.moved import Entry, Place

PASSWORD: Final = "IPMI_PASSWORD"  # noqa: S105 - the name of a variable
KEY: Final = "IPMI_KGKEY"


def sol(
    name: str,
    place: Place,
    host: str,
    *,
    user: str = "",
    password: str = "",
    key: str = "",
    options: tuple[str, ...] = (),
) -> Entry:
    """A console by `ipmitool sol activate`; its secrets are for the environment.

    Args:
        name: Its name.
        place: Where it is defined.
        host: The BMC.
        user: Who logs in there; "" for nobody.
        password: Their password.
        key: The BMC's key K_g.
        options: More for ipmitool.
    """
    session = ["ipmitool", "-I", "lanplus", "-H", host, *(("-U", user) if user else ()), *options]
    session += [*(["-E"] if password else []), *(["-K"] if key else [])]
    line: dict[str, Any] = {
        "type": "command",
        "argv": [*session, "sol", "activate"],
        "before": [[*session, "sol", "deactivate"]],
    }
    secrets = {PASSWORD: password, KEY: key}
    return Entry(name, line, place, secrets={variable: secret for variable, secret in secrets.items() if secret})
