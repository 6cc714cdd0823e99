"""What the native API's calls do, as the audit tells of it; calls of Compute say so themselves."""

from __future__ import annotations

from typing import Final

from consolesvc.http.deeds import Deed, Deeds

_CONSOLE = "/console/v1/consoles/{id}"

DEEDS: Final[Deeds] = {
    ("POST", f"{_CONSOLE}/down"): Deed("lent", ("seconds", "who")),
    ("POST", f"{_CONSOLE}/up"): Deed("taken-back"),
    ("POST", f"{_CONSOLE}/share"): Deed("minted", ("ttl",), {"may_type": False}),
    ("DELETE", f"{_CONSOLE}/share"): Deed("withdrawn"),
    ("POST", f"{_CONSOLE}/sessions/{{session}}/kick"): Deed("kicked", ("reason",)),
    ("POST", f"{_CONSOLE}/break"): Deed("break", ("ms",)),
    # Neither the text nor the command: what is typed is not written down.
    ("POST", f"{_CONSOLE}/send"): Deed("typed"),
    ("POST", f"{_CONSOLE}/run"): Deed("typed"),
    ("POST", f"{_CONSOLE}/wait"): Deed("read"),
    ("POST", f"{_CONSOLE}/mark"): Deed("marked", ("name",)),
    ("POST", f"{_CONSOLE}/fault"): Deed("fault", ("fault", "seconds")),
    ("DELETE", f"{_CONSOLE}/fault"): Deed("fault", facts={"fault": None}),
    ("POST", "/console/v1/servers/{id}/state"): Deed("state", ("vm_state", "task_state", "status", "expire_tokens")),
    ("POST", "/identity/v3/auth/tokens"): Deed("login"),
    ("DELETE", "/identity/v3/auth/tokens"): Deed("logout"),
}
"""Each call's word, and the keys of its body that are written down with it."""
