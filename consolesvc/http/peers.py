"""Who is at the other end of a request, as logs and the audit name them."""

from __future__ import annotations

from aiohttp import web


def peer_of(request: web.BaseRequest) -> str:
    """The client's address, such as `10.0.0.3:51422`; `local` for one without, such as a local socket's."""
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "local"
