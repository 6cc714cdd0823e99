"""What is attached to: a console by its name, for which a fresh URL can be had at any time, or a URL as given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from consolesvc.cli.client import NOT_FOUND, Client, split_url
from consolesvc.errors import ClientError

SCHEMES = ("ws", "wss")
PAGES = {"http": "ws", "https": "wss"}
"""The schemes of the page at a console's address, and of the console."""
TOKENS = ("token", "resume")
PLACES = ("replay", "since", "stream")
VIEW_TTL = 24 * 3600
"""Seconds for which the token of a terminal that only looks is good; then it gets another one."""


class Target(Protocol):
    """Where URLs come from.

    Attributes:
        name: What the console is called, as far as that is known.
        renews: Whether the next URL has a token of its own.
        socket: The service's local socket, where that is the way there; None for the host that the URL names.
    """

    name: str
    renews: bool
    socket: str | None

    def url(self) -> str:
        """A URL to connect to; blocks. Raises ClientError."""
        ...


class Given:
    """A console URL from the command line, or the address of its page, which is what people send each other.

    Raises:
        ClientError: it is none (exit code 2).
    """

    renews = False
    socket: str | None = None

    def __init__(self, url: str) -> None:
        scheme = split_url(url, (*SCHEMES, *PAGES), "console URL").scheme
        self.name = "the console"
        self._url = f"{PAGES.get(scheme, scheme)}:{url.partition(':')[2]}"

    def url(self) -> str:
        """The URL as it was given, of a websocket."""
        return self._url


class Named:
    """A console of a service.

    Args:
        find: Finds the service: again before each try, until it has told of the console.
        name: A name, the beginning of one, or an id.
        view: Whether a token that cannot type is enough.
    """

    renews = True

    def __init__(self, find: Callable[[], Client], name: str, *, view: bool) -> None:
        self.name = name
        self.socket: str | None = None
        self._find = find
        self._client: Client | None = None
        self._view = view
        self._id = ""

    def url(self) -> str:
        """A URL with a token of its own; the name is looked up once. Blocks."""
        if self._client is None:
            client = self._find()
            console = client.find(self.name)
            self._client, self.socket = client, client.socket
            self._id, self.name = console["id"], str(console["name"])
        url = (self._view and self._view_url(self._client)) or self._client.console_url(self._id)
        # The host that it names may be reached only through what is down; the socket takes any token.
        return url if self.socket is None else f"ws://localhost/?{urlsplit(url).query}"

    def _view_url(self, client: Client) -> str:
        """A URL whose token cannot type; "" where the service makes none."""
        try:
            answer = client.call(f"/console/v1/consoles/{self._id}/share", {"ttl": VIEW_TTL})
        except ClientError as error:
            if error.exit_code != NOT_FOUND:
                raise
            return ""  # what is typed stays here all the same; a console that is gone is told by the next call
        return str(answer["share"]["url"])


def with_query(url: str, members: Mapping[str, str], *, without: Collection[str] = ()) -> str:
    """The URL with these members in its query in place of those of the same names, and without others."""
    base, _, query = url.partition("#")[0].partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] not in (*members, *without)]
    return "?".join(filter(None, (base, "&".join(filter(None, (*kept, urlencode(members)))))))


def where(url: str) -> str:
    """The part of a URL that may be shown: it has no token."""
    parts = split_url(url, SCHEMES, "console URL")
    return f"{parts.scheme}://{parts.netloc}"
