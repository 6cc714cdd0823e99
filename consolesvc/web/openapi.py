"""The OpenAPI document of what this service answers on the API's port; its text is in openapi.yaml, for readers."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web


def setup(app: web.Application) -> None:
    """Add `GET /console/v1/openapi.json`."""
    app.router.add_get("/console/v1/openapi.json", _show)


def document() -> dict[str, Any]:
    """The document, read from the package."""
    text = Path(__file__).with_name("openapi.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@functools.cache
def _body() -> bytes:
    return json.dumps(document()).encode()


async def _show(_request: web.Request) -> web.Response:
    return web.Response(body=_body(), headers={"Content-Type": "application/json"})
