"""Who may do what (DESIGN 5.3; nova's names for its rules, nova-contract 1.5)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from consolesvc.compute.schema import clipped
from consolesvc.errors import ServerNotFound
from consolesvc.http.deeds import about
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER, Caller
from consolesvc.inventory import Inventory, Server


class Rule(NamedTuple):
    """A rule: its name, as faults tell it, and who passes."""

    name: str
    allows: Callable[[Caller], bool]

    def check(self) -> None:
        """Raise Fault 403 where the caller of this request does not pass."""
        if not self.allows(CALLER.get()):
            raise Fault(HTTPStatus.FORBIDDEN, f"Policy doesn't allow os_compute_api:{self.name} to be performed.")


def reads(caller: Caller) -> bool:
    """Readers and above."""
    return caller.may_read


def types(caller: Caller) -> bool:
    """Members and above."""
    return caller.may_type


def rules(caller: Caller) -> bool:
    """Admins."""
    return caller.is_admin


LIST = Rule("servers:index", reads)
DETAIL = Rule("servers:detail", reads)
SHOW = Rule("servers:show", reads)
LIST_ALL = Rule("servers:index:get_all_tenants", rules)
DETAIL_ALL = Rule("servers:detail:get_all_tenants", rules)
CONSOLE = Rule("os-remote-consoles", types)
OUTPUT = Rule("os-console-output", reads)
TOKENS = Rule("os-console-auth-tokens", rules)


def change(what: str) -> Rule:
    """The rule of a call that changes servers, such as `create` or `reboot`."""
    return Rule(f"servers:{what}", types)


def find_server(inventory: Inventory, server_id: str) -> Server:
    """The server with this id; raises ServerNotFound also where the caller's project has no such server."""
    server = inventory.get(server_id)
    if not CALLER.get().sees(server.project_id):
        raise ServerNotFound(server_id)
    return about(server)


def check_project(project_id: str) -> None:
    """Raise Fault 400 where a path names another project than the caller's.

    Nobody's project is every project: an admin without one may name any (identity none, DESIGN 5.3).
    """
    caller = CALLER.get()
    if caller.is_admin and not caller.project_id:
        return
    if project_id.replace("-", "") != caller.project_id.replace("-", ""):
        raise Fault(
            HTTPStatus.BAD_REQUEST,
            f"Malformed request URL: URL's project_id '{clipped(project_id)}' doesn't match Context's project_id "
            f"'{caller.project_id}'",
        )
