"""The serial line on real PTYs: what it reads, writes, locks, leaves alone, and how it ends."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import subprocess
import sys
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import LineSettings, SerialSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines.serial import SerialLine, SerialOpener
from consolesvc.lines.tty import Tty
from tests.lines.devices import Collector, Device, eventually, plugged
from tests.lines.trees import as_nobody


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Device]:
    async with plugged(tmp_path / "ttyTEST0") as made:
        yield made


async def opened(device: Device, collector: Collector, spec: SerialSpec | None = None) -> SerialLine:
    return await SerialOpener(spec or SerialSpec(str(device.path))).open(collector)


async def test_bytes_pass_both_ways_untouched(device: Device) -> None:
    """All 256 byte values, in and out: no translation, no echo, no signal characters."""
    everything = bytes(range(256)) * 4
    collector = Collector()
    line = await opened(device, collector)
    await device.say(everything)
    line.write(everything)
    assert await collector.until(len(everything)) == everything
    assert await device.heard(len(everything)) == everything
    await line.close()


async def test_what_the_kernel_held_at_open_is_ours(device: Device) -> None:
    """Output that came before the open is read, not flushed."""
    keeper = os.open(device.path, os.O_RDWR | os.O_NOCTTY)  # a PTY keeps bytes only while somebody has it open
    await device.say(b"said before anyone looked")
    collector = Collector()
    line = await opened(device, collector)
    os.close(keeper)
    assert await collector.until(25) == b"said before anyone looked"
    await line.close()


async def test_one_wake_up_drains_the_tty_up_to_the_limit(device: Device) -> None:
    """Many kilobytes arrive in few pieces, none above the receiver's limit."""
    collector = Collector(read_limit=6000)
    line = await opened(device, collector)
    line.pause()
    size = 12000
    talk = asyncio.create_task(device.say(b"x" * size))
    await asyncio.sleep(0.05)
    line.resume()
    await collector.until(size)
    await talk
    assert max(collector.pieces) <= 6000
    assert max(collector.pieces) > 4095
    await line.close()


async def test_a_paused_line_holds_the_machine(device: Device) -> None:
    """While we do not read, the writer is stopped by the kernel, and nothing is lost."""
    collector = Collector()
    line = await opened(device, collector)
    assert line.holdable
    line.pause()
    size = 1 << 20
    talk = asyncio.create_task(device.say(bytes(size)))
    await asyncio.sleep(0.1)
    assert not talk.done()
    assert collector.data == b""
    line.resume()
    assert len(await collector.until(size)) == size
    await talk
    await line.close()


async def test_unplugged_is_told_once(device: Device) -> None:
    """The receiver hears of the loss once, in words, and writing to the dead line is harmless."""
    collector = Collector()
    line = await opened(device, collector)
    device.pull()
    await eventually(lambda: collector.losses)
    line.write(b"into the void")
    await line.drain()
    await line.close()
    assert collector.losses == ["device unplugged"]


