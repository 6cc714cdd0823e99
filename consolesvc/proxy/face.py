"""The websocket proxy: gate -> redeem -> find -> pump, each its own function (DESIGN section 3)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from consolesvc.audit.witness import Witnesses
from consolesvc.config import model
from consolesvc.console.attach import Start, replay_start, since_start
from consolesvc.console.console import Console
from consolesvc.console.events import printable
from consolesvc.console.viewer import End, Viewer
from consolesvc.errors import LimitReached, ServerNotFound, StoreUnavailable, TokenRefused
from consolesvc.http.deeds import LONGEST
from consolesvc.http.faults import Fault, fault_response
from consolesvc.http.forwarded import client_of, host_asked
from consolesvc.http.hosts import host_allowed, origin_allowed
from consolesvc.http.peers import is_local
from consolesvc.http.requests import REQUEST_ID, new_request_id
from consolesvc.inventory import Inventory, Server
from consolesvc.proxy import codes
from consolesvc.proxy.frames import Frames
from consolesvc.proxy.gate import Wish, check_handshake, find_resume, find_token, is_upgrade, read_wish
from consolesvc.proxy.pump import PING, close, pump
from consolesvc.proxy.rights import Rights
from consolesvc.proxy.sessions import Session
from consolesvc.proxy.speech import RAW, V1, Raw, Speech, Version1
from consolesvc.subject import CONSOLE, SESSION
from consolesvc.tokens.store import Grant, Lineage

log = logging.getLogger(__name__)

SUBPROTOCOLS = (RAW, V1)
"""What we speak beside speaking none; wherever it stands in a client's offer (DESIGN 5.4)."""
MESSAGE_BYTES = 1024 * 1024
"""Input a client may send in one message; more is close 1009."""


