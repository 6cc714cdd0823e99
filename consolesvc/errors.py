"""Every error this package raises for its callers to catch.

    ConsoleServiceError
    ├── ConfigurationError      a configuration is wrong; carries every problem found, not the first
    ├── LineError               about the byte stream to a machine
    │   ├── LineUnavailable     it could not be opened: what is wrong, and the cure
    │   ├── LineLost            it was open and ended
    │   └── LackError           this kind of line, or this device, has no such thing: a break, modem lines
    ├── TokenRefused            a token is unknown, expired or used
    ├── StoreUnavailable        the store of tokens does not answer
    ├── ServerNotFound          no server has this id
    ├── NameAmbiguous           several servers have this name
    ├── LimitReached            one of `limits:` is exhausted
    ├── InputHeld               somebody else holds a console's input
    ├── StartError              the service cannot start: a taken port, a locked state folder
    ├── TlsUnusable             a certificate, its key or a CA is none, or they do not fit
    └── ClientError             a client could not do its work against a running service
        ├── BytesMissing        bytes that were asked for are gone
        └── TimedOut            what was waited for did not come in time

Classes carry facts; `__str__` makes the sentence. Foreign exceptions become these at the seam where they
arise and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class ConsoleServiceError(Exception):
    """The root of the tree in this module's docstring."""


class Problem(NamedTuple):
    """One thing wrong in a configuration.

    Attributes:
        file: The file as the user named it, or `--set` for an override.
        line: 1-based line in it, 0 where there is none.
        key: Dotted path of the key, such as `servers[2].line.settings`; empty for the document.
        text: What is wrong: the value, and what was expected.
    """

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.text}" if self.key else f"{where}: {self.text}"


class ConfigurationError(ConsoleServiceError):
    """A configuration is wrong; `problems` holds everything found in one reading, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class LineError(ConsoleServiceError):
    """Something about a line; `reason` says what, in words fit for a viewer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class LineUnavailable(LineError):
    """A line could not be opened.

    Attributes:
        reason: What is wrong, in a few words: "no such device", "permission denied".
        cure: What to do about it, a sentence; empty where waiting is all there is.
    """

    def __init__(self, reason: str, cure: str = "") -> None:
        super().__init__(reason)
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.reason}: {self.cure}" if self.cure else self.reason


class LineLost(LineError):
    """A line that was open has ended."""


class LackError(LineError):
    """A line was asked for what it has not.

    Attributes:
        ability: What it lacks, such as "break".
    """

    def __init__(self, ability: str, reason: str) -> None:
        super().__init__(reason)
        self.ability = ability


class TokenRefused(ConsoleServiceError):
    """A token does not redeem; `why` is one of "unknown", "expired", "used".

    "unknown" and "used" are told apart only while the store still remembers the token.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"token {self.why}"


class StoreUnavailable(ConsoleServiceError):
    """The store of tokens, another process, does not answer; whether a token is good cannot be said now."""

    def __str__(self) -> str:
        return "The token store does not answer; try again later."


class ServerNotFound(ConsoleServiceError):
    """No server has the id `wanted`."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted

    def __str__(self) -> str:
        return f"Instance {self.wanted} could not be found."


class NameAmbiguous(ConsoleServiceError):
    """Several servers have the name `wanted`, as those made over the API may; `ids` are theirs."""

    def __init__(self, wanted: str, ids: list[str]) -> None:
        super().__init__(wanted, ids)
        self.wanted = wanted
        self.ids = ids

    def __str__(self) -> str:
        return f"{len(self.ids)} servers have the name {self.wanted!r}; say which by its id: {', '.join(self.ids[:10])}"


class LimitReached(ConsoleServiceError):
    """One of the configuration's `limits` is exhausted.

    Attributes:
        limit: The key, such as `sessions_per_console`.
        value: Its value.
    """

    def __init__(self, limit: str, value: int) -> None:
        super().__init__(limit, value)
        self.limit = limit
        self.value = value

    def __str__(self) -> str:
        return f"limit reached: limits.{self.limit} is {self.value}"


class InputHeld(ConsoleServiceError):
    """Somebody else holds the input of the console `console`; `holder` is their name as others are told it."""

    def __init__(self, console: str, holder: str) -> None:
        super().__init__(console, holder)
        self.console = console
        self.holder = holder

    def __str__(self) -> str:
        return f"{self.holder} holds the input of {self.console}"


class StartError(ConsoleServiceError):
    """The service cannot start; the message names what is in the way and what to do."""


class TlsUnusable(ConsoleServiceError):
    """TLS cannot be spoken with what `tls:` names.

    Attributes:
        key: The key under `tls:` that is to blame, such as `cert`.
        why: The file, what is wrong with it, and what was expected.
    """

    def __init__(self, key: str, why: str) -> None:
        super().__init__(key, why)
        self.key = key
        self.why = why

    def __str__(self) -> str:
        return f"tls.{self.key}: {self.why}"


class ClientError(ConsoleServiceError):
    """A client failed against a running service.

    Attributes:
        exit_code: A command's then, as DESIGN 5.1 has it (1, 2, 3, 4 or 124).
        status: The HTTP status that says so; 0 where none does.
        passing: Whether it may pass by itself: a service or a server that is not there yet.
        content: What a fault's document says; {} where there is none.
    """

    def __init__(
        self,
        message: str,
        exit_code: int = 1,
        *,
        status: int = 0,
        passing: bool = False,
        content: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.status = status
        self.passing = passing
        self.content = dict(content or {})


class BytesMissing(ClientError):
    """Bytes of a console's output that were asked for are gone.

    Attributes:
        gap: From the first of them, to behind the last.
        next: The offset from which to go on; the gap's end.
        data: What came before them.
    """

    def __init__(self, message: str, gap: tuple[int, int], data: bytes) -> None:
        super().__init__(message)
        self.gap = gap
        self.next = gap[1]
        self.data = data


class TimedOut(ClientError):
    """What was waited for did not come in time.

    Attributes:
        next: The offset from which to go on, so that nothing is missed.
        output: What a command had said by then.
    """

    def __init__(self, message: str, next: int, output: str = "") -> None:  # noqa: A002 - the field's name in answers
        super().__init__(message, exit_code=124)
        self.next = next
        self.output = output