async def test_unplugged_with_output_pending_ends_quietly(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    """Pulled while a paste waits: one loss, and no noise from the transport."""
    collector = Collector()
    line = await opened(device, collector)
    line.write(bytes(1 << 20))
    assert not line.writable
    await asyncio.sleep(0.02)
    device.pull()
    await eventually(lambda: collector.losses)
    await line.drain()
    assert collector.losses == ["device unplugged"]
    assert caplog.records == []


async def test_closing_waits_for_what_was_written_but_not_for_ever(device: Device) -> None:
    """A last command leaves; a peer that never reads cannot keep the line open."""
    collector = Collector()
    line = await opened(device, collector)
    line.write(b"reboot\r")
    heard = asyncio.create_task(device.heard(7))
    await line.close()
    assert await heard == b"reboot\r"

    line = await opened(device, collector)
    line.write(bytes(1 << 20))
    async with asyncio.timeout(2):
        await line.close()
    assert collector.losses == []


async def test_a_second_opener_is_refused_by_lock(device: Device) -> None:
    """flock: another program that locks, and a second console, find it taken."""
    collector = Collector()
    line = await opened(device, collector)
    with pytest.raises(LineUnavailable, match="held by"):
        await opened(device, collector)
    second = os.open(device.path, os.O_RDWR | os.O_NOCTTY)  # root passes TIOCEXCL
    with pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(second)
    await line.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_programs_without_locks_are_refused_by_the_kernel_until_we_close(device: Device) -> None:
    """TIOCEXCL: an unprivileged open fails while we have it, and works again afterwards."""
    node = device.path.readlink()
    node.chmod(0o666)
    path = str(node)
    line = await opened(device, Collector())
    assert open_as_nobody(path) == "EBUSY"
    await line.close()
    assert open_as_nobody(path) == "opened"


async def test_a_device_locked_by_another_program_names_it(device: Device) -> None:
    """The reason says who."""
    code = (
        "import fcntl,os,sys,time; fd=os.open(sys.argv[1],os.O_RDWR|os.O_NOCTTY); fcntl.flock(fd,fcntl.LOCK_EX);"
        "print('locked',flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: ASYNC220 - it starts in a moment, and nothing else runs here
        [sys.executable, "-c", code, str(device.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(LineUnavailable, match=rf"held by pid {other.pid} \("):
            await opened(device, Collector())
        other.communicate()


async def test_a_missing_device_is_waited_for(tmp_path: Path) -> None:
    """Absence is no error of the user's: the reason says that we wait."""
    with pytest.raises(LineUnavailable, match="no such device: waiting for it"):
        await SerialOpener(SerialSpec(str(tmp_path / "ttyUSB9"))).open(Collector())


async def test_a_file_is_no_serial_device(tmp_path: Path) -> None:
    """A path that is something else is said so."""
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(LineUnavailable, match="not a serial device"):
        await SerialOpener(SerialSpec(str(path))).open(Collector())


@pytest.mark.parametrize(
    ("settings", "flow", "expected"),
    [
        ("9600n8", "none", {"baud": termios.B9600, "cs": termios.CS8, "parity": 0, "stop": 0, "flow": 0}),
        ("300e71", "none", {"baud": termios.B300, "cs": termios.CS7, "parity": termios.PARENB, "stop": 0, "flow": 0}),
        (
            "115200o82",
            "rtscts",
            {
                "baud": termios.B115200,
                "cs": termios.CS8,
                "parity": termios.PARENB | termios.PARODD,
                "stop": termios.CSTOPB,
                "flow": termios.CRTSCTS,
            },
        ),
    ],
)
async def test_settings_reach_the_tty(device: Device, settings: str, flow: str, expected: dict[str, int]) -> None:
    """Speed and framing are set as asked; a PTY keeps them like any tty, except that it never keeps parity."""
    spec = SerialSpec(str(device.path), LineSettings.parse(settings), flow)  # type: ignore[arg-type]  # a parameter of literals
    line = await opened(device, Collector(), spec)
    fd = os.open(device.path, os.O_RDWR | os.O_NOCTTY)
    iflag, _, cflag, lflag, _, speed, _ = termios.tcgetattr(fd)
    os.close(fd)
    await line.close()
    assert speed == expected["baud"]
    assert cflag & termios.CSTOPB == expected["stop"]
    assert cflag & termios.CRTSCTS == expected["flow"]
    assert cflag & termios.HUPCL == 0
    assert iflag & (termios.BRKINT | termios.IXON | termios.IXOFF | termios.ICRNL) == 0
    assert lflag & (termios.ICANON | termios.ECHO | termios.ISIG) == 0


async def test_works_on_descriptors_past_1024(device: Device) -> None:
    """pyserial's own read() spins for ever there; ours does not look at the number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    ballast = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        collector = Collector()
        line = await opened(device, collector)
        assert line._tty.fd > 1024
        await device.say(b"high")
        line.write(b"up")
        assert await collector.until(4) == b"high"
        assert await device.heard(2) == b"up"
        await line.close()
    finally:
        for fd in ballast:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_cancelled_open_leaks_nothing(device: Device) -> None:
    """The descriptor of an open that nobody waits for any more is closed (checked after each test)."""
    task = asyncio.create_task(opened(device, Collector()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.2)
    assert task.cancelled()


def test_unsent_counts_what_the_kernel_has_not_delivered() -> None:
    """TIOCOUTQ on a PTY: bytes the master has not read."""
    master, slave = os.openpty()
    tty = Tty(SerialSpec(os.ttyname(slave)))
    os.close(slave)
    tty.write(b"12345")
    assert tty.unsent() in (0, 5)  # kernels differ on PTYs; on a UART it is exact
    tty.close()
    os.close(master)


def open_as_nobody(path: str) -> str:
    """What an unprivileged program's open of `path` comes to."""
    return str(
        as_nobody("found = failure(argv[0])\nanswer = errno.errorcode[found.errno] if found else 'opened'", path)
    )
