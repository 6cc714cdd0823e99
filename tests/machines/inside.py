"""What runs inside a machine, on a real UART: our serial line, and orders for it from the test outside.

An order is a line of JSON on the kernel's console, `{"id": 1, "do": "open", "with": {…}}`; so is the answer, with
`answer` or, for an error of ours, `error`. Nothing here judges: the test does, which holds the wire's other end.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import os
import sys
import termios
import traceback
from typing import Any

from consolesvc.config.linespec import Flow, LineSettings, SerialSpec
from consolesvc.errors import ConsoleServiceError, LineLost
from consolesvc.lines.serial import SerialLine, SerialOpener

NOBODY = 65534


class Collector:
    """Receives what a line hands over."""

    read_limit = 64 * 1024

    def __init__(self) -> None:
        self.data = bytearray()
        self.lost_because = ""

    def received(self, data: bytes | memoryview) -> None:
        """Keep it."""
        self.data += data

    def space(self, most: int) -> None:
        """None: all comes by `received`."""

    def filled(self, size: int) -> None:
        """Not to be called: no space was given."""
        raise AssertionError(size)

    def lost(self, reason: LineLost) -> None:
        """Keep the reason."""
        self.lost_because = str(reason)


class Inside:
    """The orders; one line is open at a time."""

    def __init__(self) -> None:
        self._line: SerialLine | None = None
        self._got = Collector()

    @property
    def line(self) -> SerialLine:
        """The line that is open."""
        assert self._line is not None
        return self._line

    async def open(self, device: str, settings: str = "115200n8", flow: Flow = "none") -> None:
        """Open a device."""
        self._got = Collector()
        self._line = await SerialOpener(SerialSpec(device, LineSettings.parse(settings), flow)).open(self._got)

    async def open_again(self, device: str) -> None:
        """Open it a second time, while it is open."""
        await SerialOpener(SerialSpec(device)).open(Collector())

    async def close(self) -> float:
        """Close; the seconds it took."""
        begun = asyncio.get_running_loop().time()
        await self.line.close()
        return asyncio.get_running_loop().time() - begun

    def write(self, data: str) -> None:
        """Send, in hexadecimal."""
        self.line.write(bytes.fromhex(data))

    def flood(self, size: int) -> str:
        """Send so many bytes of all values; their sha256."""
        data = os.urandom(size)
        self.line.write(data)
        return hashlib.sha256(data).hexdigest()

    async def received(self, size: int, seconds: float) -> dict[str, Any]:
        """What was received, once it is so many bytes or the time is over."""
        deadline = asyncio.get_running_loop().time() + seconds
        while len(self._got.data) < size and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - no news of it
            await asyncio.sleep(0.02)
        data = bytes(self._got.data)
        return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "tail": data[-64:].hex()}

    def pause(self) -> None:
        """Stop reading."""
        self.line.pause()

    def resume(self) -> None:
        """Read on."""
        self.line.resume()

    def modem(self) -> dict[str, bool | None]:
        """The modem lines."""
        return self.line.modem()._asdict()

    def set_modem(self, **wanted: bool) -> None:
        """Raise or drop DTR and RTS."""
        self.line.set_modem(**wanted)

    def counters(self) -> dict[str, int] | None:
        """TIOCGICOUNT."""
        counters = self.line.counters()
        return None if counters is None else counters._asdict()

    async def send_break(self, seconds: float) -> float:
        """Send a break; the longest time for which the loop stood still meanwhile."""
        longest, loop = 0.0, asyncio.get_running_loop()

        async def watch() -> None:
            nonlocal longest
            last = loop.time()
            while True:
                await asyncio.sleep(0.01)
                longest, last = max(longest, loop.time() - last - 0.01), loop.time()

        watching = asyncio.ensure_future(watch())
        await self.line.send_break(seconds)
        watching.cancel()
        return longest

    def settings(self) -> dict[str, Any]:
        """What the kernel says is set. By the line's own descriptor: a second open would touch the modem lines."""
        iflag, _, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(self.line._tty.fd)
        bits = {termios.CS5: 5, termios.CS6: 6, termios.CS7: 7, termios.CS8: 8}[cflag & termios.CSIZE]
        parity = "n" if not cflag & termios.PARENB else "o" if cflag & termios.PARODD else "e"
        speeds = {
            getattr(termios, name): int(name[1:]) for name in dir(termios) if name[:1] == "B" and name[1:].isdigit()
        }
        return {
            "settings": f"{speeds[ospeed]}{parity}{bits}{2 if cflag & termios.CSTOPB else ''}",
            "same_speed": ispeed == ospeed,
            "hupcl": bool(cflag & termios.HUPCL),
            "rtscts": bool(cflag & termios.CRTSCTS),
            "xonxoff": bool(iflag & termios.IXON and iflag & termios.IXOFF),
            "raw": not lflag & (termios.ICANON | termios.ECHO | termios.ISIG),
        }

    def open_as_nobody(self, device: str) -> str:
        """What another user's program hears that opens a device, which its mode allows."""
        os.chmod(device, 0o666)  # noqa: PTH101 - beside os.open, which pathlib has not
        reading, writing = os.pipe()
        if (child := os.fork()) == 0:
            os.setuid(NOBODY)
            try:
                os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
                os.write(writing, b"opened")
            except OSError as error:
                os.write(writing, os.strerror(error.errno or 0).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        said = os.read(reading, 4096).decode()
        os.close(reading)
        return said


async def serve() -> None:
    """Take orders for ever."""
    inside = Inside()
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    answer({"id": 0})
    while line := await orders.readline():
        order = json.loads(line)
        try:
            found = getattr(inside, order["do"])(**order["with"])
            said = {"answer": await found if inspect.isawaitable(found) else found}
        except ConsoleServiceError as error:
            said = {"error": str(error)}
        except Exception:  # noqa: BLE001 - the test outside is to see it
            said = {"error": traceback.format_exc()}
        answer({"id": order["id"], **said})


def answer(document: dict[str, Any]) -> None:
    """Say one line."""
    os.write(1, json.dumps(document).encode() + b"\n")


if __name__ == "__main__":
    asyncio.run(serve())
