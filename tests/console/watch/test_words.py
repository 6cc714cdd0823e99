"""Prompts and crashes: those of real systems are found, what looks like one is not."""

from __future__ import annotations

import time

import pytest

from consolesvc.console.watch.words import MOST, crashes, loader_prompts, login_prompts

LOGINS = [
    b"\r\ntestvm login: ",
    b"\nlogin: ",
    b"\r\nAmnesiac (ttyu0)\r\n\r\nlogin: ",
    b"\r\nnode3 console login: ",
    b"\r\nConsole Login: ",
    b"\r\nnixos login: nixos (automatic login)\r\n",
    b"\r\n\x1b[1;32mnode3\x1b[0m \x1b[1mlogin:\x1b[0m ",
    b"\x1b[H\x1b[J\rubuntu login: root\r\nPassword: ",
    b"\r\nhost.lab.example login: [   30.123456] random: crng init done\r\n",
    b"\r\nnode3 lo[   12.345678] usb 1-1: new high-speed USB device\r\ngin: ",
    b"\r\nnode[   12.345678] a\r\n[   12.345679] b\r\n3 login: ",
    b"\r\nUser Access Verification\r\n\r\nUsername: ",
    b"\r\nfake3 con0 is now available\r\n\r\nPress RETURN to get started.\r\n",
    b"\r\n\r\nPlease press Enter to activate this console.",
    b"\r\nSAC>",
]
NO_LOGINS = [
    b"\r\nLast login: Mon Nov 23 19:11:44 from 10.0.0.3\r\n",
    b"\r\nLast failed login: Mon Nov 23\r\n",
    b"\r\n[   12.345678] systemd-logind[1]: root login: a\r\n",
    b"\r\nNov 23 19:11:44 node3 sshd[1]: login: root\r\n",
    b"\r\n# sulogin: no\r\n",
    b"\r\nnode3 logging: ",
    b"\r\nPassword: ",
    b"\r\n[    1.000000] something\r\nPassword: ",
    b"\r\nEnter your Username: ",
]


@pytest.mark.parametrize("text", LOGINS)
def test_login_prompts(text: bytes) -> None:
    """With colours, on switches, with the kernel's messages behind it or in the middle of it."""
    assert len(login_prompts(text, 0)) == 1
    assert login_prompts(text + b"x", len(text)) == []


@pytest.mark.parametrize("text", NO_LOGINS)
def test_what_is_no_login_prompt(text: bytes) -> None:
    """What is said after a login, and what is written about one."""
    assert login_prompts(text, 0) == []


@pytest.mark.parametrize(
    "prompt",
    [
        b"Hit any key to stop autoboot:  3 ",
        b"Press SPACE to abort autoboot in 3 seconds",
        b"Autoboot in 3 seconds",
        b"=> ",
        b"grub> ",
        b"grub rescue> ",
        b"barebox@Board:/ ",
        b"Shell> ",
        b"iPXE> ",
        b"rommon 1 >",
        b"Aboot# ",
    ],
)
def test_loader_prompts(prompt: bytes) -> None:
    """At the beginning of a line, behind a colour or none; nowhere else."""
    assert loader_prompts(b"\r\n" + prompt, 0) == [2]
    assert len(loader_prompts(b"\n\r\x1b[0;33m" + prompt, 0)) == 1
    assert loader_prompts(b"\r\nx" + prompt, 0) == []
    assert loader_prompts(b"\r\n" + prompt, len(prompt) + 2) == []


CRASHES = [
    (b"[   10.1] Kernel panic - not syncing: VFS: Unable to mount root fs", "panic"),
    (b"Kernel panic - not syncing: Attempted to kill init!", "panic"),
    (b"[   10.1] Oops: 0002 [#1] PREEMPT SMP NOPTI", "oops"),
    (b"[   10.1] Oops: general protection fault, maybe for address 0x0: 0000 [#12] SMP", "oops"),
    (b"[   10.1] invalid opcode: 0000 [#1] SMP", "oops"),
    (b"[   10.1] Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP", "oops"),
    (b"Oops[#1]:", "oops"),
    (b"[   10.1] Oops: Kernel access of bad area, sig: 11 [#2]", "oops"),
    (b"panic: vm_fault_lookup: fault on nofault entry, addr: 0x1", "panic"),
    (b"\x1b[1mpanic: kernel diagnostic assertion failed", "panic"),
    (b"(XEN) Panic on CPU 0:", "panic"),
    (b"### ERROR ### Please RESET the board ###", "panic"),
]


@pytest.mark.parametrize(("line", "what"), CRASHES)
def test_crashes(line: bytes, what: str) -> None:
    """As the kernels of several machines word them."""
    assert [found for _, found in crashes(b"\r\n" + line + b"\r\n", 0)] == [what]
    assert crashes(b"\r\n" + line + b"\r\n", len(line) + 2) == []


@pytest.mark.parametrize(
    "text",
    [
        b"[   10.1] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---",
        b"root@node3:~# echo '[#1]'",
        b"[1]+  Done [#1]",
        b"[   10.1] WARNING: CPU: 0 PID: 1 at kernel/x.c:1",
        b"# sysctl debug.kdb.panic: 1",
        b"panic: runtime error: index out of range [5] with length 3",
        b"### ERROR ### cannot find the environment",
    ],
)
def test_what_is_no_crash(text: bytes) -> None:
    """A warning, a shell, and the second time that a panic says its name."""
    assert crashes(b"\r\n" + text + b"\r\n", 0) == []


FLOODS = [
    *(b"ogin:", b"\nlogin:", b"[#1]", b"error [#1]", b"error "),
    *(b"Kernel panic - not syncing", b"\n=> ", b"\n", b"\npanic: ", b"panic: ", b"Panic on CPU "),
]


@pytest.mark.parametrize("unit", FLOODS)
def test_a_flood_is_soon_looked_through(unit: bytes) -> None:
    """64 KiB of nothing but prompts and crashes: few are found, and a look at it is no hold-up."""
    text = unit * (64 * 1024 // len(unit))
    begun = time.process_time()
    found = [len(login_prompts(text, 0)), len(loader_prompts(text, 0)), len(crashes(text, 0))]
    assert time.process_time() - begun < 1
    assert max(found) <= 2 * MOST
