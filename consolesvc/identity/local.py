"""Who may come in by the local socket: root, and the service's own user and group, as admins (DESIGN 5.3).

It is the way in when Keystone is down, or when nobody has a token: whoever may read the service's files may do as much
anyhow. No header has a part in it, and the rules against pages of browsers have none to hold off.
"""

from __future__ import annotations

import logging
import os
import pwd
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.http.deeds import asked_by
from consolesvc.http.faults import Fault, fault_response
from consolesvc.http.peers import Peer, credentials_of
from consolesvc.identity.caller import CALLER, Caller

log = logging.getLogger(__name__)


@web.middleware
async def local_admin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let them in as admins; anybody else is 403. The outermost middleware of the local socket."""
    peer = credentials_of(request)
    if peer is None or not admits(peer, os.geteuid(), os.getegid()):
        who = "a client that left" if peer is None else name_of(peer.uid)
        log.info("refused at the local socket: %s", who)
        text = "The local socket is for root, and for the user and the group that consolesvc runs as"
        return fault_response(Fault(HTTPStatus.FORBIDDEN, f"{text}; you are {who}."))
    mark = CALLER.set(Caller(name_of(peer.uid), "", frozenset({"admin"}), credential=None))
    try:
        return await handler(request)
    finally:
        CALLER.reset(mark)


@web.middleware
async def local_asker(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say who asks to what writes it down; it stands within that, as `identify` does on the ports."""
    caller = CALLER.get()
    asked_by(caller.user_id, caller.project_id)
    return await handler(request)


def admits(peer: Peer, uid: int, gid: int) -> bool:
    """Whether a service that runs as `uid` and `gid` lets a peer in."""
    return peer.uid in (0, uid) or peer.gid == gid or gid in peer.groups


def name_of(uid: int) -> str:
    """A user's name; `uid 1000` where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
