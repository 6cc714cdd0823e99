"""What the audit hears of a console: who comes and goes, what is typed there, which breaks are sent."""

from __future__ import annotations

from typing import Any

from consolesvc.audit.attendance import Attendance
from consolesvc.audit.audit import Audit
from consolesvc.console.input import Typist
from consolesvc.console.viewer import Viewer
from consolesvc.http.deeds import DEED
from consolesvc.inventory import Server


class Witnesses:
    """Hears all consoles for the audit.

    Args:
        audit: Where it is written.

    Attributes:
        keys: Whether keys are written of servers that do not say (`audit.keys`).
    """

    def __init__(self, audit: Audit, *, keys: bool = False) -> None:
        self.audit = audit
        self.keys = keys
        self._attending: dict[Typist, Attendance] = {}

    def __repr__(self) -> str:
        return f"<Witnesses of {len(self._attending)} sessions>"

    def hear(self, server: Server) -> None:
        """Hear a server's console from now on."""
        server.console.input.witness = self

    def attached(self, server: Server, viewer: Viewer, **facts: Any) -> None:
        """A viewer has come; `facts` are who it is, and stand in all its records. Nothing while nothing is written."""
        if self.audit.on:
            own = server.config.audit_keys
            facts = {key: value for key, value in facts.items() if value}
            facts |= {"console": server.name, "id": server.id}
            attendance = Attendance(self.audit, server.console, facts, with_keys=self.keys if own is None else own)
            self._attending[viewer.typist] = attendance
            attendance.note("attached")

    def detached(self, viewer: Viewer, **facts: Any) -> None:
        """A viewer has gone, and why."""
        attendance = self._attending.pop(viewer.typist, None)
        if attendance is not None:
            sizes = {"out": viewer.received, "in": viewer.typist.delivered}
            attendance.over(**sizes, lost=viewer.lost, refused=viewer.refused, **facts)

    def typed(self, typist: Typist, data: bytes) -> None:
        """Input was taken for the line (InputPath)."""
        attendance = self._attending.get(typist)
        if attendance is not None:
            attendance.typed(data)
        elif (deed := DEED.get()) is not None:  # a call's: its one record tells of all it typed
            deed.facts["bytes"] = deed.facts.get("bytes", 0) + len(data)

    def broke(self, typist: Typist, seconds: float) -> None:
        """A break was sent for a viewer."""
        attendance = self._attending.get(typist)
        if attendance is not None:
            attendance.note("break", ms=round(seconds * 1000))
