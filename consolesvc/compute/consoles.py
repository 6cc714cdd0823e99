"""Consoles of servers: the calls that everything else is for (nova-contract 1.1, 1.2, 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from consolesvc.compute.context import COMPUTE, VERSION, read_object, reply, require, validate
from consolesvc.compute.microversion import Version
from consolesvc.compute.policy import CONSOLE, TOKENS, find_server
from consolesvc.compute.schema import Schema, check_body
from consolesvc.compute.views import HOST
from consolesvc.errors import TokenRefused
from consolesvc.http.deeds import did
from consolesvc.http.faults import UNEXPECTED, Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Server
from consolesvc.states import CONSOLE_KEY
from consolesvc.tokens.digests import token_id

SERIAL = "serial"

LEAVING = frozenset({"deleting", "migrating"})
"""Task states in which a console would not last."""

PAIRS: Mapping[str, tuple[str, ...]] = {
    "vnc": ("novnc", "xvpvnc"),
    "spice": ("spice-html5", "spice-direct"),
    SERIAL: (SERIAL,),
    "rdp": ("rdp-html5",),
    "mks": ("webmks",),
}
"""Protocols of remote consoles, each with its types. One of them is offered."""

PORTS = {"ws": 80, "wss": 443}
"""Where a URL without a port leads."""

FAILINGS: Mapping[str, tuple[HTTPStatus, str]] = {
    "no-free-port": (HTTPStatus.BAD_REQUEST, f"Not able to acquire a free port for {HOST}"),
    "not-implemented": (HTTPStatus.NOT_IMPLEMENTED, "The requested functionality is not supported."),
    "error": (HTTPStatus.INTERNAL_SERVER_ERROR, f"{UNEXPECTED}\n<class 'consolesvc.states.ToldToFail'>"),
}
"""How a console can be told to fail (states.CONSOLES), and what nova says then."""

BAD_REQUEST = "The server could not comply with the request since it is either malformed or otherwise incorrect."


def _object(name: str, **properties: Sequence[str]) -> Schema:
    """A body of one object, whose every property is required and one of a few words."""
    content = {
        "type": "object",
        "properties": {key: {"type": "string", "enum": list(words)} for key, words in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "object", "properties": {name: content}, "required": [name], "additionalProperties": False}


LEGACY_CONSOLES: Mapping[str, Schema] = {
    "os-getSerialConsole": _object("os-getSerialConsole", type=[SERIAL]),
    "os-getVNCConsole": _object("os-getVNCConsole", type=["novnc", "xvpvnc"]),
    "os-getSPICEConsole": _object("os-getSPICEConsole", type=["spice-html5"]),
}
"""The actions up to 2.5, one for each kind of console."""

_PROTOCOLS = ["vnc", "spice", SERIAL, "rdp"]
_TYPES = ["novnc", "xvpvnc", "spice-html5", SERIAL, "rdp-html5"]
CREATE: Sequence[tuple[Version, Schema]] = (
    (
        Version(2, 99),
        _object("remote_console", protocol=[*_PROTOCOLS, "mks"], type=[*_TYPES, "webmks", "spice-direct"]),
    ),
    (Version(2, 8), _object("remote_console", protocol=[*_PROTOCOLS, "mks"], type=[*_TYPES, "webmks"])),
    (Version(2, 6), _object("remote_console", protocol=_PROTOCOLS, type=_TYPES)),
)
"""What `remote-consoles` takes, each from a version on; the newest first."""

SHOW_QUERY: Schema = {"type": "object", "properties": {}, "additionalProperties": False}


async def get_serial_console(request: web.Request, server: Server) -> web.Response:
    """`os-getSerialConsole`: a URL whose token is good for this server's console."""
    return reply({"console": {"type": SERIAL, "url": await _serial_url(request, server)}})


async def get_unavailable_console(request: web.Request, server: Server) -> web.Response:
    """`os-getVNCConsole` and its like: no server here has a screen."""
    check_state(server)
    [content] = (await read_object(request)).values()
    raise Fault(HTTPStatus.BAD_REQUEST, f"Unavailable console type {content['type']}.")


async def create_remote_console(request: web.Request) -> web.Response:
    """`POST /servers/{id}/remote-consoles`, from 2.6 on."""
    require(Version(2, 6))
    body = await read_object(request)
    version = VERSION.get()
    validate(body, next(schema for since, schema in CREATE if version >= since))
    server = find_server(request.app[COMPUTE].inventory, request.match_info["server_id"])
    CONSOLE.check()
    protocol, kind = body["remote_console"]["protocol"], body["remote_console"]["type"]
    if protocol != SERIAL or kind != SERIAL:
        check_state(server)
        raise Fault(HTTPStatus.BAD_REQUEST, _refusal(protocol, kind))
    url = await _serial_url(request, server)
    return reply({"remote_console": {"protocol": protocol, "type": kind, "url": url}})


async def show_token(request: web.Request) -> web.Response:
    """`GET /os-console-auth-tokens/{token}`, from 2.31 on: the server of a token, and where it connects to.

    Nova tells where the machine's own port is. Nobody but this service may connect there, so that this tells where
    the websocket is.
    """
    version = VERSION.get()
    if version < Version(2, 31):
        raise Fault(HTTPStatus.BAD_REQUEST, BAD_REQUEST)
    if version >= Version(2, 99):
        try:
            check_body(dict(request.query), SHOW_QUERY)
        except ValueError as error:
            raise Fault(HTTPStatus.BAD_REQUEST, str(error)) from None
    TOKENS.check()
    compute = request.app[COMPUTE]
    try:
        grant = await compute.tokens.look_up(request.match_info["token"])
    except TokenRefused:
        raise Fault(HTTPStatus.NOT_FOUND, "Token not found") from None
    url = urlsplit(compute.console_url(request, ""))
    place = {"host": url.hostname, "port": url.port or PORTS[url.scheme]}
    return reply({"console": {"instance_uuid": grant.server_id, **place, "internal_access_path": None}})


def check_state(server: Server) -> None:
    """Raise Fault 409 for a server whose state allows no console (nova-contract 1.5; 6: where nova says 500)."""
    check_ready(server)
    if server.task_state in LEAVING:
        raise Fault(
            HTTPStatus.CONFLICT,
            f"Cannot 'get_serial_console' instance {server.id} while it is in task_state {server.task_state}",
        )


def check_ready(server: Server) -> None:
    """Raise Fault 409 for a server that is still being made."""
    if server.vm_state == "building":
        raise Fault(HTTPStatus.CONFLICT, f"Instance {server.id} is not ready")


async def _serial_url(request: web.Request, server: Server) -> str:
    did("minted")
    check_state(server)
    if not server.console_type_available:
        raise Fault(HTTPStatus.BAD_REQUEST, f"Unavailable console type {SERIAL}.")
    failing = FAILINGS.get(server.metadata.get(CONSOLE_KEY, ""))
    if failing is not None:
        raise Fault(*failing)
    compute = request.app[COMPUTE]
    caller = CALLER.get()
    token = await compute.tokens.issue(server.id, user=caller.known_as, minter=caller.minter)
    did(token=token_id(token))
    return compute.console_url(request, token)


def _refusal(protocol: str, kind: str) -> str:
    if protocol == "rdp":
        # Nova has it no more, and names the protocol.
        return f"Unavailable console type {protocol}."
    return f"Unavailable console type {kind}." if kind in PAIRS[protocol] else f"Invalid console type {kind}"
