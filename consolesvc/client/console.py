"""One console, as a script works at it."""

from __future__ import annotations

import base64
import time
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from consolesvc.client.answers import Boot, Event, Gap, Mark, Match, Ran, Screen, Sent, gap_of
from consolesvc.client.transport import query
from consolesvc.errors import BytesMissing, ClientError, TimedOut

if TYPE_CHECKING:
    from consolesvc.client.cloud import Cloud

Place = int | str
"""A place in the output: an offset, a negative number that counts from the end, or a mark's name."""

ENTER = "\r"
ONE_WAIT = 50.0
"""Seconds that one request waits at most: proxies cut what is silent for a minute. A longer wait is several."""


AWAY = (0, 502, 503, 504)
"""Statuses of a service that is not there: no answer at all, and what a relay in front of it says."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 1.0
"""Seconds between two tries to reach it again; doubling."""


class Console:
    """A console of a running service; `Cloud.console` makes it.

    Args:
        cloud: Where it is.
        console_id: The server's id.
        name: Its name.

    Attributes:
        position: How far this object has looked: `wait` goes on from here, so that nothing said in between is missed.
            None before the first call, and then a `wait` begins with what comes from now on.

    Every method raises ClientError where the service refuses, or does not answer.
    """

    def __init__(self, cloud: Cloud, console_id: str, name: str) -> None:
        self.cloud = cloud
        self.id = console_id
        self.name = name
        self.position: int | None = None
        self._stream: str | None = None

    def __repr__(self) -> str:
        return f"<Console {self.name} of {self.cloud.url} at {self.position}>"

    # What it says

    def wait(self, pattern: str | Sequence[str], *, since: Place | None = None, timeout: float = 30.0) -> Match:
        """Wait until it has said something; `position` is then behind it.

        A service that stops and starts again meanwhile, as for an upgrade, is waited for; nothing is missed.

        Args:
            pattern: A regular expression in RE2's syntax, or several. It is matched on text without escape sequences,
                whose lines end in LF; `^` is where the wait begins, `$` the end of what has been said, and `(?m)` makes
                both a line's. A match may have 64 KiB.
            since: Where to begin; None for `position`.
            timeout: Seconds; what is there already is looked at in any case.

        Raises:
            TimedOut: nothing matched in time; its `next` is where to go on.
        """
        wanted: dict[str, Any] = {"pattern": pattern if isinstance(pattern, str) else list(pattern)}
        until = time.monotonic() + timeout
        wanted |= {"since": since} if since is not None else self._from_here()
        gap: Gap | None = None
        while True:
            answer = self._wait_once(wanted, until)
            if (found := gap_of(answer)) is not None:
                gap = found if gap is None else (gap[0], found[1])
            self._stand(answer)
            if answer["matched"]:
                match = answer["match"]
                return Match(
                    match["text"],
                    match["start"],
                    match["end"],
                    tuple(match["groups"]),
                    match["named"],
                    answer["index"],
                    gap,
                )
            if (left := until - time.monotonic()) <= 0:
                break
            time.sleep(min(left, FIRST_PAUSE))  # an answer before its time: the service is about to stop
            wanted |= {"since": answer["next"], "stream": answer["stream"]}
        raise TimedOut(f"{self.name}: no match of {pattern!r} within {timeout:g} s", answer["next"])

    def screen(self, columns: int = 80, rows: int = 24) -> Screen:
        """What its screen shows now."""
        shown = self.cloud.ask("GET", self._path("screen") + query(cols=columns, rows=rows))["screen"]
        cursor = shown["cursor"]
        place = (cursor["x"], cursor["y"], cursor["visible"])
        return Screen(tuple(shown["lines"]), *place, shown["title"], shown["offset"])

    def screen_html(self, columns: int = 80, rows: int = 24) -> str:
        """The same as a page of HTML, with its colours."""
        path = self._path("screen") + query(format="html", cols=columns, rows=rows)
        return self.cloud.exchange("GET", path, accept="text/html").decode()

    def slice(self, start: Place | None = None, end: Place | None = None) -> str:
        """Output from one place to another as text, without escape sequences; all there is where nothing is said."""
        return self._slice("text", start, end).decode()

    def slice_bytes(self, start: Place | None = None, end: Place | None = None) -> bytes:
        """The same, every byte as it came.

        Raises:
            BytesMissing: some are gone; it has those before them, and `next`, behind the gap, from where to go on.
        """
        parts: list[bytes] = []
        while True:
            path = self._path("slice") + query(from_=start, to=end, format="raw")
            headers, part, whole = self.cloud.part(path)
            if gap := headers.get("Console-Gap"):
                first, _, behind = gap.partition("-")
                told = f"{self.name}: the bytes {first}..{behind} are gone; from {behind} on there are more"
                raise BytesMissing(told, (int(first), int(behind)), b"".join(parts))
            parts.append(part)
            if whole:
                return b"".join(parts)
            if start == (start := int(headers["Console-Start"]) + len(part)):
                raise self.cloud.stranger()  # nothing more came, and nothing is missing
            end = int(headers["Console-Next"])

    def recording(self, start: Place | None = None, end: Place | None = None, version: Literal[2, 3] = 3) -> str:
        """The same as an asciicast, with its times and marks; the console must have a log."""
        return self._slice(f"cast{version}", start, end).decode()

    def state(self) -> dict[str, Any]:
        """What the service knows of it: its line, who looks, counters; as `GET /console/v1/consoles/{id}` answers."""
        found: dict[str, Any] = self.cloud.ask("GET", f"/console/v1/consoles/{self.id}")["console"]
        return found

    def events(self, *, kinds: Collection[str] = (), follow: bool = True, last: str | None = None) -> Iterator[Event]:
        """What happens to it; see Cloud.events."""
        return self.cloud.events(self.id, kinds=kinds, follow=follow, last=last)

    def boots(self, limit: int = 20) -> list[Boot]:
        """Its last boots, the newest first; those in the log are known also after a restart."""
        answer = self.cloud.ask("GET", self._path("boots") + query(limit=limit))
        return [
            Boot(
                boot["offset"],
                boot["time"],
                boot["line"],
                tuple(stage["stage"] for stage in boot["stages"]),
                boot["login"] and boot["login"]["seconds"],
                boot["panic"] and boot["panic"]["line"],
                boot["reset"],
            )
            for boot in answer["boots"]
        ]

    def url(self) -> str:
        """A fresh URL of its websocket, as OpenStack's clients get it."""
        return self.cloud.console_url(self.id)

    # What is typed

    def send(
        self,
        data: str | bytes,
        *,
        enter: bool | None = None,
        echo: bool = False,
        pace: str | None = None,
        timeout: float = 30.0,
    ) -> Sent:
        """Type something. `position` stays where it was, so that a `wait` sees all that has come since.

        Args:
            data: What.
            enter: Whether Enter is typed behind it; None: behind text yes, behind bytes no.
            echo: Whether to wait until it has come back, line by line; `position` is then behind the echo, and a `wait`
                does not see what was typed.
            pace: How fast at most, such as `200 c/s` or `20 lines/s`.
            timeout: Seconds that all of it may take.

        Raises:
            TimedOut: not all of it left, or came back, in time; its `next` is how far the echo was seen.
        """
        typed = data.encode() if isinstance(data, str) else data
        if isinstance(data, str) if enter is None else enter:
            typed += ENTER.encode()
        body: dict[str, Any] = {"base64": base64.b64encode(typed).decode(), "echo": echo, "timeout": timeout}
        if pace is not None:
            body["pace"] = pace
        answer = self._post("send", body, wait=timeout)
        if echo or self.position is None:
            self._stand(answer)
        if answer["sent"] < len(typed) or answer["echoed"] is False:
            what = "came back" if echo and answer["sent"] else "left"
            told = f"{self.name}: not all of {len(typed)} bytes {what} within {timeout:g} s: {answer['sent']} were sent"
            raise TimedOut(told, answer["next"])
        return Sent(answer["sent"], answer["start"], answer["next"])

    def run(self, command: str, *, prompt: str | None = None, timeout: float = 30.0) -> Ran:
        """Type a command with Enter at a prompt, and give what it says; `position` is then behind the next prompt.

        Args:
            command: One line.
            prompt: The next prompt, a regular expression; None for the line on which the command is typed, as it stands
                before, with any path. Say it where the command makes another of it, as `su` and `ssh` do.
            timeout: Seconds.

        Raises:
            TimedOut: no prompt in time; its `output` is what there was so far.
        """
        body = {"command": command, "timeout": timeout} | ({} if prompt is None else {"prompt": prompt})
        answer = self._post("run", body, wait=timeout)
        self._stand(answer)
        if not answer["matched"]:
            raise TimedOut(f"{self.name}: no prompt within {timeout:g} s", answer["next"], answer["output"])
        return Ran(answer["output"], answer["start"], answer["next"], answer["truncated"], gap_of(answer))

    def send_break(self, ms: int = 250) -> None:
        """Send a break of so many milliseconds."""
        self._post("break", {"ms": ms})

    # Marks

    def mark(self, name: str) -> Mark:
        """Give the place before the next byte of output a name."""
        return Mark(**self._post("mark", {"name": name})["mark"])

    def marks(self) -> list[Mark]:
        """All marks whose byte can still be had, in the order of the output."""
        return [Mark(**mark) for mark in self.cloud.ask("GET", self._path("marks"))["marks"]]

    def _from_here(self) -> dict[str, Any]:
        """Where a wait begins that does not say: where the last call has looked to, else with what comes now."""
        if self.position is None:
            state = self.state()
            self.position, self._stream = state["end"], state["stream"]
        return {"since": self.position, "stream": self._stream}

    def _wait_once(self, wanted: dict[str, Any], until: float) -> dict[str, Any]:
        """One answer; a service that is away, as for an upgrade, is asked again until it is there."""
        pause = FIRST_PAUSE
        while True:
            left = max(0.0, until - time.monotonic())
            try:
                return self._post("wait", {**wanted, "timeout": min(left, ONE_WAIT)}, wait=min(left, ONE_WAIT))
            except ClientError as error:
                if not error.passing or error.status not in AWAY or left <= pause:
                    raise
                if "next" in error.content:  # it stopped under the wait: what it has seen is not looked at again
                    wanted |= {"since": error.content["next"], "stream": error.content["stream"]}
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    def _stand(self, answer: dict[str, Any]) -> None:
        self.position, self._stream = answer["next"], answer["stream"]

    def _slice(self, kind: str, start: Place | None, end: Place | None) -> bytes:
        path = self._path("slice") + query(from_=start, to=end, format=kind)
        return self.cloud.exchange("GET", path, accept="*/*")

    def _post(self, call: str, body: dict[str, Any], *, wait: float = 0) -> dict[str, Any]:
        answer: dict[str, Any] = self.cloud.ask("POST", self._path(call), body, wait=wait)
        return answer

    def _path(self, call: str) -> str:
        return f"/console/v1/consoles/{self.id}/{call}"
