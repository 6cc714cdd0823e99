"""The pages' files, from the package, and what every answer with one of them says (DESIGN 5.3).

Public: none of them has anything of anybody's in it. A page finds out by itself what its reader may see.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from consolesvc.http.faults import NOT_FOUND, Fault

HERE = Path(__file__).parent
OWN, VENDOR = HERE / "static", HERE / "vendor"
"""What is ours, and what scripts/web_assets.py takes from npm."""
FILES_PATH = "/console/t/"
"""Where the files are, on the API's port and on the proxy's."""

TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Content types by a file's ending; files with another are not served by name."""

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}


def setup(app: web.Application, path: str) -> None:
    """Add the files below a path to the application of either port."""
    files = served()

    async def file(request: web.Request) -> web.StreamResponse:
        found = files.get(request.match_info["file"])
        if found is None:
            raise Fault(HTTPStatus.NOT_FOUND, NOT_FOUND)
        headers = {**HEADERS, "Content-Security-Policy": policy(), "Content-Type": TYPES[found.suffix]}
        return web.FileResponse(found, headers=headers)

    app.router.add_get(path + "{file}", file)


def served() -> dict[str, Path]:
    """The files by their names in URLs; a name that is not here is no path that could lead anywhere."""
    found = [*OWN.iterdir(), *(VENDOR.iterdir() if VENDOR.is_dir() else ())]
    return {path.name: path for path in found if path.suffix in TYPES}


def has_terminal() -> bool:
    """Whether this installation was built with what the terminal takes from npm."""
    return (VENDOR / "xterm.mjs").is_file()


def html(name: str, values: Mapping[str, str], status: HTTPStatus = HTTPStatus.OK, **sources: str) -> web.Response:
    """A page.

    Args:
        name: Its file.
        values: What stands in it for `{{name}}`; nothing that a request brought.
        status: The answer's status.
        sources: Directives of its policy in place of POLICY's, with `_` for `-`.
    """
    text = _text(name)
    for key, value in values.items():
        text = text.replace(f"{{{{{key}}}}}", value)
    headers = {**HEADERS, "Content-Security-Policy": policy(**sources)}
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=headers)


def policy(**sources: str) -> str:
    """The Content-Security-Policy, with some directives in place of POLICY's."""
    found = {**POLICY, **{name.replace("_", "-"): value for name, value in sources.items()}}
    return "; ".join(f"{name} {value}" for name, value in found.items())


def nonce() -> str:
    """A fresh one, for one answer."""
    return secrets.token_urlsafe(16)


@functools.cache
def _text(name: str) -> str:
    return (OWN / name).read_text(encoding="utf-8")
