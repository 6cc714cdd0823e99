"""The native API: JSON under /console/v1/ (DESIGN 5.3).

A caller sees the consoles of servers that Compute shows them, and no others; `identity` has said who it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from consolesvc.console.console import Console
from consolesvc.http.deeds import READ, did
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Inventory, Server
from consolesvc.web import boots, fake_faults, loan, marks, output, run, screen, send, sessions, slices, wait
from consolesvc.web.calls import query_of, visible, wrong
from consolesvc.web.tail import MOST, Tails
from consolesvc.web.waits import Waits

NOT_TOLD = {"configuration_error": None, "tls_error": None}
"""What is none of a caller's business who is no admin."""


def setup(
    app: web.Application,
    *,
    inventory: Inventory,
    waits: Waits,
    streams: Waits,
    trouble: Callable[[], str | None],
    tls_trouble: Callable[[], str | None],
    kick: sessions.Kick,
) -> None:
    """Add the routes.

    Args:
        app: The application on the API's port.
        inventory: The consoles.
        waits: Counts the requests that wait for one.
        streams: Counts those that follow one's output.
        trouble: Why the last reload of the configuration was refused; None where it was not.
        tls_trouble: What is wrong with the files of TLS; None where nothing is.
        kick: Sends a viewer away.
    """
    _setup_list(app, inventory, trouble, tls_trouble)
    output.setup(app, inventory=inventory, streams=streams)
    boots.setup(app, inventory=inventory)
    loan.setup(app, inventory=inventory)
    sessions.setup(app, inventory=inventory, send_away=kick)
    fake_faults.setup(app, inventory=inventory)
    for part in (wait, send, run):
        part.setup(app, inventory=inventory, waits=waits)
    for part in (marks, slices, screen):
        part.setup(app, inventory=inventory)


def _setup_list(
    app: web.Application,
    inventory: Inventory,
    trouble: Callable[[], str | None],
    tls_trouble: Callable[[], str | None],
) -> None:
    tails = Tails()

    async def consoles(request: web.Request) -> web.Response:
        size = _tail_size(request)
        caller = CALLER.get()
        seen = [server for server in inventory if caller.sees(server.project_id)]
        # Asked for before the views are made: a view is of one moment.
        said = [{"tail": await tails.of(server.console, size)} if size else {} for server in seen]
        if size:
            did(READ, how="tails", consoles=len(seen))
        # Files and keys of this host are its operators' business.
        told = {"configuration_error": trouble(), "tls_error": tls_trouble()} if caller.is_admin else NOT_TOLD
        answer = {
            "consoles": [{**console_view(server), **tail} for server, tail in zip(seen, said, strict=True)],
            **told,
            "caller": {"user": caller.user_id, "may_type": caller.may_type, "is_admin": caller.is_admin},
        }
        return web.json_response(answer)

    async def console(request: web.Request) -> web.Response:
        return web.json_response({"console": console_view(visible(inventory, request))})

    app.router.add_get("/console/v1/consoles", consoles)
    app.router.add_get("/console/v1/consoles/{id}", console)


def console_view(server: Server) -> dict[str, Any]:
    """One console as JSON; offsets count bytes of `stream`, times are seconds.

    Shape:
        `id`, `name`, `project_id` text; `stream` a uuid.
        `line` {`type`, `target`, `state`, `why` text; `for` how long it is in this state; `loan` as `loan_view`}.
        `oldest`, `start` and `end`: offsets of the oldest byte to be had, of the oldest in memory, behind the last.
        `silent`: time since the last byte, null before the first.
        `log`: {`failing` what is wrong with the disk, "" for nothing; `lost` bytes that never reached it; `offset` of
        the next byte to be written}; null where there is none.
        `events`: what was recognised last, the newest first, each as `event_view`; `boot`: the last boot as
        `boot_view`, null before the first.
        `fault`: what a fake was told to suffer, as `fault_view`; null for nothing.
        `input`: {`mode` who may type; `holder` the session that holds it, null for none}.
        `viewers` and `refused` numbers; `counters`, since this start: bytes `out` of the machine and `in` to it,
        `refused` bytes of input, how often its line was `opened`, and the `gaps` that viewers were told of with the
        bytes `missed` in all.
    """
    console, spec = server.console, server.config.line
    now = asyncio.get_running_loop().time()
    return {
        "id": server.id,
        "name": server.name,
        "project_id": server.project_id,
        "line": {
            "type": spec.kind,
            "target": str(spec),
            "state": console.reconnecting.state,
            "why": console.reconnecting.why,
            "for": round(now - console.reconnecting.since, 3),
            "loan": loan.loan_view(server),
        },
        "stream": console.stream,
        "oldest": console.oldest,
        "start": console.ring.start,
        "end": console.ring.end,
        "silent": None if console.last_output is None else round(now - console.last_output, 3),
        "log": _log_view(console),
        **_watch_view(console),
        "fault": fake_faults.fault_view(server),
        "input": {"mode": console.keyboard.sharing.mode, "holder": console.keyboard.sharing.holder},
        "viewers": len(console.viewers),
        "refused": console.refused,
        "counters": _counters(console),
    }


def _tail_size(request: web.Request) -> int:
    """Bytes of each console's tail that are asked for, 0 for none; raises Fault 400."""
    asked = query_of(request.query, ("tail",)).get("tail", "0")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= len(str(MOST)) and int(asked) <= MOST):
        raise wrong("tail", asked, f"a number of bytes from 0 to {MOST}")
    return int(asked)


def _log_view(console: Console) -> dict[str, Any] | None:
    log = console.log
    return None if log is None else {"failing": log.failing, "lost": log.lost, "offset": log.offset}


def _watch_view(console: Console) -> dict[str, Any]:
    memory = console.watch.memory
    last = memory.boots.last
    return {
        "events": [boots.event_view(event) for event in reversed(memory.recent)],
        "boot": None if last is None else boots.boot_view(last),
    }


def _counters(console: Console) -> dict[str, int]:
    return {
        "out": console.ring.end - console.began,
        "in": console.typed,
        "refused": console.refused,
        "opened": console.reconnecting.opened,
        "gaps": console.gaps,
        "missed": console.missed,
    }
