"""A wire between a line of ours and a machine's port that writes down what the machine is sent."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class Wiretap:
    """Takes one connection at a UNIX socket, and passes its bytes on to another, both ways. Use it in `with`.

    Attributes:
        sent: All that has gone to the machine.
    """

    def __init__(self, ours: Path, machines: Path) -> None:
        self.sent = bytearray()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(ours))
        self._server.listen()
        self._machine = socket.socket(socket.AF_UNIX)
        self._machine.connect(str(machines))
        self._line: socket.socket | None = None
        self._threads = [threading.Thread(target=self._in, name="wiretap in")]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (self._server, self._line, self._machine):
            with contextlib.suppress(OSError):
                if end is not None:
                    end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for end in (self._server, self._line, self._machine):
            if end is not None:
                end.close()

    def _in(self) -> None:
        with contextlib.suppress(OSError):
            self._line, _ = self._server.accept()
            out = threading.Thread(target=self._out, name="wiretap out")
            self._threads.append(out)
            out.start()
            while data := self._line.recv(65536):
                self.sent += data
                self._machine.sendall(data)

    def _out(self) -> None:
        assert self._line is not None
        with contextlib.suppress(OSError):
            while data := self._machine.recv(65536):
                self._line.sendall(data)
