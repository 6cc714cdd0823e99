"""What is wrong with a serial device, said with its cure (operator.md 10 and 11)."""

from __future__ import annotations

import errno
import os
import shlex
import stat

from consolesvc.errors import LineUnavailable
from consolesvc.lines.holders import Holder, holders, lock_owners
from consolesvc.lines.host import THIS_HOST, Host, device_number, has_uart, is_pty, look
from consolesvc.lines.hostconsole import belongs_to_host, getty_cure, host_console, kernel_consoles, logins
from consolesvc.lines.permission import permission_denied

__all__ = ["diagnose", "has_uart", "host_console", "obstacle"]

_PROBERS = {
    "ModemManager": "it probes ports for modems: `systemctl mask --now ModemManager`",
    "brltty": "it looks for braille displays: `systemctl mask --now brltty brltty-udev`",
}


def obstacle(device: str, *, allow_host_console: bool = False, host: Host = THIS_HOST) -> LineUnavailable | None:
    """What forbids opening `device`, as far as it shows without opening it; None where opening may be tried.

    An absent or unreadable device is no obstacle: opening it says so, and `diagnose` says why. A PTY is never this
    host's console, and fake servers open many, so none is searched for.
    """
    status = look(device)
    if status is None:
        return None
    if not stat.S_ISCHR(status.st_mode):
        return _not_serial(device)
    if not has_uart(device, host):
        return _no_uart(device)
    if allow_host_console or is_pty(status.st_rdev):
        return None
    return belongs_to_host(status.st_rdev, kernel_consoles(host), logins(host), host)


def diagnose(device: str, error: OSError, host: Host = THIS_HOST) -> LineUnavailable:
    """What a failed open, lock or configuration of `device` means, and its cure.

    Opens nothing. Where another program holds the device this searches for it, which takes up to
    `holders.SEARCH_TIME`: call it when a line's state changes, not at each try.
    """
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR | errno.ELOOP | errno.ENAMETOOLONG:
            found = _absent()
        case errno.EACCES | errno.EPERM:
            found = permission_denied(device)
        case errno.EBUSY | errno.EAGAIN:  # TIOCEXCL and flock
            found = _held(device, host)
        case errno.ENXIO | errno.EIO | errno.ENODEV:
            found = _nothing_behind(device, host)
        case errno.ENOTTY | errno.EISDIR:
            found = _not_serial(device)
        case errno.EINVAL:
            found = _settings_refused(device, error)
        case errno.EMFILE | errno.ENFILE:
            found = LineUnavailable("no file descriptor left", "raise `LimitNOFILE=` or `ulimit -n`, then restart")
        case _:
            found = LineUnavailable(error.strerror or str(error) or type(error).__name__)
    return found


def _absent() -> LineUnavailable:
    """Waiting is all there is: a local device is opened within a second of its coming."""
    return LineUnavailable("no such device", "waiting for it")


def _settings_refused(device: str, error: OSError) -> LineUnavailable:
    """The kernel says no more than EINVAL; text of the caller's own says which setting."""
    cure = f"see `settings` and `flow` of the line on {device}"
    if error.strerror and error.strerror != os.strerror(errno.EINVAL):
        cure = f"{error.strerror}; {cure}"
    return LineUnavailable("its driver refuses these settings", cure)


def _not_serial(device: str) -> LineUnavailable:
    status = look(device)
    if status is None:
        return _absent()
    mode = status.st_mode
    if stat.S_ISSOCK(mode):
        return LineUnavailable("not a serial device", f"{device} is a socket, for a line of `type: unix`")
    kinds = {stat.S_IFDIR: "directory", stat.S_IFREG: "regular file", stat.S_IFIFO: "pipe", stat.S_IFBLK: "disk"}
    kind = kinds.get(stat.S_IFMT(mode), "device of another kind")
    return LineUnavailable("not a serial device", f"{device} is a {kind}; `consolesvc ports` lists this host's ports")


def _no_uart(device: str) -> LineUnavailable:
    cure = f"the kernel made {device}, but found no hardware for it; `consolesvc ports` lists this host's ports"
    return LineUnavailable("no UART behind it", cure)


def _nothing_behind(device: str, host: Host) -> LineUnavailable:
    number = device_number(device)
    if number is None:  # a socket says ENXIO too
        return _not_serial(device)
    if not has_uart(device, host):
        return _no_uart(device)
    if is_pty(number):
        return LineUnavailable("its other end is closed", "the program that made this PTY has ended or closed it")
    return LineUnavailable("no hardware answers behind it", "unplugged, or without its driver: see `dmesg | tail`")


def _held(device: str, host: Host) -> LineUnavailable:
    found = holders(device, host)
    locking = lock_owners(device, host)
    if os.getpid() in locking:
        return LineUnavailable(
            "held by consolesvc itself", f"two lines have {device}, perhaps under two names: keep one"
        )
    # Whoever took a lock is the one in the way; others may merely have the device open.
    found = [holder for holder in found if holder.pid in locking] or found
    if not found:
        return LineUnavailable("held by another program", f"find out with `sudo fuser -v {shlex.quote(device)}`")
    return LineUnavailable(f"held by {' and '.join(map(str, found))}", _release(device, found, host))


def _release(device: str, found: list[Holder], host: Host) -> str:
    """How the programs that have a device are made to let go of it."""
    for holder in found:
        if holder.program in _PROBERS:
            return _PROBERS[holder.program]
    number = device_number(device)
    if number is not None and any(holder.program.endswith("getty") for holder in found):
        return f"it offers this host's login: {getty_cure(number, host)}"
    return "end it there, and the line opens by itself"
