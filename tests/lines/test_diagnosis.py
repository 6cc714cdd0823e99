from __future__ import annotations

import errno
import fcntl
import os
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.errors import LineUnavailable
from consolesvc.lines.diagnosis import diagnose, has_uart, host_console, obstacle
from tests.lines.trees import Tree, as_nobody, number_of, open_pty

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def slave() -> Iterator[str]:
    with open_pty() as path:
        yield path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def failure(path: str | Path) -> OSError:
    """How opening `path` as a port fails."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 - which one it is, is what the tests are about
        os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    return caught.value


def said(device: str | Path, number: int, tree: Tree) -> LineUnavailable:
    return diagnose(str(device), OSError(number, os.strerror(number)), tree.host)


def test_absent_devices_need_no_cure(tree: Tree) -> None:
    """A missing file, a dangling link, a loop of links, a file for a folder: all wait for a device."""
    absent = tree.host.dev / "ttyUSB0"
    dangling = tree.link("by-id", "usb-FTDI", absent)
    loop = tree.host.dev / "loop"
    loop.symlink_to("loop")
    (tree.host.dev / "file").touch()
    for path in (absent, dangling, loop, tree.host.dev / "file" / "ttyUSB0"):
        found = diagnose(str(path), failure(path), tree.host)
        assert (found.reason, found.cure) == ("no such device", "waiting for it")


@root_only
def test_a_port_taken_exclusively_is_held(slave: str) -> None:
    """A real TIOCEXCL refuses a real user; who did it is beyond that user's sight, so the command to ask is given."""
    Path(slave).chmod(0o666)
    descriptor = os.open(slave, os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        reason, cure, code = as_nobody(
            "error = failure(argv[0]); d = diagnose(argv[0], error); answer = [d.reason, d.cure, error.errno]", slave
        )
    finally:
        fcntl.ioctl(descriptor, termios.TIOCNXCL)
        os.close(descriptor)
    assert code == errno.EBUSY
    assert (reason, cure) == ("held by another program", f"find out with `sudo fuser -v {slave}`")


def test_a_locked_port_names_who_locked_it(slave: str) -> None:
    """A real flock by another process: it is named, and one that merely has the port open is not."""
    lock = "import fcntl, sys; f = open(sys.argv[1], 'rb', 0); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"
    hold = "import sys; f = open(sys.argv[1], 'rb', 0); print(flush=True); sys.stdin.read()"
    processes = [
        subprocess.Popen([sys.executable, "-c", body, slave], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for body in (hold, lock)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        with Path(slave).open("rb", buffering=0) as port, pytest.raises(BlockingIOError) as caught:
            fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = diagnose(slave, caught.value)
    finally:
        for process in processes:
            process.communicate()
    assert found.reason.startswith(f"held by pid {processes[1].pid} (python")
    assert str(processes[0].pid) not in found.reason
    assert found.cure == "end it there, and the line opens by itself"


def test_our_own_lock_is_two_lines_on_one_port(slave: str) -> None:
    """When this very process has the lock, no other program is accused."""
    with Path(slave).open("rb", buffering=0) as port:
        fcntl.flock(port, fcntl.LOCK_EX)
        found = diagnose(slave, BlockingIOError(errno.EWOULDBLOCK, ""))
    assert found.reason == "held by consolesvc itself"
    assert slave in found.cure


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("ModemManager", "`systemctl mask --now ModemManager`"),
        ("brltty", "`systemctl mask --now brltty brltty-udev`"),
        ("agetty", "`systemctl disable --now serial-getty@ttyUSB0`"),
    ],
)
def test_known_thieves_have_their_remedy(tree: Tree, slave: str, program: str, command: str) -> None:
    """Programs that take ports on their own are named with the command that stops them."""
    device = tree.tty("ttyUSB0", slave)
    tree.process(811, "cat", files=[slave])
    tree.process(812, program, files=[slave])
    found = said(device, errno.EBUSY, tree)
    assert found.reason == f"held by pid 811 (cat) and pid 812 ({program})"
    assert command in found.cure


def test_a_port_without_a_uart(tree: Tree, slave: str) -> None:
    """ttyS2 with PORT_UNKNOWN: opened it gives EIO, and sysfs says why; its neighbours have their UARTs."""
    device = tree.tty("ttyS2", slave, kind="0", driver="serial8250")
    assert not has_uart(str(device), tree.host)
    for number in (errno.EIO, errno.ENXIO, errno.ENODEV):
        assert said(device, number, tree).reason == "no UART behind it"
    with open_pty() as other:
        assert has_uart(str(tree.tty("ttyS0", other, kind="4")), tree.host)
    assert has_uart("/dev/null")
    assert has_uart("/dev/absent")


def test_a_pty_whose_maker_has_gone(tree: Tree) -> None:
    """A slave whose master is closed answers EIO for as long as somebody has it open."""
    master, kept = os.openpty()
    try:
        path = os.ttyname(kept)
        os.close(master)
        error = OSError(errno.EIO, os.strerror(errno.EIO))
        if Path(path).exists():
            assert diagnose(path, error, tree.host).reason == "its other end is closed"
        else:
            assert diagnose(path, error, tree.host).reason == "no such device"
    finally:
        os.close(kept)


def test_nothing_behind_a_device(tree: Tree) -> None:
    """A device file that no driver stands behind is unplugged, as far as anyone can tell."""
    found = said("/dev/null", errno.ENXIO, tree)
    assert (found.reason, "dmesg" in found.cure) == ("no hardware answers behind it", True)


def test_things_that_are_no_ports(tree: Tree) -> None:
    """Folders, files, pipes, sockets and other devices: the kind is said, opened or not."""
    folder, file, pipe = tree.host.dev / "folder", tree.host.dev / "file", tree.host.dev / "pipe"
    folder.mkdir()
    file.touch()
    os.mkfifo(pipe)
    for path, kind in ((folder, "directory"), (file, "regular file"), (pipe, "pipe")):
        found = obstacle(str(path), host=tree.host)
        assert found is not None
        assert (found.reason, f"{path} is a {kind};" in found.cure) == ("not a serial device", True)
    assert diagnose(str(folder), failure(folder), tree.host).reason == "not a serial device"
    found = said("/dev/null", errno.ENOTTY, tree)
    assert str(found).startswith("not a serial device: /dev/null is a device of another kind;")
    assert said(tree.host.dev / "gone", errno.ENOTTY, tree).reason == "no such device"


def test_a_socket_has_a_line_of_its_own(tree: Tree) -> None:
    """A machine's socket given as a device is told where it belongs, before opening and after."""
    path = tree.host.dev / "node5.serial"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        found = diagnose(str(path), failure(path), tree.host)
        assert str(found) == f"not a serial device: {path} is a socket, for a line of `type: unix`"
        before = obstacle(str(path), host=tree.host)
    assert str(before) == str(found)


def test_refused_settings_name_the_setting() -> None:
    """EINVAL is a speed or a flow the port has not got; words of our own are kept, the kernel's are not."""
    found = diagnose("/dev/ttyUSB0", OSError(errno.EINVAL, "Invalid baud rate: 12345"))
    assert found.reason == "its driver refuses these settings"
    assert found.cure == "Invalid baud rate: 12345; see `settings` and `flow` of the line on /dev/ttyUSB0"
    found = diagnose("/dev/ttyUSB0", OSError(errno.EINVAL, os.strerror(errno.EINVAL)))
    assert found.cure == "see `settings` and `flow` of the line on /dev/ttyUSB0"


def test_no_file_descriptor_left() -> None:
    """Our own limit is not the device's fault."""
    found = diagnose("/dev/ttyUSB0", OSError(errno.EMFILE, ""))
    assert (found.reason, "LimitNOFILE" in found.cure) == ("no file descriptor left", True)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EPROTO, "Protocol error"), "Protocol error"),
        (OSError("could not configure port"), "could not configure port"),
        (OSError(), "OSError"),
    ],
)
def test_any_other_error_keeps_its_words(error: OSError, reason: str) -> None:
    """What has no diagnosis is passed on as the kernel or the library said it; it is never empty."""
    assert reason == diagnose("/dev/ttyUSB0", error).reason


