"""Links of the Compute API (nova-contract 1.7 and 2): built from the address that the client used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

Link = dict[str, str]


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of one answer.

    Attributes:
        root: Scheme and host, such as `http://lab:8774`; never made of a bind address, which clients may not reach.
        tenant: The project in the request's path, which comes back in links; empty where there was none.
    """

    root: str
    tenant: str = ""

    @property
    def api(self) -> str:
        """Where the API begins, with a slash at its end: clients build on it."""
        return f"{self.root}/v2.1/"

    def server(self, server_id: str) -> list[Link]:
        """The links of a server."""
        path = self._path("servers", server_id)
        return [
            {"rel": "self", "href": f"{self.root}/v2.1{path}"},
            {"rel": "bookmark", "href": f"{self.root}{path}"},
        ]

    def flavor(self, flavor_id: str) -> list[Link]:
        """The links of a flavor."""
        return [{"rel": "bookmark", "href": f"{self.root}{self._path('flavors', flavor_id)}"}]

    def next_page(self, collection: str, query: Iterable[tuple[str, str]], marker: str) -> list[Link]:
        """The link to the page after `marker`, of the same collection and otherwise the same query."""
        kept = [(name, value) for name, value in query if name != "marker"]
        # The query may hold what is no character; it was asked for so, and nothing is lost by its replacement.
        text = urlencode([*kept, ("marker", marker)], errors="replace")
        return [{"rel": "next", "href": f"{self.root}/v2.1{self._path(collection)}?{text}"}]

    def _path(self, *parts: str) -> str:
        return "/" + "/".join(part for part in (self.tenant, *parts) if part)
