"""Version documents (nova-contract 1.7): what clients ask first, and before they have authenticated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from consolesvc.compute.context import API, reply
from consolesvc.compute.links import Links
from consolesvc.compute.microversion import MAXIMUM, MINIMUM
from consolesvc.http.forwarded import root_of

VERSIONS: Mapping[str, Mapping[str, str]] = {
    # The legacy one comes first: tempest expects it so. An empty version means that it has no microversions.
    "v2": {
        "id": "v2.0",
        "status": "DEPRECATED",
        "version": "",
        "min_version": "",
        "updated": "2025-07-04T12:00:00Z",
    },
    "v2.1": {
        "id": "v2.1",
        "status": "CURRENT",
        "version": str(MAXIMUM),
        "min_version": str(MINIMUM),
        "updated": "2013-07-23T11:33:21Z",
    },
}
"""The versions of the API by their paths, in nova's words."""


async def show_all(request: web.Request) -> web.Response:
    """`GET /`: the versions there are; 200, as nova has it, and not 300."""
    found = Links(root_of(request))
    return reply({"versions": [_summary(path, found) for path in VERSIONS]})


async def show(request: web.Request) -> web.Response:
    """`GET /v2.1` and `GET /v2`, with or without a slash or a project: this version."""
    path = API.get()
    version = _summary(path, Links(root_of(request)))
    version["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    version["media-types"] = [
        {"base": "application/json", "type": f"application/vnd.openstack.compute+json;version={path.removeprefix('v')}"}
    ]
    return reply({"version": version})


def _summary(path: str, found: Links) -> dict[str, Any]:
    return {**VERSIONS[path], "links": [{"rel": "self", "href": found.version(path)}]}
