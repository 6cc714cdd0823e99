"""What a request did: who asked, about which server, what came of it. For the audit, and for the count of answers.

One middleware sees every call end, and knows what it was by its route; a handler that knows better, or more, says so
with `did`. Whatever changes something is written down, whether or not anybody thought of it: a route that is in no
table is written down as the call it was.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from consolesvc.http.forwarded import address_of, client_of
from consolesvc.http.requests import REQUEST_ID, global_id, loggable
from consolesvc.inventory import Server
from consolesvc.subject import CONSOLE

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSALS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.TOO_MANY_REQUESTS: "limit",
}
"""Answers that say who may not, rather than what cannot be: written down whatever was asked for."""
LONGEST = 200
"""Characters of a text of a caller's that is written down."""


class Notebook(Protocol):
    """Where deeds are written down: the audit."""

    @property
    def on(self) -> bool:
        """Whether anything is."""
        ...

    def note(self, event: str, **facts: Any) -> None:
        """Write down what was done."""
        ...

    def read(self, address: str, **facts: Any) -> None:
        """Write down that a console was read from an address: what follows closely may be counted in one record."""
        ...

    def refused(self, **facts: Any) -> None:
        """Write down what was not."""
        ...


def _nothing(_event: str, **_facts: Any) -> None:
    """Write nothing down."""


@dataclass(slots=True)
class Deed:
    """What the request being answered does.

    Attributes:
        what: In a word, such as `minted`; "" for what nobody has given one.
        keys: Keys of its JSON body that are written down; never one that holds what is typed.
        facts: What else there is to say.
        user: Who asked, as identity names them.
        project: Of the user.
        server: What it is about; None where there is none, or none was found yet.
        note: Writes something of it down at once.
    """

    what: str = ""
    keys: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    user: str = ""
    project: str = ""
    server: Server | None = None
    note: Callable[..., None] = _nothing


READ = "read"
"""The word of a deed that only looks."""

Deeds = Mapping[tuple[str, str], Deed]
"""By method and canonical path of the route: what is done there, and which keys of the body tell of it."""

DEED: ContextVar[Deed | None] = ContextVar("deed", default=None)
"""What the request being answered does; None where nothing is written down."""


def did(what: str = "", **facts: Any) -> None:
    """Say what the request being answered does, or more of it."""
    deed = DEED.get()
    if deed is not None:
        if what:
            deed.what = what
            deed.facts.pop("call", None)
        deed.facts.update(facts)


def has_read(how: str, begin: int, end: int) -> None:
    """Say that the request being answered reads a console's output between two offsets, and by which call."""
    did(READ, how=how, bytes=end - begin, **{"from": begin, "to": end})


def noted(event: str, **facts: Any) -> None:
    """Write something of the request being answered down at once: its end may be hours away."""
    deed = DEED.get()
    if deed is not None:
        deed.note(event, **facts)


def asked_by(user: str, project: str = "") -> None:
    """Say who asks."""
    deed = DEED.get()
    if deed is not None:
        deed.user, deed.project = user, project


def about(server: Server) -> Server:
    """Say which server the request being answered is about; the server."""
    CONSOLE.set(server.name)
    deed = DEED.get()
    if deed is not None:
        deed.server = server
    return server


class Answers:
    """How requests were answered, counted since the start.

    Attributes:
        classes: By the status's first digit, such as `2xx`.
        refusals: By the words of REFUSALS.
    """

    def __init__(self) -> None:
        self.classes: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()

    def count(self, status: int) -> None:
        """Count an answer."""
        self.classes[f"{status // 100}xx"] += 1
        if status in REFUSALS:
            self.refusals[REFUSALS[status]] += 1


def witnessed(answers: Answers, notebook: Notebook, deeds: Deeds) -> Middleware:
    """Make the middleware, which stands between `access` and `faults`: it sees answers, and no errors."""

    @web.middleware
    async def witness(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not notebook.on:
            response = await handler(request)
            answers.count(response.status)
            return response
        deed = _begin(request, deeds)
        peer = client_of(request)
        deed.note = lambda event, **facts: notebook.note(event, **{**_facts(request, deed, peer), **facts})
        mark = DEED.set(deed)
        try:
            response = await handler(request)
        finally:
            DEED.reset(mark)
        answers.count(response.status)
        if response.status < HTTPStatus.BAD_REQUEST:
            if deed.what == READ:
                if request.method != "HEAD":
                    notebook.read(address_of(request), **{**_facts(request, deed, peer), **deed.facts})
            elif deed.what:
                told = await _told(request, deed)
                notebook.note(deed.what, **{**_facts(request, deed, peer), **told, **deed.facts})
        elif request.method not in SAFE_METHODS or response.status in REFUSALS:
            why = {"what": deed.what, "call": _call(request), "status": response.status, "reason": _reason(response)}
            notebook.refused(**{**_facts(request, deed, peer), **deed.facts, **why})
        return response

    return witness


def _begin(request: web.Request, deeds: Deeds) -> Deed:
    resource = request.match_info.route.resource
    known = None if resource is None else deeds.get((request.method, resource.canonical))
    if known is not None:
        return Deed(known.what, known.keys, dict(known.facts))
    if request.method in SAFE_METHODS or resource is None:
        return Deed()
    return Deed("call", facts={"call": _call(request)})


def _call(request: web.Request) -> str:
    return f"{request.method} {loggable(request.rel_url.raw_path)}"


def _facts(request: web.Request, deed: Deed, peer: str) -> dict[str, Any]:
    """Who, whence, by which request and about what; what is not known is left out."""
    server = deed.server
    facts = {
        "request": REQUEST_ID.get(),
        "global": global_id(request.headers.get("X-OpenStack-Request-ID")),
        "user": deed.user,
        "project": deed.project,
        "client": peer,
        "console": None if server is None else server.name,
        "id": None if server is None else server.id,
        "session": request.match_info.get("session"),
    }
    return {key: value[:LONGEST] for key, value in facts.items() if value}


async def _told(request: web.Request, deed: Deed) -> dict[str, Any]:
    """What the body says under the keys that may be written down; its handler has read it, and found it good."""
    data = await request.read() if deed.keys else b""
    body = json.loads(data) if data else {}
    told = {key: body[key] for key in deed.keys if key in body}
    return {key: value[:LONGEST] if isinstance(value, str) else value for key, value in told.items()}


def _reason(response: web.StreamResponse) -> str:
    """A fault's sentence; "" for an answer that has none, and for a 400: that quotes what was sent, typed text also."""
    body = response.body if isinstance(response, web.Response) else None
    if response.status == HTTPStatus.BAD_REQUEST:
        return ""
    try:
        (content,) = json.loads(body if isinstance(body, bytes) else b"{}").values()
        return str(content["message"])[:LONGEST]
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
