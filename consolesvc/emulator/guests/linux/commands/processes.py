"""Commands about processes, of which this machine has none but these."""

from __future__ import annotations

from typing import Final

from consolesvc.emulator.guests.linux.commands.system import USED_KIB, uptime_text
from consolesvc.emulator.guests.linux.kernel import MEMORY_KIB, vary
from consolesvc.emulator.guests.linux.session import SHELL_PID, Call, integer
from consolesvc.emulator.guests.program import Program, key
from consolesvc.emulator.guests.width import ROWS

REFRESH: Final = 3.0
"""Seconds between two screens of `top`."""

PROCESSES: Final = (
    (1, "root", "?", 9416, "/sbin/init"),
    (2, "root", "?", 0, "[kthreadd]"),
    (11, "root", "?", 0, "[ksoftirqd/0]"),
    (12, "root", "?", 0, "[rcu_preempt]"),
    (13, "root", "?", 0, "[migration/0]"),
    (18, "root", "?", 0, "[ksoftirqd/1]"),
    (37, "root", "?", 0, "[kworker/0:1-events]"),
    (64, "root", "?", 0, "[kswapd0]"),
    (142, "root", "?", 0, "[jbd2/vda1-8]"),
    (201, "root", "?", 10824, "/lib/systemd/systemd-journald"),
    (224, "root", "?", 6020, "/lib/systemd/systemd-udevd"),
    (301, "messagebus", "?", 4112, "/usr/bin/dbus-daemon --system"),
    (322, "root", "?", 2204, "/usr/sbin/cron -f"),
    (340, "root", "?", 7760, "sshd: /usr/sbin/sshd -D [listener]"),
    (SHELL_PID, "root", "ttyS0", 1716, "-sh"),
)
"""pid, user, terminal, resident KiB, command."""

TOP_PID: Final = 500


def ps(call: Call) -> int:
    """`ps [aux|-ef]`: the processes."""
    wanted = set("".join(call.args).replace("-", ""))
    own = (TOP_PID, "root", "ttyS0", 1208, " ".join(("ps", *call.args)))
    rows = (*PROCESSES, own)
    if "u" in wanted:
        call.out(f"{'USER':<10}{'PID':>6} %CPU %MEM {'RSS':>6} TTY   STAT COMMAND\n")
        for pid, user, terminal, memory, command in rows:
            share = 100 * memory / MEMORY_KIB
            call.out(f"{user:<10}{pid:>6}  0.0 {share:4.1f} {memory:>6} {terminal:<5} {_state(pid):<4} {command}\n")
    elif wanted & {"e", "f", "a", "x", "A"}:
        call.out(f"{'UID':<10}{'PID':>6} {'TTY':<5} {'TIME':>8} CMD\n")
        for pid, user, terminal, _, command in rows:
            call.out(f"{user:<10}{pid:>6} {terminal:<5} 00:00:00 {command}\n")
    else:
        call.out(f"{'PID':>7} {'TTY':<8} {'TIME':>8} CMD\n")
        for pid, _, terminal, _, command in rows:
            if terminal != "?":
                call.out(f"{pid:>7} {terminal:<8} 00:00:00 {command.split()[0].removeprefix('-')}\n")
    return 0


def _state(pid: int) -> str:
    return "R+" if pid == TOP_PID else "Ss" if pid in (1, SHELL_PID) else "S"


def top(call: Call) -> Program[int]:
    """`top`: the processes, shown anew every 3 seconds; q leaves."""
    if not call.is_tty:
        call.out("\n".join(_screen(call)) + "\n")
        return 0
    call.out("\x1b[?25l\x1b[2J")
    pressed = b""
    while pressed not in (b"q", b"Q", b"\x03", b"\x04"):
        if pressed in (b"", b" ", b"\r", b"\x0c"):
            call.out("\x1b[H" + "\n".join(line + "\x1b[K" for line in _screen(call)) + "\x1b[J")
        pressed = yield from key(REFRESH)
    call.out(f"\x1b[?25h\x1b[{ROWS};1H\n")
    return 0


def _screen(call: Call) -> list[str]:
    uptime = call.session.kernel.uptime
    mebibytes, used = MEMORY_KIB / 1024, USED_KIB / 1024
    cached = 29.3
    unused = mebibytes - used - cached
    tasks = len(PROCESSES) + 1
    lines = [
        f"top - {uptime_text(call)}",
        f"Tasks: {tasks:3} total,   1 running, {tasks - 1:3} sleeping,   0 stopped,   0 zombie",
        "%Cpu(s):  0.3 us,  0.3 sy,  0.0 ni, 99.3 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st",
        f"MiB Mem : {mebibytes:8.1f} total, {unused:8.1f} free, {used:8.1f} used, {cached:8.1f} cached",
        "",
        f"\x1b[7m{'    PID USER       RES S  %CPU  %MEM     TIME+ COMMAND':<79}\x1b[0m",
    ]
    rows = [(TOP_PID, "root", "ttyS0", 2312, "top"), *PROCESSES[::-1]]
    for place, (pid, user, _, memory, command) in enumerate(rows[: ROWS - len(lines) - 1]):
        busy = 0.3 if place == 0 else vary("top", f"{pid} at {int(uptime / REFRESH)}", 7) // 6 * 0.3
        state = "R" if place == 0 else "S"
        share = 100 * memory / MEMORY_KIB
        lines.append(
            f"{pid:>7} {user[:8]:<8} {memory:>5} {state} {busy:5.1f} {share:5.1f}   0:00.{pid % 100:02} {command}"[:79]
        )
    return lines


def kill(call: Call) -> int:
    """`kill [-SIGNAL] PID`: nothing here can be killed but your own shell."""
    pids = [integer(arg, "bad pid") for arg in call.args if not arg.startswith("-")]
    if not pids:
        return call.complain("usage: kill [-SIGNAL] PID")
    known = {pid for pid, *_ in PROCESSES}
    status = 0
    for pid in pids:
        if pid not in known:
            status = call.complain(f"({pid}) - No such process")
        elif pid == 1:
            status = call.complain("(1) - init takes no signal here; to end it, reboot or poweroff")
        elif pid == SHELL_PID:
            call.session.left = True
    return status
