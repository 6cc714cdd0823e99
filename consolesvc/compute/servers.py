"""Listing and showing servers (nova-contract 2)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from consolesvc.compute import views
from consolesvc.compute.context import COMPUTE, links, negotiated, reply
from consolesvc.compute.listing import listing
from consolesvc.compute.microversion import MINIMUM, Version
from consolesvc.http.faults import Fault
from consolesvc.inventory import Server


async def show_list(request: web.Request) -> web.Response:
    """`GET /servers`: ids and names."""
    found = links(request)
    return _page(request, "servers", lambda server: views.summary(server, found))


async def show_details(request: web.Request) -> web.Response:
    """`GET /servers/detail`: all there is."""
    found, version = links(request), _version(request)
    return _page(request, "servers/detail", lambda server: views.detail(server, found, version))


async def show(request: web.Request) -> web.Response:
    """`GET /servers/{id}`. A name is 404: clients try it first, then search."""
    server = request.app[COMPUTE].inventory.get(request.match_info["server_id"])
    return reply({"server": views.detail(server, links(request), _version(request))})


def _page(request: web.Request, collection: str, view: Callable[[Server], views.Document]) -> web.Response:
    try:
        page = listing(request.app[COMPUTE].inventory, request.query)
    except ValueError as error:
        raise Fault(HTTPStatus.BAD_REQUEST, str(error)) from None
    body: dict[str, Any] = {"servers": [view(server) for server in page.servers]}
    if page.marker is not None:
        body["servers_links"] = links(request).next_page(collection, request.query.items(), page.marker)
    return reply(body)


def _version(request: web.Request) -> Version:
    # Only requests whose version was accepted get here.
    return negotiated(request).version or MINIMUM
