"""The one way by which input over HTTP reaches a console: `send`, `run` and `break` (DESIGN 5.3)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http import HTTPStatus

from consolesvc.console.keyboard import Keyboard
from consolesvc.errors import LineError
from consolesvc.http.faults import Fault
from consolesvc.inventory import Server


@contextlib.contextmanager
def typing(server: Server) -> Iterator[Keyboard]:
    """A keyboard at a server's console, for the length of a call.

    Raises:
        Fault: 409, the line is not open or was lost meanwhile.
    """
    try:
        yield Keyboard(server.console)
    except LineError as error:
        raise Fault(HTTPStatus.CONFLICT, str(error)) from None
