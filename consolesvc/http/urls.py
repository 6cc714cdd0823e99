"""The URL of a console, as DESIGN 5.2 builds it."""

from __future__ import annotations

from aiohttp import web

from consolesvc.config.access import Address
from consolesvc.config.model import Proxy
from consolesvc.http.forwarded import host_asked
from consolesvc.http.hosts import host_name

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - recognised, not bound


class ConsoleUrls:
    """Makes console URLs.

    Attributes:
        config: `proxy:` of the configuration; replaced by a reload.
        secure: Whether that port speaks TLS; replaced by a reload, too.
        listen: Where the proxy is bound, which the configuration may leave open, and a reload does not change.
    """

    def __init__(self, config: Proxy, *, secure: bool = False) -> None:
        self.config = config
        self.secure = secure
        self.listen = config.listen

    def __call__(self, request: web.Request, token: str) -> str:
        """The URL that redeems `token`, for the caller of `request`."""
        return f"{self.base(host_asked(request))}?token={token}"

    def base(self, asked: str) -> str:
        """The URL's part before the query.

        `base_url` where it is set; else the listen address and the bound port, where a wildcard address is no place
        to connect to and gives the host that the caller `asked` (its Host header, or what a proxy says that was).
        """
        if self.config.base_url is not None:
            return self.config.base_url
        host, port = self.listen.host, self.listen.port
        if host in WILDCARDS:
            host = host_name(asked) or "127.0.0.1"
        scheme = "wss" if self.secure else "ws"
        return f"{scheme}://{Address(host, port)}/"


def page_url(console_url: str) -> str:
    """The page that shows a console, from the URL of its websocket: http for ws, https for wss (DESIGN 5.3)."""
    scheme, _, rest = console_url.partition("://")
    return f"{'https' if scheme == 'wss' else 'http'}://{rest}"