class Proxy:
    """Answers websocket requests, on any path.

    Args:
        inventory: Whose consoles.
        rights: The tokens and resume secrets that are redeemed, and who is attached by them.
        config: `proxy:` of the configuration.
        known_hosts: The names this service answers to (http.hosts.known_hosts).
        witnesses: Hear who comes and goes.

    Attributes:
        ping: Seconds between two signs of life asked of a client.
        attached: How many sessions there have been.
        refusals: How many clients were refused, by why in a word.
    """

    def __init__(
        self,
        *,
        inventory: Inventory,
        rights: Rights,
        config: model.Config,
        known_hosts: Collection[str],
        witnesses: Witnesses,
    ) -> None:
        self.inventory = inventory
        self.rights = rights
        self.tokens, self.resumes, self.sessions = rights.stores.tokens, rights.stores.resumes, rights.sessions
        self.config = config
        self.known_hosts = known_hosts
        self.witnesses = witnesses
        self.ping = PING
        self.attached = 0
        self.refusals: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"<Proxy {len(self.sessions)} sessions>"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Attach a client to the console its token names, or say why not."""
        if not is_upgrade(request):
            raise _no_websocket(request)
        check_handshake(request)
        REQUEST_ID.set(new_request_id())
        CONSOLE.set("")
        try:
            with self.sessions.handshake():
                self._check_origin(request)
                server, lineage = await self._redeem(find_token(request), find_resume(request))
                wish = self._wish(request, server)
        except LimitReached as limit:
            return await self._refuse(request, Fault(429, str(limit), word=f"limit-{limit.limit}"))
        except Fault as fault:
            return await self._refuse(request, fault)
        return await self._attach(request, server, lineage, wish)

    def _check_origin(self, request: web.Request) -> None:
        if is_local(request):
            return
        host = request.headers.get("Host", "")
        if not host_allowed(host, self.known_hosts):
            why = "foreign Host: it is no name of this service; should it be, add it to api.allowed_hosts"
            raise Fault(403, why, word="host")
        hosts = (host, host_asked(request))
        if not origin_allowed(request.headers.get("Origin"), hosts, self.config.proxy.allowed_origins):
            why = "foreign Origin: it is neither this host nor in proxy.allowed_origins"
            raise Fault(403, why, word="origin")

    async def _redeem(self, token: str | None, resume: str | None) -> tuple[Server, Lineage]:
        if not token and not resume:
            raise Fault(401, "token missing", word="token-missing")
        found: list[Server] = []

        def admit(grant: Grant) -> None:
            found.append(self.inventory.get(grant.server_id))
            self.rights.check(grant)
            self.sessions.admit(grant.server_id, grant.token_id)

        try:
            if resume:
                lineage = await self.resumes.redeem(resume, admit, self.sessions.live)
            else:
                lineage = self.resumes.begin(await self.tokens.redeem(token or "", admit))
        except TokenRefused as refused:
            why = f"resume secret {refused.why}" if resume else str(refused)
            raise Fault(401, why, word=f"{'resume' if resume else 'token'}-{refused.why}") from None
        except ServerNotFound as gone:
            raise Fault(404, str(gone), word="server-gone") from None
        except StoreUnavailable as away:
            raise Fault(503, str(away), word="store") from None
        return found[0], lineage

    def _wish(self, request: web.Request, server: Server) -> Wish:
        return read_wish(request.query, replay=server.console.replay, notices=self.config.proxy.notices)

    async def _attach(self, request: web.Request, server: Server, lineage: Lineage, wish: Wish) -> web.StreamResponse:
        console, grant = server.console, lineage.grant
        start = await _start(console, wish)
        replay_end = console.ring.end
        viewer = Viewer(
            console,
            start.offset,
            who=client_of(request),
            user=grant.user,
            may_type=grant.may_type,
            gap=start.gap,
            note=start.note,
        )
        session = self._enter(server, lineage, viewer)
        expiry = self._enforce_expiry(grant, viewer)
        end: End | None = None
        try:
            ws = await self._open(request, session)
            speech = await self._speech(ws, viewer, wish, replay_end, lineage)
            viewer.returns = bool(lineage.current)
            way = None if request.transport is None else Frames(ws, request.transport)
            dropped = "Origin" in request.headers and self._drops_first_cr(viewer)
            end = await pump(ws, viewer, speech, way, drop_first_cr=dropped, ping=self.ping, pulse=session.pulse)
            _forget_frames(ws.exception())
        finally:
            if expiry is not None:
                expiry.cancel()
            self._leave(session, lineage, end)
            _drop_unsent(request)
        return ws

    def _enter(self, server: Server, lineage: Lineage, viewer: Viewer) -> Session:
        """Count a viewer in, give it the seat of who comes back by it, and tell who hears of sessions."""
        console, grant = server.console, lineage.grant
        console.keyboard.succeed(lineage.session, viewer)
        lineage.session = viewer.id
        session = Session(lineage, viewer)
        self.sessions.add(session)
        if self.rights.lost(grant):  # while this was on its way
            viewer.end(codes.WITHDRAWN, "right withdrawn")
        self.attached += 1
        CONSOLE.set(server.name)
        SESSION.set(viewer.id)
        self.witnesses.attached(server, viewer, **_who(server, viewer, grant))
        self.resumes.enter(lineage)
        console.note("attach", session=viewer.id, who=viewer.who, user=viewer.user, may_type=viewer.may_type)
        name = printable(viewer.name)
        log.info("%s: attached %s as session %s with token %s", server.name, name, viewer.id, grant.token_id)
        return session

    async def _open(self, request: web.Request, session: Session) -> web.WebSocketResponse:
        """Answer the handshake: from here on there is a websocket."""
        viewer, ws = session.viewer, _websocket()
        ws.headers["Console-Offset"] = str(viewer.offset)
        ws.headers["Console-Stream"] = viewer.console.stream
        await ws.prepare(request)
        session.pulse.ws = ws
        viewer.protocol = ws.ws_protocol or ""
        return ws

    def _leave(self, session: Session, lineage: Lineage, end: End | None) -> None:
        """Count a viewer out, and tell who hears of sessions why: `end` is ours, None where the client went."""
        viewer = session.viewer
        end = viewer.ended.result() if viewer.ended.done() else end
        viewer.detach()
        self.sessions.remove(session)
        self.witnesses.detached(viewer, **_ending(viewer, end))
        viewer.console.note("detach", session=viewer.id)
        self.resumes.leave(lineage)
        if end is not None and end.code in codes.FOR_GOOD:
            self.resumes.drop(lineage)
        log.info(
            "%s: detached session %s: %s; %d bytes out, %d in, %d lost",
            viewer.console.name,
            viewer.id,
            "it closed" if end is None else f"{end.code} {end.reason}",
            viewer.received,
            viewer.typist.delivered,
            viewer.lost,
        )

    def _drops_first_cr(self, viewer: Viewer) -> bool:
        """Whether a CR that comes on open is swallowed.

        Of a page in a browser, that is, for only it sends an Origin: another client's CR is somebody's Enter key. And
        also unasked where one holds the input: who merely opens a page must not come to hold it by that.
        """
        holding = viewer.protocol != V1 and viewer.console.keyboard.sharing.mode != "shared"
        return self.config.proxy.drop_first_cr or holding

    async def _speech(
        self, ws: web.WebSocketResponse, viewer: Viewer, wish: Wish, replay_end: int, lineage: Lineage
    ) -> Speech:
        if ws.ws_protocol == V1:
            # After a cut, too: what was asked while it was away is not to be answered now, perhaps into a shell.
            replay = (min(viewer.offset, replay_end), replay_end)
            return Version1(viewer, replay=replay, resume=await self.resumes.renew(lineage))
        # Raw bytes from an offset on are exact (DESIGN decision 8): nothing is taken out of them.
        filtered = replay_end if wish.since is None else viewer.offset
        return Raw(notices=wish.notices, offset=viewer.offset, replay_end=filtered)

    def _enforce_expiry(self, grant: Grant, viewer: Viewer) -> asyncio.TimerHandle | None:
        if grant.expires is None or not (grant.ends or self.config.tokens.enforce_session_timeout):
            return None
        left = max(0.0, grant.expires - self.resumes.clock())
        return asyncio.get_running_loop().call_later(left, viewer.end, codes.EXPIRED, codes.expired(grant))

    async def _refuse(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Say no: by HTTP, or, to a browser, which reads no HTTP refusal, by a close with the reason (DESIGN 5.4)."""
        self.refusals[fault.word or "request"] += 1
        peer = client_of(request)
        log.info("refused %s: %s", peer, printable(fault.message))
        why = {"status": fault.status, "reason": printable(fault.message)[:LONGEST], "word": fault.word}
        self.witnesses.audit.refused(request=REQUEST_ID.get(), client=peer, what="attached", **why)
        if "Origin" not in request.headers:
            return fault_response(fault)
        ws = _websocket()
        await ws.prepare(request)
        await close(ws, End(codes.refusal(fault.status), fault.message))
        _drop_unsent(request)
        return ws


