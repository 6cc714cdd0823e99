"""The one way by which input over HTTP reaches a console: `send`, `run` and `break` (DESIGN 5.3)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http import HTTPStatus

from consolesvc.console import call
from consolesvc.errors import InputHeld, LineError
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER
from consolesvc.inventory import Server


@contextlib.contextmanager
def typing(server: Server) -> Iterator[call.Call]:
    """A server's console's input, for the length of a call.

    Raises:
        Fault: 409, somebody else holds the input, or the line is not open or was lost meanwhile.
    """
    try:
        with call.typing(server.console, CALLER.get().known_as) as held:
            yield held
    except (InputHeld, LineError) as error:
        raise Fault(HTTPStatus.CONFLICT, str(error)) from None
