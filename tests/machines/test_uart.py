"""Our serial line on a real UART: /dev/ttyS1 of a machine, an emulated 16550 whose registers and whose wire are ours.

What a PTY has not, is looked at here: modem lines, breaks, counters, framing, flow control, a port that takes for ever
to send. The registers are QEMU's trace of what the machine's driver wrote into them: what a machine at the other end
of a real cable would see.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.machines.guest import Guest, guest
from tests.machines.kernel import needs_machine
from tests.scenarios.process import eventually

pytestmark = [needs_machine, pytest.mark.timeout(120)]

PORT = "/dev/ttyS1"
LCR, MCR = 3, 4
DTR, RTS, BREAK = 0x01, 0x02, 0x40
XON, XOFF = b"\x11", b"\x13"


@pytest.fixture(scope="module")
def uart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """The machine; no line is open on its UART."""
    with guest(tmp_path_factory.mktemp("guest")) as made:
        yield made


class Write(NamedTuple):
    """The driver wrote a value into a register, at a time in seconds."""

    time: float
    value: int


class Registers:
    """What the UART is told from now on."""

    def __init__(self, uart: Guest) -> None:
        self._uart = uart
        self._begin = len(uart.pc.registers())

    def writes(self, register: int) -> list[Write]:
        """Into one register, in order."""
        pattern = rf"@([0-9.]+):serial_write write addr 0x{register:02x} val 0x([0-9a-f]+)"
        return [Write(float(when), int(value, 16)) for when, value in re.findall(pattern, self._text())]

    def framing(self) -> str:
        """The last speed and framing, as `9600 E71`."""
        found = re.findall(r"baudrate=(\d+) parity='(.)' data=(\d) stop=(\d)", self._text())
        return "{} {}{}{}".format(*found[-1])

    def _text(self) -> str:
        return self._uart.pc.registers()[self._begin :]


@contextlib.contextmanager
def opened(uart: Guest, settings: str = "115200n8", flow: str = "none") -> Iterator[None]:
    """A line on the UART."""
    uart.order("open", device=PORT, settings=settings, flow=flow)
    try:
        yield
    finally:
        uart.order("close")


def test_all_bytes_go_both_ways(uart: Guest) -> None:
    """100 kB out and 20 kB in, all values of a byte; the kernel's counters agree."""
    typed = os.urandom(20_000)
    with opened(uart):
        before = uart.order("counters")
        told = uart.order("flood", size=100_000)
        assert hashlib.sha256(uart.read(100_000)).hexdigest() == told
        uart.wire.sendall(typed)
        got = uart.order("received", size=len(typed), seconds=20)
        assert (got["size"], got["sha256"]) == (len(typed), hashlib.sha256(typed).hexdigest())
        after = uart.order("counters")
    assert (after["tx"] - before["tx"], after["rx"] - before["rx"]) == (100_000, len(typed))
    assert [after[name] for name in ("frame", "parity", "overrun", "buf_overrun")] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("settings", "framing"), [("9600e7", "9600 E71"), ("57600o8", "57600 O81"), ("38400n82", "38400 N82")]
)
def test_settings_reach_the_uart(uart: Guest, settings: str, framing: str) -> None:
    """Speed, parity, bits and stop bits: as the kernel has them, and as they stand in the UART's registers."""
    registers = Registers(uart)
    with opened(uart, settings):
        found = uart.order("settings")
        assert found["settings"] == settings
        assert found["same_speed"]
        assert found["raw"]
        assert registers.framing() == framing


def test_dtr_stays_up_when_a_line_is_closed_and_opened_again(uart: Guest) -> None:
    """HUPCL is off: many boards take a falling DTR as a reset. Neither close nor open lets it fall, or RTS."""
    with opened(uart):
        assert not uart.order("settings")["hupcl"]
    registers = Registers(uart)
    for _ in range(3):
        with opened(uart):
            modem = uart.order("modem")
            assert modem["dtr"]
            assert modem["rts"]
    time.sleep(0.2)
    values = [write.value for write in registers.writes(MCR)]
    assert len(values) >= 6, "each open and each close writes it"
    assert all(value & DTR and value & RTS for value in values), values


def test_dtr_and_rts_are_ours_to_set(uart: Guest) -> None:
    """What is asked for is in the register, and read back; the machine's own lines are told."""
    registers = Registers(uart)
    with opened(uart):
        uart.order("set_modem", dtr=False, rts=False)
        assert not registers.writes(MCR)[-1].value & (DTR | RTS)
        modem = uart.order("modem")
        assert (modem["dtr"], modem["rts"]) == (False, False)
        uart.order("set_modem", dtr=True)
        assert registers.writes(MCR)[-1].value & (DTR | RTS) == DTR
        uart.order("set_modem", rts=True)
        assert registers.writes(MCR)[-1].value & (DTR | RTS) == DTR | RTS
        modem = uart.order("modem")
    assert modem == {"dtr": True, "rts": True, "cts": True, "dsr": True, "ri": False, "cd": True}


def test_a_break_has_its_length_and_stops_no_loop(uart: Guest) -> None:
    """Half a second on the wire, to a few hundredths, while the loop goes on."""
    registers = Registers(uart)
    with opened(uart):
        longest = uart.order("send_break", seconds=0.5)
        writes = registers.writes(LCR)
    begun = next(i for i, write in enumerate(writes) if write.value & BREAK)
    assert not writes[begun + 1].value & BREAK
    assert 0.49 < writes[begun + 1].time - writes[begun].time < 0.9
    assert longest < 0.25, "a loop that sleeps through the break stands for all of it"


