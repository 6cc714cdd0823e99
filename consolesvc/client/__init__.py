"""A running service from Python: its consoles, and what a person would do at them. Standard library only.

    from consolesvc.client import Cloud

    console = Cloud("http://127.0.0.1:8774").console("fake1")
    console.wait("login: $", since=0)
    console.send("root")
    console.wait("Password: $")
    console.send("consolesvc")
    console.wait("# $")
    print(console.run("uname -a").output)

Nothing is missed between two calls: a console remembers how far it has looked, and `wait` goes on from there.

Whatever goes wrong is a ClientError, whose text says what and, where there is one, the cure; what does not come in time
is a TimedOut, which is one too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consolesvc.client.answers import Boot, Event, Mark, Match, Ran, Screen, Sent
    from consolesvc.client.cloud import Cloud
    from consolesvc.client.console import Console
    from consolesvc.errors import BytesMissing, ClientError, TimedOut

__all__ = [
    "Boot",
    "BytesMissing",
    "ClientError",
    "Cloud",
    "Console",
    "Event",
    "Mark",
    "Match",
    "Ran",
    "Screen",
    "Sent",
    "TimedOut",
]

_MODULES = {
    "Cloud": "client.cloud",
    "Console": "client.console",
    "BytesMissing": "errors",
    "ClientError": "errors",
    "TimedOut": "errors",
}
"""Where each name is; all others are in `client.answers`."""


def __getattr__(name: str) -> Any:
    # Imported when it is used: the service needs no more of this package than how an endpoint is written.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"consolesvc.{_MODULES.get(name, 'client.answers')}"), name)
