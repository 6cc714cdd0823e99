"""`GET /console/v1/events`: what happens to consoles, as it happens, as server-sent events (DESIGN 5.3).

    id: 19a3f0c2b11-42
    event: panic
    data: {"console": "node3", "id": "…", "event": "panic", "offset": 9000, "stream": "…", "time": "…", "text": "…", …}

With `follow=0` what is remembered is told, and that is the end. A client that comes back with `Last-Event-ID` is given
what it missed, as far as it is remembered; what is not is told:

    event: gap
    data: {"from": "19a3f0c2b11-42", "to": "19a3f0c2b11-1712", "missed": 1669}
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, NamedTuple

from aiohttp import web

from consolesvc.errors import ServerNotFound
from consolesvc.feed import Feed, Item
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER, Caller
from consolesvc.inventory import Inventory
from consolesvc.web.calls import SHOWN, refuse_strangers, wrong
from consolesvc.web.output import SWITCH
from consolesvc.web.waits import Waits

BEAT: Final = 15.0
"""Seconds of silence after which a comment says that the stream is alive."""
ASK_AGAIN: Final = 60.0
"""Seconds between two looks at whether who reads it still may."""
PATIENCE: Final = 60.0
"""Seconds that a reader has to take what it is sent; it can come back with its last event."""
BATCH: Final = 100
"""Events written at once."""
RETRY: Final = 2000
"""Milliseconds after which a page's client comes back."""
PARAMETERS = ("console", "event", "follow")
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",  # nginx would keep events back
}


class Wanted(NamedTuple):
    """What a reader asks for; nothing is everything.

    Attributes:
        consoles: Patterns of names.
        servers: Ids.
        events: Names.
    """

    consoles: tuple[str, ...]
    servers: frozenset[str]
    events: frozenset[str]

    def has(self, item: Item) -> bool:
        """Whether an event is asked for."""
        if self.events and item.event not in self.events:
            return False
        everywhere = not self.consoles and not self.servers
        named = item.server_id in self.servers or any(fnmatch.fnmatchcase(item.console, each) for each in self.consoles)
        return everywhere or named


def setup(
    app: web.Application,
    *,
    inventory: Inventory,
    feed: Feed,
    streams: Waits,
    names: Callable[[], Collection[str]],
    caller_of: Callable[[Mapping[str, str]], Awaitable[Caller]],
) -> None:
    """Add the route.

    Args:
        app: The application on the API's port.
        inventory: Whose consoles.
        feed: The events.
        streams: Counts those who read them.
        names: All names of events there can be.
        caller_of: Who is calling, by a request's headers; raises Fault.
    """

    async def events(request: web.Request) -> web.StreamResponse:
        refuse_strangers(request.query, PARAMETERS)
        wanted = _wanted(request, inventory, names())
        follow = request.query.get("follow", "1")
        if follow.lower() not in SWITCH:
            raise wrong("follow", follow, "1 or 0")
        return await streams.hold(request, tell(request, wanted, follow=SWITCH[follow.lower()]))

    async def tell(request: web.Request, wanted: Wanted, *, follow: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        reader = _Reader(request, response, feed, wanted, caller_of)
        try:
            await reader.run(follow=follow)
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:  # it went while it was written to
            pass
        return response

    app.router.add_get("/console/v1/events", events, allow_head=False)


def _wanted(request: web.Request, inventory: Inventory, names: Collection[str]) -> Wanted:
    caller, query = CALLER.get(), request.query
    consoles, servers = [], set()
    for name in _values(query.getall("console", ())):
        try:
            servers.add(inventory.find(name, lambda server: caller.sees(server.project_id)).id)
        except ServerNotFound:
            if not any(character in name for character in "*?["):
                raise
            consoles.append(name)
    events = frozenset(_values(query.getall("event", ())))
    for event in events:
        if event not in names:
            raise wrong("event", event, f"some of {', '.join(names)}")
    return Wanted(tuple(consoles), frozenset(servers), events)


def _values(given: Collection[str]) -> list[str]:
    """The values of a parameter, which may be given several times, and hold several with commas between."""
    return [value for each in given for value in each.split(",") if value]


class _Reader:
    """One client: a place in the feed, and a way out that may be slow."""

    def __init__(
        self,
        request: web.Request,
        response: web.StreamResponse,
        feed: Feed,
        wanted: Wanted,
        caller_of: Callable[[Mapping[str, str]], Awaitable[Caller]],
    ) -> None:
        self._request = request
        self._response = response
        self._feed = feed
        self._wanted = wanted
        self._caller = CALLER.get()
        self._caller_of = caller_of
        self._asked = asyncio.get_running_loop().time()
        self._place = feed.end

    async def run(self, *, follow: bool) -> None:
        """Write events until the client goes, may see nothing any more, or the feed is closed.

        Args:
            follow: Whether to go on behind what is remembered.

        Raises:
            TimeoutError: the client takes nothing.
        """
        feed, loop = self._feed, asyncio.get_running_loop()
        text, wrote = f"retry: {RETRY}\n{self._begin(follow=follow)}", 0.0
        while not feed.closed and await self._may_stay():
            text = text or "".join(self._next())
            if not text and not follow and self._place == feed.end:
                break
            if not text and loop.time() - wrote >= BEAT:
                # With the place: what it did not ask for is not missing when it comes back.
                text = f": every {BEAT:g} s\n{self._id()}\n"
            if text:
                async with asyncio.timeout(PATIENCE):
                    await self._response.write(text.encode())
                text, wrote = "", loop.time()
            elif self._place == feed.end:
                await feed.news(self._place, max(0.0, wrote + BEAT - loop.time()))
        await self._response.write_eof()

    def _begin(self, *, follow: bool) -> str:
        """Find the place, and say it, or what is missing before it."""
        last = self._request.headers.get("Last-Event-ID")
        if last is None:
            self._place = self._feed.end if follow else self._feed.start
            return f"{self._id()}\n"
        number = self._feed.number_of(last)
        if number is None:
            # Of an earlier start: what was missed nobody knows.
            self._place = self._feed.start
            return self._gap(last[:SHOWN], None)
        self._place = number + 1
        return f"{self._id()}\n"

    def _next(self) -> list[str]:
        feed, said = self._feed, []
        if self._place < feed.start:
            before, self._place = self._place, feed.start
            said.append(self._gap(feed.id_of(before - 1), feed.start - before))
        items = feed.read(self._place, BATCH)
        self._place += len(items)
        seen = [item for item in items if self._wanted.has(item) and self._caller.sees(item.project_id)]
        return [*said, *(f"id: {i.id}\nevent: {i.event}\ndata: {json.dumps(i.document())}\n\n" for i in seen)]

    def _gap(self, after: str, missed: int | None) -> str:
        """What is said of events that are not remembered any more."""
        gap = {"from": after, "to": self._feed.id_of(self._place), "missed": missed}
        return f"{self._id()}event: gap\ndata: {json.dumps(gap)}\n\n"

    def _id(self) -> str:
        """The field that says how far the client has come."""
        return f"id: {self._feed.id_of(self._place - 1)}\n"

    async def _may_stay(self) -> bool:
        """Whether somebody reads still, who is let in still: a token has its time, and so has a right."""
        transport = self._request.transport
        if transport is None or transport.is_closing():
            return False
        now = asyncio.get_running_loop().time()
        if now - self._asked >= ASK_AGAIN:
            self._asked = now
            try:
                self._caller = await self._caller_of(self._request.headers)
            except Fault as fault:
                return fault.status >= web.HTTPInternalServerError.status_code  # nobody can be asked at the moment
        return True
