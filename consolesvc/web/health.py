"""`GET /healthcheck`: whether the service lives, and whether it is ready (DESIGN 5.3).

    {"status": "ok", "ready": true, "warnings": ["lines"]}

200 while it is ready, 503 while it is starting or stopping: who starts and balances services waits for the one, and
sends nobody to the other. With `?live=1` it is 200 as long as the event loop runs, whatever it does: who restarts what
hangs must not restart what stops in order.

What it cannot help makes it no less ready, and is no reason to restart it: a disk that is full, a lab whose every cable
is out. That is when people need it most. It is said in `warnings`, and told in metrics and alerts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from aiohttp import web

PATH = "/healthcheck"

Status = Literal["starting", "ok", "stopping"]
Trouble = Literal["log", "lines", "configuration", "audit", "tokens", "identity", "tls"]
"""What does not work: some log cannot be written; no line at all is open; the configuration's file is wrong, and the
old one holds; the audit cannot be written; the token store, or the Keystone that says who calls, does not answer; TLS
has wrong files, or a certificate whose time is over. Which and why is their operators' business, and told to them
elsewhere."""


@dataclass(slots=True)
class Health:
    """How the service is.

    Attributes:
        warnings: What does not work.
        status: What it does; `ok` once it serves.
    """

    warnings: Callable[[], Iterable[Trouble]]
    status: Status = "starting"


def setup(app: web.Application, health: Health) -> None:
    """Add the route."""

    async def healthcheck(request: web.Request) -> web.Response:
        ready = health.status == "ok"
        good = ready or request.query.get("live") == "1"
        document = {"status": health.status, "ready": ready, "warnings": list(health.warnings())}
        return web.json_response(
            document,
            status=HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Cache-Control": "no-store"},
        )

    app.router.add_get(PATH, healthcheck)
