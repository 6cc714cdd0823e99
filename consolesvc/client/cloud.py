"""A running service and its consoles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from http import HTTPStatus
from typing import Any

from consolesvc.client.answers import Event
from consolesvc.client.console import Console
from consolesvc.client.events import read
from consolesvc.client.transport import NOT_FOUND, Transport, query
from consolesvc.client.words import some_of
from consolesvc.errors import ClientError


class Cloud(Transport):
    """A running service; see Transport for how it is found."""

    def consoles(self) -> list[Console]:
        """All consoles that the caller sees; raises ClientError as `listing`."""
        return [self._console(view) for view in self.listing()["consoles"]]

    def console(self, name: str) -> Console:
        """The console with this id, name, or unambiguous beginning of a name; raises ClientError as `find`."""
        return self._console(self.find(name))

    def events(
        self,
        *consoles: str,
        kinds: Collection[str] = (),
        follow: bool = True,
        last: str | None = None,
        away: Callable[[ClientError], None] | None = None,
    ) -> Iterator[Event]:
        """What happens to consoles, as it happens.

        A service that stops and starts again is waited for, however long; what was missed then is told, as far as it
        is remembered, behind an event `gap`.

        Args:
            consoles: Ids, names or patterns such as `node*`; all where none is given.
            kinds: Which events; all where none is given.
            follow: Whether to wait for what comes; else what is remembered is told, and that is all.
            last: The id of an event: begin behind it. None for what comes from now on, or for all that is remembered.
            away: Told of the error each time that the service is away, once.

        Raises:
            ClientError: as `ask`; and of a service that is not there at first.
        """
        asked = query(console=",".join(consoles) or None, event=",".join(kinds) or None, follow=int(follow))
        return read(self, asked, follow=follow, last=last, away=away)

    def listing(self) -> dict[str, Any]:
        """What the service says of all consoles: `consoles`, a list of states, and `configuration_error`.

        Raises:
            ClientError: as `ask`; and what answers is no consolesvc.
        """
        try:
            answer = self.ask("GET", "/console/v1/consoles")
        except ClientError as error:
            raise self.stranger() if error.status == HTTPStatus.NOT_FOUND else error from None
        if not isinstance(answer, dict) or not isinstance(answer.get("consoles"), list):
            raise self.stranger()
        return answer

    def find(self, name: str) -> dict[str, Any]:
        """The state of the console with this id, name, or unambiguous beginning of a name.

        Raises:
            ClientError: none or several (exit code 3; the message lists the names); or as `listing`.
        """
        consoles: list[dict[str, Any]] = self.listing()["consoles"]
        # An id first: a fake made over the API may bear any name, another's id or name too.
        for key in ("id", "name"):
            exact = [console for console in consoles if console[key] == name]
            if len(exact) == 1:
                return exact[0]
            if exact:
                ids = ", ".join(console["id"] for console in exact)
                raise ClientError(f"{len(exact)} consoles are called {name!r}; say which by its id: {ids}", NOT_FOUND)
        matches = [console for console in consoles if name and console["name"].startswith(name)]
        if len(matches) == 1:
            return matches[0]
        what = "is the beginning of several names" if matches else "is no console here; there are"
        names = [str(console["name"]) for console in matches or consoles]
        raise ClientError(f"{name!r} {what}: {some_of(names)}", NOT_FOUND, passing=not matches)

    def console_url(self, server_id: str) -> str:
        """A fresh console URL, as any OpenStack client gets it; raises ClientError as `ask`."""
        answer = self.ask("POST", f"/v2.1/servers/{server_id}/action", {"os-getSerialConsole": {"type": "serial"}})
        return str(answer["console"]["url"])

    def _console(self, view: dict[str, Any]) -> Console:
        return Console(self, str(view["id"]), str(view["name"]))
