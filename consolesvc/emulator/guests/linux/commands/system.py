"""Commands about the machine."""

from __future__ import annotations

import re
import time
from typing import Final

from consolesvc.emulator.guests.linux.filesystem import CAPACITY
from consolesvc.emulator.guests.linux.kernel import MEMORY_KIB, RELEASE, VERSION, Ending
from consolesvc.emulator.guests.linux.session import Call, UsageProblem
from consolesvc.emulator.guests.program import Program

USED_KIB: Final = 61_208
_HOSTNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")


def uname(call: Call) -> int:
    """`uname [-asnrvmo]`: the system's name."""
    letters, _ = call.options("asnrvmopi")
    kernel = call.session.kernel
    facts = {
        "s": "Linux", "n": kernel.hostname, "r": RELEASE, "v": VERSION, "m": kernel.board.machine, "o": "GNU/Linux",
    }  # fmt: skip
    wanted = set(facts) if "a" in letters else letters or {"s"}
    call.out(" ".join(fact for letter, fact in facts.items() if letter in wanted) + "\n")
    return 0


def hostname(call: Call) -> int:
    """`hostname [NAME]`: the machine's name; it can be changed until the next boot."""
    letters, names = call.options("fsiI")
    if letters & {"i", "I"}:
        call.out(call.session.kernel.address + "\n")
    elif not names:
        call.out(call.session.kernel.hostname + "\n")
    elif _HOSTNAME.fullmatch(names[0]):
        call.session.kernel.hostname = call.session.environment["HOSTNAME"] = names[0]
    else:
        return call.complain("the specified hostname is invalid")
    return 0


def whoami(call: Call) -> int:
    """`whoami`: your name."""
    call.out(call.session.environment["LOGNAME"] + "\n")
    return 0


def id_(call: Call) -> int:
    """`id`: your name and groups."""
    letters, _ = call.options("ung")
    if "n" in letters:
        call.out("root\n")
    else:
        call.out("0\n" if letters else "uid=0(root) gid=0(root) groups=0(root)\n")
    return 0


def who(call: Call) -> int:
    """`who`: who is logged in."""
    since = time.strftime("%Y-%m-%d %H:%M", _now(call))
    call.out(f"{call.session.environment['LOGNAME']:8} ttyS0        {since}\n")
    return 0


def uptime(call: Call) -> int:
    """`uptime`: for how long it is up."""
    call.out(f" {uptime_text(call)}\n")
    return 0


