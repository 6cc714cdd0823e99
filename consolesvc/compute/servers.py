"""Listing and showing servers (nova-contract 2)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from consolesvc.compute import views
from consolesvc.compute.context import COMPUTE, VERSION, links, reply
from consolesvc.compute.filters import boolean, last
from consolesvc.compute.listing import listing
from consolesvc.compute.policy import DETAIL, DETAIL_ALL, LIST, LIST_ALL, SHOW, Rule, find_server
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Server


async def show_list(request: web.Request) -> web.Response:
    """`GET /servers`: ids and names."""
    found = links(request)
    return _page(request, "servers", lambda server: views.summary(server, found), LIST, LIST_ALL)


async def show_details(request: web.Request) -> web.Response:
    """`GET /servers/detail`: all there is."""
    found, version, admin = links(request), VERSION.get(), CALLER.get().is_admin

    def view(server: Server) -> views.Document:
        return views.detail(server, found, version, admin=admin, alone=False)

    return _page(request, "servers/detail", view, DETAIL, DETAIL_ALL)


async def show(request: web.Request) -> web.Response:
    """`GET /servers/{id}`. A name is 404: clients try it first, then search."""
    SHOW.check()
    server = find_server(request.app[COMPUTE].inventory, request.match_info["server_id"])
    admin = CALLER.get().is_admin
    return reply({"server": views.detail(server, links(request), VERSION.get(), admin=admin, alone=True)})


def _page(
    request: web.Request, collection: str, view: Callable[[Server], views.Document], rule: Rule, everywhere: Rule
) -> web.Response:
    rule.check()
    caller = CALLER.get()
    try:
        if _all_projects(request.query):
            everywhere.check()
        visible = [server for server in request.app[COMPUTE].inventory if caller.sees(server.project_id)]
        page = listing(visible, request.query, VERSION.get(), caller)
    except ValueError as error:
        raise Fault(HTTPStatus.BAD_REQUEST, str(error)) from None
    body: dict[str, Any] = {"servers": [view(server) for server in page.servers]}
    if page.marker is not None:
        body["servers_links"] = links(request).next_page(collection, request.query.items(), page.marker)
    return reply(body)


def _all_projects(query: MultiMapping[str]) -> bool:
    """Whether `all_tenants` is asked for; without a value, it is."""
    return "all_tenants" in query and (not last(query, "all_tenants") or boolean(last(query, "all_tenants")))
