"""Links of the Compute API (nova-contract 1.7 and 2): built from the address that the client used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, urlencode

Link = dict[str, str]


class Links(NamedTuple):
    """Makes the links of one answer.

    Attributes:
        root: Scheme and host, such as `http://lab:8774`, and the path that a proxy put before ours; never made of a
            bind address, which clients may not reach.
        tenant: The project in the request's path, which comes back in links; empty where there was none.
        path: Where the API is, `v2.1` or `v2`.
    """

    root: str
    tenant: str = ""
    path: str = "v2.1"

    def version(self, path: str) -> str:
        """Where a version of the API begins, with a slash at its end: clients build on it."""
        return f"{self.root}/{path}/"

    def server(self, server_id: str) -> list[Link]:
        """The links of a server."""
        path = self._below("servers", server_id)
        return [
            {"rel": "self", "href": f"{self.root}/{self.path}{path}"},
            {"rel": "bookmark", "href": f"{self.root}{path}"},
        ]

    def bookmark(self, collection: str, name: str) -> list[Link]:
        """The one link of a flavor or an image."""
        # Whoever made the server named it: any text.
        return [{"rel": "bookmark", "href": f"{self.root}{self._below(collection, quote(name, safe=''))}"}]

    def next_page(self, collection: str, query: Iterable[tuple[str, str]], marker: str) -> list[Link]:
        """The link to the page after `marker`, of the same collection and otherwise the same query."""
        kept = [(name, value) for name, value in query if name != "marker"]
        # The query may hold what is no character; it was asked for so, and nothing is lost by its replacement.
        text = urlencode([*kept, ("marker", marker)], errors="replace")
        return [{"rel": "next", "href": f"{self.root}/{self.path}{self._below(collection)}?{text}"}]

    def _below(self, *parts: str) -> str:
        return "/" + "/".join(part for part in (self.tenant, *parts) if part)
