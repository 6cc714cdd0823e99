"""`POST /console/v1/servers/{id}/state`: has a fake server look busy, broken or without a console.

For those who test a client: each fault of nova's console calls (nova-contract 1.5) can be provoked on a fake, and a
token that expires now. A new fake is told the same by the metadata it is made with (states.told_by).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from consolesvc.http.deeds import about
from consolesvc.http.faults import MALFORMED_BODY, Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server
from consolesvc.states import check_told, tell

EXPIRE_TOKENS = "expire_tokens"


def setup(app: web.Application, *, inventory: Inventory, expire_tokens: Callable[[str], Awaitable[int]]) -> None:
    """Add the route.

    Args:
        app: The application on the API's port.
        inventory: Whose servers are told.
        expire_tokens: Ends the time of all tokens of the server with this id; how many had some left.
    """

    async def state(request: web.Request) -> web.Response:
        told = await _body(request)
        expire = told.pop(EXPIRE_TOKENS, False)
        try:
            check_told(told)
        except ValueError as error:
            raise Fault(HTTPStatus.BAD_REQUEST, str(error)) from None
        if not isinstance(expire, bool):
            raise Fault(HTTPStatus.BAD_REQUEST, f"{EXPIRE_TOKENS}: found {repr(expire)[:100]}, expected true or false")
        server = _fake(inventory, request.match_info["id"])
        tell(server, told)
        expired = await expire_tokens(server.id) if expire else 0
        return web.json_response({"server": {**state_view(server), "expired_tokens": expired}})

    app.router.add_post("/console/v1/servers/{id}/state", state)


def state_view(server: Server) -> dict[str, Any]:
    """A server's states as JSON: `id`, `name`, `vm_state`, `task_state`, `status` text, `power_state` a number."""
    return {
        "id": server.id,
        "name": server.name,
        "vm_state": server.vm_state,
        "task_state": server.task_state,
        "status": server.status,
        "power_state": server.power_state,
        "console": server.console_type_available,
    }


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        # No page of another site can send this type without asking first (DESIGN 5.3).
        raise Fault(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Content-Type; expected application/json")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY) from None
    if not isinstance(body, dict):
        raise Fault(HTTPStatus.BAD_REQUEST, MALFORMED_BODY)
    return body


def _fake(inventory: Inventory, wanted: str) -> Server:
    """The fake that the caller may change; raises what a caller who may not is answered."""
    caller = CALLER.get()
    server = about(inventory.find(wanted, lambda each: caller.sees(each.project_id)))
    if not caller.may_type:
        raise Fault(HTTPStatus.FORBIDDEN, "A reader may look at servers and not change them.")
    if server.fake is None:
        raise Fault(
            HTTPStatus.CONFLICT,
            f"Instance {server.id} is a real machine: its state is what it is, and only a fake can be told another.",
        )
    return server
