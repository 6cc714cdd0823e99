"""The list of consoles as a page, at `/console/` on the API's port (DESIGN 5.3).

A shell that is the same for everybody: its script calls the native API with its reader's token, as any client does.
"""

from __future__ import annotations

from aiohttp import web

from consolesvc.web import pages


def setup(app: web.Application, *, identity: str) -> None:
    """Add the page.

    Args:
        app: The application on the API's port.
        identity: The type of `identity:`, by which the page knows what to ask its reader for.
    """

    async def listing(request: web.Request) -> web.Response:
        # Without its slash, too: this service redirects nobody (DESIGN 5.3).
        root = "t/" if request.path.endswith("/") else "console/t/"
        return pages.html("list.html", {"root": root, "identity": identity})

    app.router.add_get("/console", listing)
    app.router.add_get("/console/", listing)
