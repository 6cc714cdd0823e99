"""`POST /servers` makes a fake server, `DELETE /servers/{id}` ends one (nova-contract 5.2).

Where a real cloud makes a machine, this one makes a fake with a console worth typing into: that is what tests of
clients need, tempest among them. The answers are nova's.
"""

from __future__ import annotations

import secrets
import uuid
from http import HTTPStatus

from aiohttp import web

from consolesvc.compute.context import COMPUTE, VERSION, Lifecycle, is_legacy, links, read_object, reply
from consolesvc.compute.creation_body import Order, read_order
from consolesvc.compute.policy import change, find_server
from consolesvc.config.linespec import EmulatedSpec
from consolesvc.http.deeds import did
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Server
from consolesvc.states import enter, tell

GUESTS = ("linux", "uboot", "switch", "chatter", "echo")
"""Guests that a fake made over the API can run, the first one unless something else is asked for; `replay` would need
a recording."""

MOST_AT_ONCE = 64
"""Servers made by one request at most, where the configuration sets no cap."""

PROJECT_DIGITS = 32
"""Of a project's id; any shorter one in a path stands for none."""

OFF = "This service makes no servers: emulator.allow_create is off in its configuration."


async def create(request: web.Request) -> web.Response:
    """`POST /servers`: 202 and where the first of the new servers is to be found."""
    body = await read_object(request)
    try:
        order = read_order(body, VERSION.get(), strangers=is_legacy())
    except ValueError as error:
        raise Fault(HTTPStatus.BAD_REQUEST, str(error)) from None
    did("made")
    change("create").check()
    lifecycle = request.app[COMPUTE].lifecycle
    if lifecycle is None or not lifecycle.config.emulator.allow_create:
        raise Fault(HTTPStatus.FORBIDDEN, OFF)
    count = _within_quota(lifecycle, order)
    names = [order.name] if count == 1 else [f"{order.name}-{number}" for number in range(1, count + 1)]
    project_id = _project_id(request, lifecycle)
    made = [_make(lifecycle, order, name, project_id) for name in names]
    did(servers=[{"name": server.name, "id": server.id} for server in made])
    return _answer(request, order, made[0])


async def delete(request: web.Request) -> web.Response:
    """`DELETE /servers/{id}`: 204; its tokens and its sessions end with it."""
    compute = request.app[COMPUTE]
    server = find_server(compute.inventory, request.match_info["server_id"])
    did("deleted")
    change("delete").check()
    if server.fake is None or compute.lifecycle is None:
        raise Fault(
            HTTPStatus.CONFLICT,
            f"Instance {server.id} is a real machine on {server.config.line}; take it out of the configuration.",
        )
    enter(server, server.vm_state, "deleting")
    await compute.lifecycle.remove(server.id, "server deleted")
    return web.Response(status=HTTPStatus.NO_CONTENT)


def guest_for(image: str, name: str) -> str:
    """The guest that an order asks for: the one its image is or names, else the one its name begins with."""
    asked, called = image.lower(), name.lower()
    found = [guest for guest in GUESTS if guest in asked] or [guest for guest in GUESTS if called.startswith(guest)]
    return found[0] if found else GUESTS[0]


def _within_quota(lifecycle: Lifecycle, order: Order) -> int:
    """How many servers are made: as many as wanted and there is room for; raises Fault 403 where that is too few."""
    cap, used = lifecycle.config.emulator.max, len(lifecycle.made)
    room = max(0, cap - used) if cap else MOST_AT_ONCE
    if order.least > room:
        allowed = cap or used + MOST_AT_ONCE
        raise Fault(
            HTTPStatus.FORBIDDEN,
            f"Quota exceeded for instances: Requested {order.least}, but already used {used} of {allowed} instances",
        )
    return min(order.most, room)


def _project_id(request: web.Request, lifecycle: Lifecycle) -> str:
    """The caller's project, else the one in the path, else the configured one."""
    in_path = request.match_info.get("tenant_id", "").replace("-", "")
    own = CALLER.get().project_id or (in_path if len(in_path) == PROJECT_DIGITS else "")
    return own or lifecycle.config.defaults.project_id


def _make(lifecycle: Lifecycle, order: Order, name: str, project_id: str) -> Server:
    defaults = lifecycle.config.defaults
    spec = EmulatedSpec(guest_for(order.image, order.name), settings=defaults.line.settings)
    # A fresh id: what was known of a server that had this name before leads nowhere.
    server_id = str(uuid.uuid4())
    server = lifecycle.make(defaults.server(server_id, name, spec, project_id))
    server.metadata.update(order.metadata)
    server.user_id, server.image, server.flavor = CALLER.get().user_id, order.image, order.flavor
    # Active as soon as its guest has power, which is before its line opens.
    enter(server, "building", "spawning")
    if order.told:
        enter(server, "active")
        tell(server, order.told)
    return server


def _answer(request: web.Request, order: Order, server: Server) -> web.Response:
    if order.reservation:
        return reply({"reservation_id": f"r-{secrets.token_hex(4)}"}, HTTPStatus.ACCEPTED)
    found = links(request).server(server.id)
    answer = reply(
        {
            "server": {
                "id": server.id,
                "links": found,
                "OS-DCF:diskConfig": order.disk_config,
                "security_groups": [{"name": group} for group in order.security_groups],
                # Nothing here takes a password; clients expect one, and print it.
                "adminPass": order.password or secrets.token_urlsafe(9),
            }
        },
        HTTPStatus.ACCEPTED,
    )
    answer.headers["Location"] = found[0]["href"]
    return answer