def uptime_text(call: Call) -> str:
    """The line that `uptime` and `top` show."""
    minutes = int(call.session.kernel.uptime) // 60
    days, hours = divmod(minutes // 60, 24)
    up = f"{days} day{'s' * (days != 1)}, " * (days > 0) + (f"{hours}:{minutes % 60:02}" if hours else f"{minutes} min")
    clock = time.strftime("%H:%M:%S", _now(call))
    return f"{clock} up {up},  1 user,  load average: 0.00, 0.01, 0.00"


def _now(call: Call) -> time.struct_time:
    return time.gmtime(call.session.kernel.wall())


def date(call: Call) -> int:
    """`date [-u] [+FORMAT]`: the time of day, UTC."""
    formats = [arg[1:] for arg in call.args if arg.startswith("+")]
    wanted = formats[0] if formats else "%a %b %e %H:%M:%S UTC %Y"
    # Only the letters that every C library knows; the rest stays as it is.
    call.out(re.sub(r"%[aAbBcdeHIjmMpSuwyYFTDRZs%]", lambda match: _format(call, match[0]), wanted) + "\n")
    return 0


def _format(call: Call, letter: str) -> str:
    fixed = {"%Z": "UTC", "%%": "%", "%s": str(int(call.session.kernel.wall()))}
    return fixed.get(letter) or time.strftime(letter, _now(call))


def free(call: Call) -> int:
    """`free [-kmh]`: memory."""
    letters, _ = call.options("kmhgtb")
    divisor = 1024 if letters & {"m", "h"} else 1
    unit = "Mi" if "h" in letters else ""
    cached = 29_996
    total, used = MEMORY_KIB, USED_KIB
    row = [total, used, total - used - cached, 428, cached, total - used - 4096]
    call.out(
        "".join(f"{name:>12}" for name in ("", "total", "used", "free", "shared", "buff/cache", "available")) + "\n"
    )
    call.out("Mem:        " + "".join(f"{f'{value // divisor}{unit}':>12}" for value in row) + "\n")
    call.out("Swap:       " + f"{f'0{unit}':>12}" * 3 + "\n")
    return 0


def df(call: Call) -> int:
    """`df [-h]`: room on the disks."""
    letters, _ = call.options("hkTaim")
    used_here = call.session.files.used() // 1024
    human = "h" in letters
    rows = (
        ("/dev/vda1", 4_193_280, 1_608_448 + used_here, "/"),
        ("devtmpfs", 4096, 0, "/dev"),
        ("tmpfs", CAPACITY // 1024, used_here, "/tmp"),  # noqa: S108 - a name in a made-up table
    )
    size = "Size" if human else "1K-blocks"
    call.out(f"{'Filesystem':<16}{size:>10}{'Used':>10}{'Available':>10} Use% Mounted on\n")
    for name, total, used, where in rows:
        numbers = "".join(f"{_human(value) if human else value:>10}" for value in (total, used, total - used))
        call.out(f"{name:<16}{numbers} {100 * used // total:>3}% {where}\n")
    return 0


def _human(kib: int) -> str:
    size, units = float(kib), ["K", "M", "G"]
    while size >= 1000 and len(units) > 1:  # noqa: PLR2004 - three digits are enough to read
        size /= 1024
        units.pop(0)
    return f"{size:.1f}{units[0]}" if size % 1 and size < 10 else f"{size:.0f}{units[0]}"  # noqa: PLR2004 - two digits


def mount(call: Call) -> int:
    """`mount`: what is mounted."""
    if call.args:
        return call.complain("only superusers of real machines can mount")
    call.out("/dev/vda1 on / type ext4 (rw,relatime,errors=remount-ro)\n")
    call.out("proc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\n")
    call.out("devtmpfs on /dev type devtmpfs (rw,nosuid,size=4096k)\n")
    return 0


def dmesg(call: Call) -> Program[int]:
    """`dmesg`: the kernel's messages."""
    call.options("THwLx")
    yield from call.give("".join(line + "\n" for line in call.session.kernel.log))
    return 0


def lscpu(call: Call) -> int:
    """`lscpu`: the processor."""
    board = call.session.kernel.board
    call.out(f"Architecture:        {board.machine}\nCPU(s):              2\nModel name:          {board.cpu}\n")
    call.out("Hypervisor vendor:   consolesvc\n")
    return 0


def lsblk(call: Call) -> int:
    """`lsblk`: the disks."""
    call.out("NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS\nvda    254:0    0    4G  0 disk\n")
    call.out("├─vda1 254:1    0    4G  0 part /\n└─vda2 254:2    0    1M  0 part\n")
    return 0


def tty(call: Call) -> int:
    """`tty`: the terminal you sit at."""
    call.out("/dev/ttyS0\n")
    return 0


def stty(call: Call) -> int:
    """`stty [size|-a]`: the terminal's settings."""
    if call.args[:1] == ["size"]:
        call.out("24 80\n")
    else:
        call.out("speed 115200 baud; rows 24; columns 80; line = 0;\n-brkint -imaxbel iutf8\n")
    return 0


def reboot(call: Call) -> int:
    """`reboot`: start the machine anew."""
    call.session.kernel.ending = Ending.REBOOT
    return 0


def poweroff(call: Call) -> int:
    """`poweroff`: switch the machine off."""
    call.session.kernel.ending = Ending.POWER_OFF
    return 0


def shutdown(call: Call) -> int:
    """`shutdown [-r|-h] [now]`: switch off, or with -r reboot."""
    letters, times = call.options("rhPH")
    if times not in ([], ["now"], ["+0"]):
        raise UsageProblem("this server waits for nobody; expected: shutdown [-r|-h] now")
    return reboot(call) if "r" in letters else poweroff(call)


def panic(call: Call) -> int:
    """`panic`: a kernel panic; the machine comes back after 10 seconds."""
    call.session.kernel.ending = Ending.PANIC
    return 0
