"""Version documents (nova-contract 1.7): what clients ask first, and before they have authenticated."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from consolesvc.compute.context import links, reply
from consolesvc.compute.links import Links
from consolesvc.compute.microversion import MAXIMUM, MINIMUM


async def show_all(request: web.Request) -> web.Response:
    """`GET /`: the versions there are; 200, as nova has it, and not 300."""
    return reply({"versions": [_summary(links(request))]})


async def show(request: web.Request) -> web.Response:
    """`GET /v2.1`, with or without a slash or a project: this version."""
    found = links(request)
    version = _summary(found)
    version["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    version["media-types"] = [
        {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"},
    ]
    return reply({"version": version})


def _summary(found: Links) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": str(MAXIMUM),
        "min_version": str(MINIMUM),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": found.api}],
    }