def test_obstacles_are_seen_before_opening(tree: Tree, slave: str) -> None:
    """No UART stops even a line that may use the host's console; a sound or absent device is no obstacle."""
    device = tree.tty("ttyS3", slave, kind="0")
    for allowed in (True, False):
        found = obstacle(str(device), allow_host_console=allowed, host=tree.host)
        assert found is not None
        assert found.reason == "no UART behind it"
    assert obstacle("/dev/absent", host=tree.host) is None
    assert obstacle("/dev/null", host=tree.host) is None


def test_the_host_console_is_an_obstacle_unless_allowed(tree: Tree) -> None:
    """Told by device number: /dev/null plays the console here, so that nothing of this host is touched."""
    number = number_of("/dev/null")
    (tree.host.proc / "consoles").write_text(f"ttyS0  -W- (EC p a)  {os.major(number)}:{os.minor(number)}\n")
    found = obstacle("/dev/null", host=tree.host)
    assert found is not None
    assert str(found) == host_console("/dev/null", tree.host)
    assert found.reason == "this host's own kernel console (console=ttyS0)"
    assert obstacle("/dev/null", allow_host_console=True, host=tree.host) is None


def test_ptys_are_not_searched_for_logins(tree: Tree, slave: str) -> None:
    """A fake server's PTY is opened without a look at every process."""
    tree.process(711, "agetty", terminal=number_of(slave))
    assert obstacle(slave, host=tree.host) is None