def test_a_break_from_the_machine_is_counted(uart: Guest) -> None:
    """It reads as a NUL; what comes before and behind it is whole."""
    with opened(uart):
        before = uart.order("counters")["brk"]
        uart.wire.sendall(b"before")
        uart.order("received", size=6, seconds=5)
        uart.pc.send_break(1)
        uart.order("received", size=7, seconds=5)
        uart.wire.sendall(b"after")
        assert bytes.fromhex(uart.order("received", size=12, seconds=5)["tail"]) == b"before\0after"
        assert uart.order("counters")["brk"] == before + 1


def test_an_overrun_is_counted(uart: Guest) -> None:
    """What comes while the machine's processor stands still overruns the UART's 16 bytes: the counter says so."""
    with opened(uart):
        before = uart.order("counters")["overrun"]
        uart.pc.stop()
        for _ in range(40):
            uart.pc.send_break(1)
        uart.pc.cont()
        eventually("an overrun", lambda: uart.order("counters")["overrun"] > before)


def test_a_line_that_is_not_read_for_a_while_loses_nothing(uart: Guest) -> None:
    """Without flow control too: the kernel holds some hundred kilobytes, whole and uncounted."""
    sent = os.urandom(100_000)
    with opened(uart):
        before = uart.order("counters")
        uart.order("pause")
        uart.wire.settimeout(30)
        uart.wire.sendall(sent)
        eventually("all at the UART", lambda: uart.order("counters")["rx"] - before["rx"] == len(sent), 30)
        uart.order("resume")
        got = uart.order("received", size=len(sent), seconds=10)
        assert got["sha256"] == hashlib.sha256(sent).hexdigest()
        assert uart.order("counters")["buf_overrun"] == before["buf_overrun"]


def test_rtscts_tells_the_machine_to_wait(uart: Guest) -> None:
    """A paused line drops RTS; a machine that heeds it loses nothing, and RTS comes back with the reader."""
    registers = Registers(uart)
    with opened(uart, flow="rtscts"):
        assert uart.order("settings")["rtscts"]
        uart.order("pause")
        sent = send_until(uart, lambda: not registers.writes(MCR)[-1].value & RTS)
        uart.order("resume")
        got = uart.order("received", size=len(sent), seconds=10)
        assert got["sha256"] == hashlib.sha256(sent).hexdigest()
        eventually("RTS again", lambda: registers.writes(MCR)[-1].value & RTS)


def test_xonxoff_works_both_ways(uart: Guest) -> None:
    """A paused line sends XOFF and, read again, XON; an XOFF from the machine holds what we write."""
    with opened(uart, flow="xonxoff"):
        assert uart.order("settings")["xonxoff"]
        uart.order("pause")
        uart.wire.setblocking(False)
        sent = send_until(uart, lambda: has_come(uart, XOFF))
        uart.order("resume")
        got = uart.order("received", size=len(sent), seconds=10)
        assert got["sha256"] == hashlib.sha256(sent).hexdigest()
        assert uart.read(1) == XON
        uart.wire.sendall(XOFF)
        time.sleep(0.3)
        uart.order("write", data=b"held".hex())
        assert uart.read(1, 0.5) == b""
        uart.wire.sendall(XON)
        assert uart.read(4) == b"held"


def test_closing_does_not_wait_for_a_machine_that_takes_nothing(uart: Guest) -> None:
    """The kernel would wait 30 s for output to leave that an XOFF holds."""
    uart.order("open", device=PORT, flow="xonxoff")
    uart.wire.sendall(XOFF)
    time.sleep(0.3)
    uart.order("write", data=(b"x" * 2000).hex())
    assert uart.order("close") < 1.5
    uart.wire.sendall(XON)
    with opened(uart):
        uart.order("write", data=b"fresh".hex())
        assert uart.read(2005, 2).endswith(b"fresh")


def test_a_port_is_ours_alone(uart: Guest) -> None:
    """A second line is refused, and so is any program of another user that takes no lock."""
    with opened(uart):
        with pytest.raises(RuntimeError, match=r"^held by consolesvc itself"):
            uart.order("open_again", device=PORT)
        assert uart.order("open_as_nobody", device=PORT) == "Device or resource busy"
    assert uart.order("open_as_nobody", device=PORT) == "opened"


def test_a_port_without_a_uart_is_told(uart: Guest) -> None:
    """A PC's kernel makes ttyS2 whether or not there is one."""
    with pytest.raises(RuntimeError, match=r"^no UART behind it: the kernel made /dev/ttyS2"):
        uart.order("open", device="/dev/ttyS2")


def test_the_hosts_own_console_is_refused(uart: Guest) -> None:
    """The kernel speaks on ttyS0: a line there would type into its own host."""
    with pytest.raises(RuntimeError, match=r"^this host's own kernel console \(console=ttyS0\)"):
        uart.order("open", device="/dev/ttyS0")


def send_until(uart: Guest, told: Callable[[], object]) -> bytes:
    """Be a machine that sends until it is told to wait; what it has sent."""
    sent = b""
    while not told():
        piece = os.urandom(256).replace(XON, b"q").replace(XOFF, b"s")
        uart.wire.settimeout(5)
        uart.wire.sendall(piece)
        sent += piece
        time.sleep(0.01)
        assert len(sent) < 200_000, "it was never told to wait"
    return sent


def has_come(uart: Guest, wanted: bytes) -> bool:
    """Whether the UART has sent this, and nothing else."""
    uart.wire.setblocking(False)
    try:
        return uart.wire.recv(1) == wanted
    except BlockingIOError:
        return False