def _who(server: Server, viewer: Viewer, grant: Grant) -> dict[str, Any]:
    """Who has attached, as the audit tells of a session."""
    return {
        "request": REQUEST_ID.get(),
        "session": viewer.id,
        "user": grant.user,
        "project": server.project_id,
        "client": viewer.who,
        "token": grant.token_id,
    }


def _ending(viewer: Viewer, end: End | None) -> dict[str, Any]:
    """How a session was spoken, and why it is over: the code and the reason where we ended it."""
    return {"protocol": viewer.protocol, **({} if end is None else {"code": end.code, "reason": end.reason})}


async def _start(console: Console, wish: Wish) -> Start:
    if wish.since is not None:
        return since_start(console, wish.since, wish.stream)
    return Start(await replay_start(console, wish.replay))


def _websocket() -> web.WebSocketResponse:
    # compress: aiohttp would accept permessage-deflate, at eleven times the CPU (DESIGN decision 10).
    # autoping: the pump keeps its own ping clock, which stops while a client's input waits.
    return web.WebSocketResponse(
        protocols=SUBPROTOCOLS,
        autoping=False,
        compress=False,
        max_msg_size=MESSAGE_BYTES + 1,  # aiohttp refuses a message of this size, too
        writer_limit=1,  # wait as soon as the socket's buffer is full (DESIGN decision 10)
        timeout=1.0,
    )


def _no_websocket(request: web.Request) -> Fault:
    # nova's proxy answers GET and HEAD with 405 (nova-contract 3.1), and so do we while there is no page here.
    if request.method in ("GET", "HEAD") and not urlsplit(request.raw_path).netloc and request.path == "/":
        return Fault(405, "this is a websocket: connect with ws:// in place of http://")
    return Fault(404, "The resource could not be found.")


def _forget_frames(error: BaseException | None) -> None:
    """Let go of where an error of a websocket's was met.

    The frames have the websocket: until the collector comes, that would keep both, and the request with its headers.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__context__


def _drop_unsent(request: web.Request) -> None:
    """Let go of a client that did not take what was sent: a graceful close would wait for it for ever."""
    transport = request.transport
    if transport is not None and transport.get_write_buffer_size():
        transport.abort()
